// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * forward.bpf.c - for benchmarks: frames into a node and out of it again, on one core.
 *
 * forward_generate runs as live frames on one end of a veth pair; what it writes
 * arrives at the other end, in the node. What the node sends back arrives at the
 * first end again, where forward_sink counts and drops it. forward_bounce is the
 * cheapest node there can be: it swaps the link addresses and sends the frame back;
 * forward_bounce_tc does so at tc ingress.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The shortest frame of Ethernet, without its check sequence. */
#define FRAME_BYTES 60
#define FRAME_WORDS (FRAME_BYTES / 4)
#define L4_BYTES    (FRAME_BYTES - sizeof(struct ethhdr) - sizeof(struct iphdr))

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	union {
		struct udphdr udp;
		struct tcphdr tcp;
		__u8 bytes[L4_BYTES];
	} __attribute__((packed));
} __attribute__((packed));

_Static_assert(sizeof(struct frame) == FRAME_BYTES, "a frame without padding");

/* The first frame, checksums included: client port 1024, the lowest port of a service. */
__u32 forward_template[FRAME_WORDS];
volatile __u32 forward_flows = 1;    /* how many flows, each in turn; 0: never the same again */
volatile __u32 forward_services = 1; /* ports of services, each in turn */
volatile __u32 forward_first_service;
volatile __u32 forward_flow; /* the next */
volatile __u32 forward_service;
volatile __u64 forward_sent;

/* The sink. */
volatile __u16 forward_port;          /* destination ports that arriving frames must have: */
volatile __u32 forward_ports = 65536; /* that one, and so many in all */
volatile __u8 forward_verify;         /* 1: recompute checksums */
volatile __u64 forward_arrived;
volatile __u64 forward_others; /* IPv4 frames that are not what was awaited */
volatile __u64 forward_broken; /* wrong checksums */

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* A checksum after `more` (as a sum of host order words) was added to what it covers. */
static __always_inline __u16 checksum_add(__u16 checksum, __u32 more)
{
	return bpf_htons(~fold((__u16)~bpf_ntohs(checksum) + more));
}

static __always_inline struct frame *frame_of(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	return data + FRAME_BYTES > data_end ? NULL : data;
}

SEC("xdp")
int forward_generate(struct xdp_md *ctx)
{
	struct frame *frame = frame_of(ctx);
	__u32 flow = forward_flow, service = forward_service;
	__u32 client, port;

	if (!frame)
		return XDP_ABORTED;
	for (int i = 0; i < FRAME_WORDS; i++)
		((__u32 *)frame)[i] = forward_template[i];
	/* 8 million flows: 256 clients with 32,768 ports each. */
	client = (flow >> 15) & 0xff;
	port = flow & 0x7fff;
	frame->ip.saddr |= bpf_htonl(client);
	frame->ip.check = checksum_add(frame->ip.check, client);
	frame->udp.source = bpf_htons(1024 + port);
	frame->udp.dest = bpf_htons(bpf_ntohs(frame->udp.dest) + service);
	if (frame->ip.protocol == IPPROTO_UDP)
		frame->udp.check = checksum_add(frame->udp.check, client + port + service);
	else
		frame->tcp.check = checksum_add(frame->tcp.check, client + port + service);

	forward_service = service + 1 < forward_services ? service + 1 : 0;
	if (flow + 1 == forward_flows) {
		/* Each flow keeps its service. */
		forward_flow = 0;
		forward_service = forward_first_service;
	} else {
		forward_flow = flow + 1;
	}
	forward_sent++;
	return XDP_TX;
}

static __always_inline int is_broken(const struct frame *frame)
{
	const __u16 *words = (const __u16 *)frame;
	__u32 ip = 0, l4 = bpf_htons(frame->ip.protocol) + bpf_htons(L4_BYTES);

	for (__u32 i = sizeof(struct ethhdr) / 2; i < (FRAME_BYTES - L4_BYTES) / 2; i++)
		ip += words[i];
	/* The addresses are part of the pseudo header. */
	for (__u32 i = (FRAME_BYTES - L4_BYTES) / 2 - 4; i < FRAME_BYTES / 2; i++)
		l4 += words[i];
	return fold(ip) != 0xffff || fold(l4) != 0xffff;
}

SEC("xdp")
int forward_sink(struct xdp_md *ctx)
{
	struct frame *frame = frame_of(ctx);

	/* Neighbour discovery and the like. */
	if (!frame || frame->eth.h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (frame->ip.tot_len != bpf_htons(FRAME_BYTES - sizeof(struct ethhdr)) ||
	    (__u32)bpf_ntohs(frame->udp.dest) - forward_port >= forward_ports) {
		forward_others++;
		return XDP_DROP;
	}
	if (forward_verify && is_broken(frame))
		forward_broken++;
	forward_arrived++;
	return XDP_DROP;
}

static __always_inline void turn_around(struct frame *frame)
{
	__u16 *words = (__u16 *)frame;

	for (int i = 0; i < ETH_ALEN / 2; i++) {
		__u16 word = words[i];

		words[i] = words[i + ETH_ALEN / 2];
		words[i + ETH_ALEN / 2] = word;
	}
}

SEC("xdp")
int forward_bounce(struct xdp_md *ctx)
{
	struct frame *frame = frame_of(ctx);

	if (!frame)
		return XDP_PASS;
	turn_around(frame);
	return XDP_TX;
}

SEC("tc")
int forward_bounce_tc(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *data_end = (void *)(long)skb->data_end;

	if (data + FRAME_BYTES > data_end)
		return TC_ACT_UNSPEC;
	turn_around(data);
	return bpf_redirect(skb->ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
