// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * flow-table.bpf.c - for tests of the bucket table of flows (flow_table.h).
 *
 * table_op does one thing to the table, as its packet says. table_stress does one of
 * several at random to flows of which there are more than places, and is run on
 * several CPUs at once: every value read is a function of its key, so that a reader
 * sees when it got another flow's or parts of two. table_spread counts where keys go.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Now and then a writer takes its time in the middle of what it does. */
static __always_inline void table_pause(void);
#define flow_table_pause() table_pause()
static __always_inline __u32 table_now(void);
#define flow_table_now() table_now()

#include <lbx/ctx_xdp.h>
#include <lbx/flow.h>
#include <lbx/flow_table.h>

enum table_what {
	TABLE_FIND,
	TABLE_INSERT,
	TABLE_REPLACE,
	TABLE_REMOVE,
	TABLE_TOUCH,
	TABLE_SWEEP, /* all buckets */
};

/* table_find()'s results. */
enum table_found {
	TABLE_MISS,
	TABLE_HIT,
	TABLE_CONTENDED,
};

struct table_op {
	__u32 what;
	__u32 now;
	__s32 result;
	__u32 pad;
	struct lbx_flow flow; /* its key too; a find fills it */
};

/* What table_stress did, for each CPU. */
enum table_count {
	TABLE_FOUND,
	TABLE_MISSED,
	TABLE_WAS_CONTENDED,
	TABLE_WRONG,  /* must stay 0 */
	TABLE_SPOILT, /* contended, and really of another flow or of two */
	TABLE_INSERTED,
	TABLE_EVICTED,
	TABLE_EXISTED,
	TABLE_REPLACED,
	TABLE_REMOVED,
	TABLE_NONE_REMOVED,
	TABLE_WAS_BUSY,
	TABLE_TOUCHED,
	TABLE_NOT_HELD,
	TABLE_SWEPT,
	TABLE_COUNTS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TABLE_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} table_counts SEC(".maps");

/* How many keys went to a bucket first, and second. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, __u32[2]);
} table_spread_of SEC(".maps");

volatile __u32 table_keys = 256;    /* table_stress: different flows */
volatile __u32 table_pauses = 0;    /* one pause in so many chances; 0: none */
volatile __u32 table_is_lively = 0; /* flows expire and are replaced */
volatile __u32 table_time = 0;      /* 0: the kernel's */
volatile __u32 table_pattern = 0;
volatile __u32 table_next = 0;

/* Once in `chances`, for up to half a microsecond. */
static __always_inline void table_wait(__u32 chances)
{
	__u32 dice = bpf_get_prandom_u32(), turns = dice >> 16 & 511;

	if (dice % chances)
		return;
	for (__u32 i = 0; i < 512; i++) {
		if (i >= turns)
			break;
		barrier();
	}
}

static __always_inline void table_pause(void)
{
	if (table_pauses)
		table_wait(table_pauses);
}

static __always_inline __u32 table_now(void)
{
	__u32 time = table_time;

	return time ? time : clock_now();
}

static __always_inline void table_count(enum table_count what)
{
	__u32 index = what;
	__u64 *count = bpf_map_lookup_elem(&table_counts, &index);

	if (count)
		++*count;
}

static __always_inline __u32 table_mix(__u32 a, __u32 b, __u32 c)
{
	__u32 mixed = (a + 1) * 0x9e3779b1u ^ (b + 1) * 0x85ebca77u ^ (c + 1) * 0xc2b2ae3du;

	return mixed ^ mixed >> 15;
}

/* Four flows share their addresses, and all flows one of four words of ports. */
static __always_inline void table_key_of(__u32 n, struct lbx_flow_key *key)
{
	mem_u32 *words = (mem_u32 *)key;

#pragma unroll
	for (__u32 i = 0; i < sizeof(addr_t) / 2; i++)
		words[i] = table_mix(n >> 2, 0, i);
	key->sport = n & 3;
	key->dport = 80;
	key->proto = 6;
	key->direction = 0;
	key->pad[0] = 0;
	key->pad[1] = 0;
}

/* The flow of key `n` in its version `nonce`. */
static __always_inline void table_flow_of(__u32 n, __u32 nonce, struct lbx_flow *flow)
{
	mem_u64 *all = (mem_u64 *)flow;
	mem_u32 *words = (mem_u32 *)flow;

#pragma unroll
	for (__u32 i = 0; i < sizeof(*flow) / 8; i++)
		all[i] = 0;
#pragma unroll
	for (__u32 i = 0; i < sizeof(addr_t) / 2; i++)
		words[i] = table_mix(n, nonce, i);
	flow->backend_id = n;
	flow->generation = nonce;
	flow->route = table_mix(n, 1, 1);
	flow->checked = table_mix(n, 2, 2);
	flow->last_seen = clock_now();
	flow->flags = nonce & LBX_FLOW_CONFIRMED;
}

static __always_inline _Bool table_is_of(__u32 n, const struct lbx_flow *flow)
{
	const mem_u32 *words = (const mem_u32 *)flow;
	__u32 differ = flow->backend_id ^ n;

#pragma unroll
	for (__u32 i = 0; i < sizeof(addr_t) / 2; i++)
		differ |= words[i] ^ table_mix(n, flow->generation, i);
	return !differ && flow->route == (__u16)table_mix(n, 1, 1) &&
	       flow->checked == table_mix(n, 2, 2);
}

static __always_inline enum table_found table_find(struct lbx_flow_key *key, struct lbx_flow *copy)
{
	struct lbx_flow *flow = flow_table_find(key, 0);

	if (!flow)
		return TABLE_MISS;
	mem_copy8(copy, flow, sizeof(*flow) / 16 * 8);
	table_wait(2);
	mem_copy8((void *)copy + sizeof(*flow) / 16 * 8, (void *)flow + sizeof(*flow) / 16 * 8,
		  sizeof(*flow) - sizeof(*flow) / 16 * 8);
	return flow_table_is(flow, key) ? TABLE_HIT : TABLE_CONTENDED;
}

SEC("xdp")
int table_op(ctx_t *ctx)
{
	struct table_op *op = ctx_data(ctx);
	struct lbx_flow_key key;
	struct lbx_flow flow;

	if ((void *)(op + 1) > ctx_data_end(ctx))
		return XDP_ABORTED;
	mem_copy8(&flow, &op->flow, sizeof(flow));
	mem_copy(&key, &flow.key);
	table_time = op->now;
	switch (op->what) {
	case TABLE_FIND:
		op->result = table_find(&key, &flow);
		mem_copy8(&op->flow, &flow, sizeof(flow));
		break;
	case TABLE_INSERT:
	case TABLE_REPLACE:
		op->result = flow_table_make(&flow, op->what == TABLE_REPLACE);
		break;
	case TABLE_REMOVE:
		op->result = flow_table_remove(&key);
		break;
	case TABLE_TOUCH: {
		struct lbx_flow *found = flow_table_find(&key, 0);

		op->result = TABLE_MISS;
		if (found && flow_table_hold(found, &key)) {
			found->last_seen = flow.last_seen;
			found->flags = flow.flags;
			flow_table_release(found, &key);
			op->result = TABLE_HIT;
		}
		break;
	}
	case TABLE_SWEEP:
		op->result = 0;
		for (__u32 i = 0; i < 16 && i < lbx_flow_buckets; i++)
			op->result += flow_table_sweep(flow_table_bucket(i)) >> 8;
		break;
	}
	return XDP_PASS;
}

SEC("xdp")
int table_stress(ctx_t *ctx __attribute__((unused)))
{
	__u32 dice = bpf_get_prandom_u32(), what = dice & 0xff, n = (dice >> 8) % table_keys, at;
	struct lbx_flow_key key;
	struct lbx_flow flow;
	int result;

	table_key_of(n, &key);
	if (what < 128) {
		enum table_found found = table_find(&key, &flow);

		table_count(found == TABLE_MISS        ? TABLE_MISSED
			    : found == TABLE_CONTENDED ? TABLE_WAS_CONTENDED
			    : table_is_of(n, &flow)    ? TABLE_FOUND
						       : TABLE_WRONG);
		if (found == TABLE_CONTENDED && !table_is_of(n, &flow))
			table_count(TABLE_SPOILT);
	} else if (what < 160) {
		struct lbx_flow *found = flow_table_find(&key, 0);

		if (!found)
			return XDP_PASS;
		if (!flow_table_hold(found, &key)) {
			table_count(TABLE_NOT_HELD);
			return XDP_PASS;
		}
		table_wait(2);
		found->route = table_mix(n, 1, 1);
		found->checked = table_mix(n, 2, 2);
		found->last_seen = clock_now();
		flow_table_release(found, &key);
		table_count(TABLE_TOUCHED);
	} else if (what < 232) {
		_Bool over = what < 168 && table_is_lively;

		table_flow_of(n, bpf_get_prandom_u32(), &flow);
		if (table_is_lively && what & 1)
			flow.last_seen -= 1u << 30;
		mem_copy(&flow.key, &key);
		result = flow_table_make(&flow, over);
		table_count(result == LBX_FLOW_EXISTS ? TABLE_EXISTED
			    : result == LBX_FLOW_BUSY ? TABLE_WAS_BUSY
			    : over                    ? TABLE_REPLACED
						      : TABLE_INSERTED);
		if (result == 1)
			table_count(TABLE_EVICTED);
	} else if (what < 236) {
		at = (dice >> 8) % lbx_flow_buckets;
		result = flow_table_sweep(flow_table_bucket(at));
		for (int i = 0; i < LBX_FLOW_WAYS && i < result >> 8; i++)
			table_count(TABLE_SWEPT);
	} else {
		result = flow_table_remove(&key);
		table_count(result == LBX_FLOW_BUSY ? TABLE_WAS_BUSY
			    : result                ? TABLE_REMOVED
						    : TABLE_NONE_REMOVED);
	}
	return XDP_PASS;
}

/* Keys as somebody might choose them who wants them to meet: number `n` of a pattern. */
static __always_inline void table_pattern_key(__u32 pattern, __u32 n, struct lbx_flow_key *key)
{
	mem_u32 *words = (mem_u32 *)key;
	__u32 client = bpf_htonl(0xcb007105), port = 1024;

	switch (pattern) {
	case 0: /* ports that count up */
		port = bpf_htons(n);
		break;
	case 1: /* the same with the bytes the other way round */
		port = n;
		break;
	case 2: /* addresses that count up */
		client = bpf_htonl(0xcb000000 + n);
		break;
	case 3:
		client = n << 16;
		break;
	case 4: /* both, as a grid */
		port = n & 0xff;
		client = bpf_htonl(0xcb000000 + (n >> 8));
		break;
	case 5: /* a grid in the high bits */
		port = n << 8;
		client = n & 0xff00;
		break;
	case 6: /* differences that go together */
		port = n;
		client = n * 0x10001;
		break;
	case 7: /* sums that stay the same */
		port = n;
		client = -n;
		break;
	case 8: /* steps of the golden ratio, what multiplicative hashes spread by */
		client = n * 0x9e3779b1;
		port = (n * 0x85ebca77) >> 16;
		break;
	case 9: /* the top bit */
		client = n * 0x8000;
		port = n & 1;
		break;
	}
#pragma unroll
	for (__u32 i = 0; i < sizeof(addr_t) / 2; i++)
		words[i] = 0x016433c6;
	words[sizeof(addr_t) / 4 - 1] = client;
	key->sport = port;
	key->dport = bpf_htons(80);
	key->proto = 6;
	key->direction = 0;
	key->pad[0] = 0;
	key->pad[1] = 0;
}

SEC("xdp")
int table_spread(ctx_t *ctx __attribute__((unused)))
{
	struct lbx_flow_place place;
	struct lbx_flow_key key;
	__u32(*count)[2];

	table_pattern_key(table_pattern, table_next++, &key);
	flow_place(&key, &place);
	count = bpf_map_lookup_elem(&table_spread_of, &place.first);
	if (count)
		++(*count)[0];
	count = bpf_map_lookup_elem(&table_spread_of, &place.second);
	if (count)
		++(*count)[1];
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
