// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reverse.h - reply halves of flows to remote backends, by SNAT port.
 *
 * lbx_rev is an array: element n stands for port lbx_snat_min + n of the SNAT
 * address and holds up to 8 flows that share the port, one per backend tuple
 * (address, port, protocol). A reply finds its flow without a helper call: the
 * port is the index, a 32-bit tag of the backend tuple picks the way, the full
 * tuple is compared.
 *
 * Writers take a bucket by making its version odd (compare and exchange from the
 * even version their decision was based on, so that nothing changed in between)
 * and leave it even. Readers copy what they need and accept it if the version was
 * even and is unchanged. last_seen, flags, route, route_stamp and checked are
 * written in place without that: each is one word whose old value is as good.
 *
 * Addresses and ports network order, times jiffies.
 */
#ifndef LBX_REVERSE_H
#define LBX_REVERSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/checksum.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/hash.h>
#include <lbx/mem.h>
#include <lbx/rewrite_delta.h>

/*
 * The address that requests to remote backends leave with, and its ports (host
 * order, both included). The ports must be nobody else's: outside of the NodePort
 * range, and kept from local sockets (net.ipv4.ip_local_reserved_ports).
 * lbx_snat_prime is the largest prime not above the number of ports: that many
 * are used. Address 0: no SNAT, remote backends cannot be reached.
 */
const volatile addr_t lbx_snat_addr = {0};
const volatile __u16 lbx_snat_min = 32768;
const volatile __u16 lbx_snat_max = 65535;
const volatile __u32 lbx_snat_prime = 32749;

static __always_inline addr_t snat_addr(void)
{
	return addr_setting(&lbx_snat_addr);
}

#define LBX_REV_WAYS    8
#define LBX_REV_BUCKETS 32768 /* max_entries; at least lbx_snat_max - lbx_snat_min + 1 */

struct lbx_rev {
	addr_t vip_addr; /* the addresses and ports to write: struct lbx_rewrite */
	addr_t client_addr;
	__be16 vip_port;
	__be16 client_port;
#if LBX_FAMILY == 4
	__u16 l3_delta;
#endif
	__u16 l4_delta;
	__u8 proto;
	__u8 flags; /* LBX_FLOW_* */
#if LBX_FAMILY == 4
	__u8 pad[2];
#endif
	addr_t backend_addr; /* whose replies these are */
	__be16 backend_port;
	__u16 route;
	__u32 route_stamp;
	__u32 last_seen;
	__u32 checked;
	__u32 backend_id;
	__u32 generation;          /* of the backend's metadata */
	__u8 client_mac[ETH_ALEN]; /* whom the request came from on the link */
	__u16 rev_nat_index;       /* network order */
	__u32 client_ifindex;      /* by which device */
	__u8 pad2[4];
};

struct lbx_rev_bucket {
	__u32 tag[LBX_REV_WAYS]; /* 0: free */
	__u32 version;           /* odd: being written */
	__u8 pad[28];
	struct lbx_rev entry[LBX_REV_WAYS];
};

/* IPv4: one cache line. IPv6: one and a half; what the fast path reads is 72 bytes of it. */
_Static_assert(sizeof(struct lbx_rev) == FAMILY_OF(64, 96), "reply half");
_Static_assert(sizeof(struct lbx_rev_bucket) == FAMILY_OF(576, 832), "bucket");
REWRITE_ASSERT_AT(lbx_rev, daddr, client_addr);
REWRITE_ASSERT_AT(lbx_rev, sport, vip_port);
REWRITE_ASSERT_AT(lbx_rev, l4_delta, l4_delta);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_REV_BUCKETS);
	__type(key, __u32);
	__type(value, struct lbx_rev_bucket);
} lbx_rev SEC(".maps");

#define LBX_VICTIM_LIVE 0x100

enum lbx_claim {
	LBX_CLAIM_OK,
	LBX_CLAIM_EVICTED, /* as OK; another flow lost its place */
	LBX_CLAIM_TAKEN,   /* another flow to this backend lives on the port */
	LBX_CLAIM_FULL,    /* 8 flows to other backends live on it */
	LBX_CLAIM_BUSY,    /* another CPU is writing */
};

static __always_inline struct lbx_rev_bucket *reverse_bucket(__u32 index)
{
	return bpf_map_lookup_elem(&lbx_rev, &index);
}

/* Is `port` one of ours? Fills `index` of its bucket. */
static __always_inline _Bool reverse_index(__be16 port, __u32 *index)
{
	*index = (__u32)bpf_ntohs(port) - lbx_snat_min;
	return *index <= (__u32)lbx_snat_max - lbx_snat_min;
}

/* Never 0. */
static __always_inline __u32 reverse_tag(const addr_t *backend_addr, __be16 backend_port,
					 __u8 proto)
{
	return hash_endpoint(backend_addr, backend_port, proto) | 1;
}

static __always_inline _Bool reverse_from_backend(const struct lbx_rev *entry, const addr_t *addr,
						  __be16 port, __u8 proto)
{
	return addr_equal(&entry->backend_addr, addr) && entry->backend_port == port &&
	       entry->proto == proto;
}

/* Does the entry answer the requests of `key`? */
static __always_inline _Bool reverse_to_client(const struct lbx_rev *entry,
					       const struct lbx_flow_key *key)
{
	return addr_equal(&entry->client_addr, &key->saddr) && entry->client_port == key->sport &&
	       addr_equal(&entry->vip_addr, &key->daddr) && entry->vip_port == key->dport &&
	       entry->proto == key->proto;
}

static __always_inline struct lbx_rewrite *reverse_rewrite(struct lbx_rev *entry)
{
	return (struct lbx_rewrite *)entry;
}

static __always_inline __u32 reverse_timeout(const struct lbx_rev *entry)
{
	return flow_timeout(entry->proto, entry->flags);
}

static __always_inline _Bool reverse_expired(const struct lbx_rev *entry, __u32 now)
{
	return flow_age(entry->last_seen, now) > reverse_timeout(entry);
}

/* A request came: the flow lives. A reply half that no reply has seen yet stays due. */
static __always_inline void reverse_touch(struct lbx_rev *entry, __u32 now)
{
	entry->last_seen = entry->flags & LBX_FLOW_REPLIED ? now : now - LBX_CLOCK_DUE;
}

/* The flow is over, but replies under way are still translated for a moment. */
static __always_inline void reverse_close(struct lbx_rev *entry)
{
	entry->flags |= LBX_FLOW_RESET;
}

/* The way that holds `tag`, or -1. */
static __always_inline int reverse_way(const struct lbx_rev_bucket *bucket, __u32 tag)
{
#pragma unroll
	for (int way = 0; way < LBX_REV_WAYS; way++)
		if (bucket->tag[way] == tag)
			return way;
	return -1;
}

/* Take the bucket if its version is still `version`, which is even. */
static __always_inline _Bool reverse_lock(struct lbx_rev_bucket *bucket, __u32 version)
{
	return __sync_val_compare_and_swap(&bucket->version, version, version + 1) == version;
}

static __always_inline void reverse_unlock(struct lbx_rev_bucket *bucket, __u32 version)
{
	barrier();
	__sync_lock_test_and_set(&bucket->version, version + 2);
}

/*
 * Which way of a bucket without a free one shall go: an expired one, else the
 * longest silent that is not confirmed (a flood of SYNs displaces its own, not
 * what is established), else, with `hard`, the longest silent of all. Returns the
 * way, with LBX_VICTIM_LIVE unless it expired; or -1. A global function, verified by
 * itself: its many paths do not multiply those of its caller.
 */
__noinline int reverse_victim(const struct lbx_rev_bucket *bucket, __u32 now, __u32 hard)
{
	__u64 most = 0;
	int victim = -1;

	if (!bucket)
		return -1;
#pragma unroll
	for (int way = 0; way < LBX_REV_WAYS; way++) {
		const struct lbx_rev *entry = &bucket->entry[way];
		__u64 rank = now - entry->last_seen;

		if (rank > reverse_timeout(entry))
			return way;
		if (!(entry->flags & LBX_FLOW_CONFIRMED))
			rank |= 1ULL << 32;
		else if (!hard)
			continue;
		if (rank >= most) {
			most = rank;
			victim = way | LBX_VICTIM_LIVE;
		}
	}
	return victim;
}

/*
 * Put `want` into the bucket of `port`: over the entry of the same flow, over an
 * expired one of the same backend, into a free way, or over a victim. Fills
 * `way_out`. On success the bucket has no other flow to that backend.
 *
 * `hard`: the search was in vain until now; take the place of a flow to the same
 * backend as well if it was not confirmed within a second.
 *
 * want->l4_delta is the delta of everything but the SNAT port, which is added here.
 */
static __always_inline enum lbx_claim reverse_claim(struct lbx_rev_bucket *bucket, __be16 port,
						    __u32 tag, const struct lbx_rev *want,
						    __u32 now, _Bool hard, __u8 *way_out)
{
	__u32 version = *(volatile __u32 *)&bucket->version;
	enum lbx_claim claim = LBX_CLAIM_OK;
	int way = -1, free = -1;

	if (version & 1)
		return LBX_CLAIM_BUSY;
	barrier();

#pragma unroll
	for (int i = 0; i < LBX_REV_WAYS; i++) {
		__u32 there = bucket->tag[i];

		if (there == tag)
			way = i;
		else if (!there)
			free = i;
	}

	if (way >= 0) {
		const struct lbx_rev *entry = &bucket->entry[way & 7];
		_Bool same_backend = reverse_from_backend(entry, &want->backend_addr,
							  want->backend_port, want->proto);
		_Bool same_client = addr_equal(&entry->client_addr, &want->client_addr) &&
				    entry->client_port == want->client_port &&
				    addr_equal(&entry->vip_addr, &want->vip_addr) &&
				    entry->vip_port == want->vip_port;

		if (!(same_backend && same_client) && !reverse_expired(entry, now)) {
			if (!hard || entry->flags & LBX_FLOW_CONFIRMED ||
			    now - entry->last_seen <= lbx_hz)
				return LBX_CLAIM_TAKEN;
			claim = LBX_CLAIM_EVICTED;
		}
	} else if (free >= 0) {
		way = free;
	} else {
		int victim = reverse_victim(bucket, now, hard);

		if (victim < 0)
			return LBX_CLAIM_FULL;
		if (victim & LBX_VICTIM_LIVE)
			claim = LBX_CLAIM_EVICTED;
		way = victim & (LBX_REV_WAYS - 1);
	}

	if (!reverse_lock(bucket, version))
		return LBX_CLAIM_BUSY;
	way &= LBX_REV_WAYS - 1;
	bucket->tag[way] = tag;
	mem_copy(&bucket->entry[way], want);
	bucket->entry[way].l4_delta = checksum_fold((__u64)want->l4_delta + (__u16)~port);
	reverse_unlock(bucket, version);
	*way_out = way;
	return claim;
}

/* Free the way if it still holds the reply half of `key`. */
static __always_inline void reverse_release(__u32 index, __u8 way, const struct lbx_flow_key *key)
{
	struct lbx_rev_bucket *bucket = reverse_bucket(index);
	__u32 version;

	if (!bucket)
		return;
	version = *(volatile __u32 *)&bucket->version;
	way &= LBX_REV_WAYS - 1;
	if (version & 1 || !reverse_to_client(&bucket->entry[way], key))
		return;
	if (!reverse_lock(bucket, version))
		return;
	bucket->tag[way] = 0;
	reverse_unlock(bucket, version);
}

/* The reply half of a request half that was found: at its SNAT port and way, or NULL. */
static __always_inline struct lbx_rev *reverse_of(const struct lbx_flow_key *key,
						  const addr_t *daddr, __be16 dport,
						  __be16 snat_port, __u8 way)
{
	struct lbx_rev_bucket *bucket;
	struct lbx_rev *entry;
	__u32 index;

	if (!reverse_index(snat_port, &index))
		return NULL;
	bucket = reverse_bucket(index);
	if (!bucket)
		return NULL;
	way &= LBX_REV_WAYS - 1;
	entry = &bucket->entry[way];
	if (!bucket->tag[way] || !reverse_to_client(entry, key) ||
	    !reverse_from_backend(entry, daddr, dport, key->proto))
		return NULL;
	return entry;
}

#endif
