// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * xdp.bpf.c - north-south load balancing at XDP: the entry points, of one family.
 *
 * Compiled to xdp4 and xdp6 (LBX_FAMILY). lbx_xdp, of xdp4, is attached to a device.
 * It serves packets of known IPv4 flows and passes what is not ours; everything else
 * goes by tail call to one of the programs in lbx_xdp_calls (calls.h), IPv6 too. The
 * array must stay referenced by user space (pinned) for as long as lbx_xdp is
 * attached: the kernel empties it when the last user-space reference to it is gone.
 *
 * Today: TCP and UDP, by SNAT or to a backend on this node. Other packets are passed
 * where their own handling will be.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define LBX_USE_SERVICES
#define LBX_USE_AFFINITY
#define LBX_USE_SOURCE_RANGE
#define LBX_USE_MAGLEV

#include <lbx/ctx_xdp.h>
#include <lbx/calls.h>
#include <lbx/family.h>
#include <lbx/gate_frontend.h>
#include <lbx/icmp_error.h>
#include <lbx/parse.h>
#include <lbx/reply_xdp.h>
#include <lbx/request.h>
#include <lbx/special.h>
#include <lbx/verdict.h>
#include <lbx/vlan.h>

int FAMILY_NAME(lbx_xdp_request)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_bind)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_reply)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_special)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_icmp)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_reject)(ctx_t *ctx);
int FAMILY_NAME(lbx_xdp_tagged)(ctx_t *ctx);
#if LBX_FAMILY == 6
int lbx_xdp_entry6(ctx_t *ctx);
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LBX_CALLS);
	__type(key, __u32);
	__array(values, int(ctx_t *));
} lbx_xdp_calls SEC(".maps") = {
	.values =
		{
#if LBX_FAMILY == 6
			[CALL_SLOT(LBX_CALL_ENTRY)] = &lbx_xdp_entry6,
#endif
			[CALL_SLOT(LBX_CALL_REQUEST)] = &FAMILY_NAME(lbx_xdp_request),
			[CALL_SLOT(LBX_CALL_BIND)] = &FAMILY_NAME(lbx_xdp_bind),
			[CALL_SLOT(LBX_CALL_REPLY)] = &FAMILY_NAME(lbx_xdp_reply),
			[CALL_SLOT(LBX_CALL_SPECIAL)] = &FAMILY_NAME(lbx_xdp_special),
			[CALL_SLOT(LBX_CALL_ICMP)] = &FAMILY_NAME(lbx_xdp_icmp),
			[CALL_SLOT(LBX_CALL_REJECT)] = &FAMILY_NAME(lbx_xdp_reject),
			[CALL_SLOT(LBX_CALL_TAGGED)] = &FAMILY_NAME(lbx_xdp_tagged),
		},
};

/* Go on there, or drop: the program was there when the packet came. */
static __always_inline int xdp_call(ctx_t *ctx, enum lbx_call call)
{
	bpf_tail_call_static(ctx, &lbx_xdp_calls, CALL_SLOT(call));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* What a slow path said: done, or to go on in another program. */
static __always_inline int xdp_end(ctx_t *ctx, int verdict)
{
	if (!verdict_is_call(verdict))
		return verdict;
	bpf_tail_call(ctx, &lbx_xdp_calls, CALL_SLOT(LBX_VERDICT_CALLED(verdict)));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

static __always_inline int xdp_flow(ctx_t *ctx, struct lbx_packet *packet)
{
	addr_t snat = snat_addr();
	_Bool ours = addr_equal(packet_daddr(packet), &snat);
	int verdict;

	if (ours) {
		verdict = reply_fast(ctx, packet);
		if (verdict == LBX_VERDICT_SLOW)
			return xdp_call(ctx, LBX_CALL_REPLY);
		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	/* Wildcard entries are never of node addresses, so the SNAT address has none. */
	if (!gate_may_be_frontend(packet, !ours))
		return CTX_PASS;
	verdict = request_fast(ctx, packet);
	if (verdict == LBX_VERDICT_SLOW)
		return xdp_call(ctx, LBX_CALL_REQUEST);
	return verdict;
}

/* A frame of this object's family. */
static __always_inline int xdp_packet(ctx_t *ctx, struct lbx_packet *packet,
				      enum lbx_packet_class class)
{
	switch (class) {
	case LBX_PACKET_FLOW:
		return xdp_flow(ctx, packet);
	case LBX_PACKET_OPTIONS:
	case LBX_PACKET_FRAGMENT:
	case LBX_PACKET_TUNNEL:
		return xdp_call(ctx, LBX_CALL_SPECIAL);
	case LBX_PACKET_ICMP:
		return xdp_call(ctx, LBX_CALL_ICMP);
	case LBX_PACKET_OTHER:
		break;
	}
	return CTX_PASS;
}

static __always_inline int xdp_untagged(ctx_t *ctx)
{
	struct lbx_packet packet;
	enum lbx_packet_class class = parse_untagged(ctx_data(ctx), ctx_data_end(ctx), &packet);

	packet.ifindex = ctx_ifindex(ctx);
	return xdp_packet(ctx, &packet, class);
}

#if LBX_FAMILY == 4
SEC("xdp")
int lbx_xdp(ctx_t *ctx)
{
	/* Behind a call there is an empty place: IPv6 is not loaded. */
	switch (parse_ethertype(ctx_data(ctx), ctx_data_end(ctx))) {
	case bpf_htons(ETH_P_IP):
		return xdp_untagged(ctx);
	case bpf_htons(ETH_P_IPV6):
		bpf_tail_call_static(ctx, &lbx_xdp_calls, CALL_SLOT6(LBX_CALL_ENTRY));
		break;
	case bpf_htons(ETH_P_8021Q):
	case bpf_htons(ETH_P_8021AD):
		bpf_tail_call_static(ctx, &lbx_xdp_calls, CALL_SLOT4(LBX_CALL_TAGGED));
		break;
	default:
		break;
	}
	return CTX_PASS;
}
#else
SEC("xdp")
int lbx_xdp_entry6(ctx_t *ctx)
{
	return xdp_untagged(ctx);
}
#endif

/* A frame with a VLAN tag; as lbx_xdp, a tail call and a look at lbx_vlans later. */
SEC("xdp")
int FAMILY_NAME(lbx_xdp_tagged)(ctx_t *ctx)
{
	struct lbx_packet packet = {};
	enum lbx_packet_class class = parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet);

	if (class != LBX_PACKET_OTHER && packet_arrive(ctx, &packet))
		return xdp_packet(ctx, &packet, class);
#if LBX_FAMILY == 4
	if (class == LBX_PACKET_OTHER)
		bpf_tail_call_static(ctx, &lbx_xdp_calls, CALL_SLOT6(LBX_CALL_TAGGED));
#endif
	return CTX_PASS;
}

SEC("xdp")
int FAMILY_NAME(lbx_xdp_request)(ctx_t *ctx)
{
	return xdp_end(ctx, request_slow(ctx));
}

SEC("xdp")
int FAMILY_NAME(lbx_xdp_bind)(ctx_t *ctx)
{
	return xdp_end(ctx, request_bind(ctx));
}

SEC("xdp")
int FAMILY_NAME(lbx_xdp_reply)(ctx_t *ctx)
{
	return xdp_end(ctx, reply_slow(ctx));
}

/* Fragments, IP options, extension headers, tunnels: special.h. */
SEC("xdp")
int FAMILY_NAME(lbx_xdp_special)(ctx_t *ctx)
{
	return xdp_end(ctx, special_packet(ctx));
}

SEC("xdp")
int FAMILY_NAME(lbx_xdp_icmp)(ctx_t *ctx)
{
	return xdp_end(ctx, special_icmp(ctx));
}

/* To a service that will not answer: icmp_error.h. */
SEC("xdp")
int FAMILY_NAME(lbx_xdp_reject)(ctx_t *ctx)
{
	return icmp_reject(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
