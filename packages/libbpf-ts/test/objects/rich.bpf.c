// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: one of everything libbpf-ts reads and loads. Needs nothing newer than Linux 5.10. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

union v6addr {
	struct {
		__u32 p1, p2, p3, p4;
	};
	struct {
		__u64 d1, d2;
	};
	__u8 addr[16];
};

struct flow_key {
	__be32 address;
	__be16 dport;
	__u16 slot;
	__u8 proto;
	__u8 scope;
	__u8 pad[2];
};

struct flow_value {
	union {
		__u32 backend_id;
		struct {
			__u16 low;
			__u16 high;
		};
	};
	__u16 count;
	__be16 port;
	__u64 bytes;
};

struct prefix_key {
	__u32 prefixlen;
	union v6addr address;
};

/* Bitfields, an enum, pointers, nested arrays: read by BTF tests only. */
enum mode { MODE_OFF, MODE_ON = 7, MODE_NEGATIVE = -1 };
enum big : unsigned long long { BIG_VALUE = 0x1234567890abcdefULL };
typedef int (*callback_t)(void *ctx, const char *name);

struct shapes {
	__u8 version : 4, ihl : 4;
	__u32 wide : 20;
	__u32 rest : 12;
	enum mode mode;
	const char *name;
	callback_t callback;
	__u16 grid[2][3];
	struct flow_key *const keys[2];
	int (*row)[4];
	_Bool ok;
	char letter;
	enum big big;
};

struct event {
	__u64 sequence;
	__u32 length;
	__u32 seed;
};

struct settings {
	__be32 address;
	__be16 port;
	__u8 mode;
	__u8 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct flow_key);
	__type(value, struct flow_value);
	__uint(max_entries, 1024);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 16);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 4);
} percpu_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 64);
} percpu_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct flow_key);
	__type(value, __u64);
	__uint(max_entries, 256);
} recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix_key);
	__type(value, __u8);
	__uint(max_entries, 128);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct inner_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 8);
} first_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__type(key, __u16);
	__uint(max_entries, 32);
	__array(values, struct inner_table);
} tables SEC(".maps");

/* An inner template of its own, and a slot filled by the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(key_size, sizeof(__u32));
	__uint(max_entries, 4);
	__array(values, struct inner_table);
} table_slots SEC(".maps") = {
	.values = { [2] = &first_table },
};

int rich_tail(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(max_entries, 3);
	__array(values, int(void *));
} calls SEC(".maps") = {
	.values = { [1] = (void *)&rich_tail },
};

/* Set before load by C name. */
const volatile __u8 config_u8 = 1;
const volatile __u16 config_u16 = 0x0203;
const volatile __u32 config_u32 = 0x04050607;
const volatile __u64 config_u64 = 0x08090a0b0c0d0e0fULL;
const volatile _Bool config_bool = 1;
const volatile __s32 config_signed = -5;
const volatile __be16 config_port = bpf_htons(8080);
const volatile struct settings config_settings = {
	.address = bpf_htonl(0xc0000201), /* 192.0.2.1 */
	.port = bpf_htons(443),
	.mode = 2,
};
const volatile __u8 config_bytes[6] = { 1, 2, 3, 4, 5, 6 };
const volatile __u32 config_unset;

/* .data and .bss: can be read and written while the program runs. */
__u32 data_u32 = 42;
__u64 data_u64 = 0x1122334455667788ULL;
__u64 bss_packets;
__u32 bss_array[4];
static volatile __u32 static_calls = 3;
__u32 custom_section_value SEC(".data.custom") = 9;

/* Keeps the types alive in BTF. */
struct shapes shapes_value;

static __always_inline void count(__u32 index)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &index);

	if (value)
		__sync_fetch_and_add(value, 1);
	value = bpf_map_lookup_elem(&percpu_counters, &index);
	if (value)
		*value += 1;
}

/* A function of its own, in .text: the loader appends it to the programs that call it. */
__attribute__((noinline)) __u32 rich_mix(__u32 a, __u32 b)
{
	return (a ^ b) * 2654435761u + config_u16;
}

/*
 * Drops packets whose first byte is 0xff, tail-calls on 0xfe, passes the rest.
 * Counts in counters[0], percpu_counters[0], bss_packets; one event per packet.
 */
SEC("xdp")
int rich_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct event *event;
	__u8 first;

	count(0);
	bss_packets++;
	static_calls++;
	if (data + ETH_HLEN > data_end)
		return XDP_ABORTED;
	first = *(__u8 *)data;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (event) {
		event->sequence = bss_packets;
		event->length = data_end - data;
		event->seed = rich_mix(config_u32, data_u32);
		bpf_ringbuf_submit(event, 0);
	}
	if (first == 0xfe)
		bpf_tail_call(ctx, &calls, 1);
	return first == 0xff ? XDP_DROP : XDP_PASS;
}

/* Reached by tail call only; counts in counters[1]. */
SEC("xdp")
int rich_tail(struct xdp_md *ctx)
{
	count(1);
	return XDP_TX;
}

/* Uses every other map and constant once, so that nothing is optimised away. */
SEC("tc")
int rich_tc(struct __sk_buff *skb)
{
	struct flow_key key = { .address = config_settings.address, .dport = config_port, .proto = config_u8 };
	struct flow_value *flow = bpf_map_lookup_elem(&flows, &key);
	struct prefix_key prefix = { .prefixlen = 128 };
	__u64 now = config_u64 + config_unset + config_bytes[0];
	__u32 zero = 0, one = 1;
	__u16 table = 1;
	__u32 *slot;
	void *inner;

	count(2);
	if (flow)
		__sync_fetch_and_add(&flow->bytes, skb->len);
	bpf_map_update_elem(&recent, &key, &now, BPF_ANY);
	bpf_map_update_elem(&percpu_flows, &zero, &one, BPF_ANY);
	inner = bpf_map_lookup_elem(&tables, &table);
	if (inner) {
		slot = bpf_map_lookup_elem(inner, &zero);
		if (slot)
			bss_array[0] = *slot;
	}
	inner = bpf_map_lookup_elem(&table_slots, &zero);
	if (inner) {
		slot = bpf_map_lookup_elem(inner, &zero);
		if (slot)
			bss_array[1] = *slot;
	}
	if (bpf_map_lookup_elem(&prefixes, &prefix))
		bss_array[2]++;
	if (config_bool && config_signed < 0)
		data_u64 += custom_section_value;
	shapes_value.ok = 1;
	return TC_ACT_UNSPEC;
}

/* Refuses connections to the port in config_port of 192.0.2.1; counts in counters[3]. */
SEC("cgroup/connect4")
int rich_connect4(struct bpf_sock_addr *ctx)
{
	count(3);
	if (ctx->user_ip4 == config_settings.address && ctx->user_port == config_port)
		return 0;
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
