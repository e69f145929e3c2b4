// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * routes.h - next hops: the link addresses that a packet needs to leave.
 *
 * lbx_routes is an array that the slow path fills from the kernel's routing and
 * neighbour tables (bpf_fib_lookup, 100 ns and more) and the fast path reads for
 * free. One entry per next hop and device; a flow keeps the index and the next
 * hop it expects there, and asks again after lbx_hz jiffies (one second), so that
 * changed routes and moved neighbours take hold.
 *
 * A next hop goes to one of LBX_ROUTE_WAYS places from its hash on; when all are
 * taken, the one that was longest unused is replaced (its flows notice, because
 * next_hop differs, and look for another place). Only the device that a packet
 * came in by can send it (XDP_TX), hence the device is part of the match.
 */
#ifndef LBX_ROUTES_H
#define LBX_ROUTES_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/hash.h>
#include <lbx/mem.h>
#include <lbx/reasons.h>

#define LBX_ROUTES     4096 /* a power of two; the map has as many */
#define LBX_ROUTE_NONE 0xffff
#define LBX_ROUTE_WAYS 4

#define LBX_AF_INET 2

struct lbx_route {
	__u8 dmac[ETH_ALEN];
	__u8 smac[ETH_ALEN];
	__be32 next_hop; /* 0: free, or being written */
	__u32 ifindex;
	__u32 updated; /* jiffies */
	__u8 pad[8];
};

_Static_assert(sizeof(struct lbx_route) == 32, "route");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_ROUTES);
	__type(key, __u32);
	__type(value, struct lbx_route);
} lbx_routes SEC(".maps");

/* Where packets go next. */
struct lbx_hop {
	__be32 next_hop;
	__u16 route;
};

/*
 * The way to each backend, by backend id: what the kernel said within the last
 * second is not asked again for every new flow.
 */
struct lbx_backend_hop {
	addr_t address; /* of the backend: ids can change hands */
	__be32 next_hop;
	__u32 checked; /* jiffies */
	__u16 route;
	__u8 pad[2];
};

_Static_assert(sizeof(struct lbx_backend_hop) == 16, "backend hop");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_BACKEND_META_MAX);
	__type(key, __u32);
	__type(value, struct lbx_backend_hop);
} lbx_backend_hops SEC(".maps");

enum lbx_route_verdict {
	LBX_ROUTE_OK,
	LBX_ROUTE_LOCAL, /* the kernel would deliver it here, or knows no way */
	LBX_ROUTE_OTHER_DEVICE,
	LBX_ROUTE_NO_NEIGHBOUR, /* hop->next_hop is set */
	LBX_ROUTE_REFUSED,      /* unreachable, prohibit, blackhole */
	LBX_ROUTE_FORWARDING_DISABLED,
};

static __always_inline struct lbx_route *routes_lookup(__u32 index)
{
	return bpf_map_lookup_elem(&lbx_routes, &index);
}

/* Does `hop` still stand for a way that this hook can send by? */
static __always_inline _Bool routes_has(const ctx_t *ctx, const struct lbx_hop *hop)
{
	struct lbx_route *route = routes_lookup(hop->route);

	return route && hop->next_hop && route->next_hop == hop->next_hop &&
	       ctx_reaches(ctx, route->ifindex);
}

/* Write one entry; readers see either the old next hop, none, or the new one. */
static __always_inline void routes_write(struct lbx_route *route, __be32 next_hop, __u32 ifindex,
					 const __u8 *dmac, const __u8 *smac)
{
	if (route->next_hop == next_hop && route->ifindex == ifindex &&
	    mem_equal_by(route->dmac, dmac, ETH_ALEN, 2) &&
	    mem_equal_by(route->smac, smac, ETH_ALEN, 2)) {
		route->updated = clock_now();
		return;
	}
	*(volatile __be32 *)&route->next_hop = 0;
	barrier();
	mem_copy2(route->dmac, dmac, ETH_ALEN);
	mem_copy2(route->smac, smac, ETH_ALEN);
	route->ifindex = ifindex;
	route->updated = clock_now();
	barrier();
	*(volatile __be32 *)&route->next_hop = next_hop;
}

/* Find or make the place of a next hop; fills `hop`. */
static __always_inline void routes_put(const addr_t *to, __u32 ifindex, const __u8 *dmac,
				       const __u8 *smac, struct lbx_hop *hop)
{
	__be32 next_hop = *to;
	__u32 first = hash_endpoint(to, 0, ifindex) & (LBX_ROUTES - 1);
	__u32 oldest_age = 0, now = clock_now();
	__u32 chosen = first;

#pragma unroll
	for (__u32 way = 0; way < LBX_ROUTE_WAYS; way++) {
		__u32 index = (first + way) & (LBX_ROUTES - 1);
		struct lbx_route *route = routes_lookup(index);
		__u32 age;

		if (!route)
			continue;
		if (route->next_hop == next_hop && route->ifindex == ifindex) {
			chosen = index;
			break;
		}
		age = route->next_hop ? now - route->updated : ~0u;
		if (age > oldest_age) {
			oldest_age = age;
			chosen = index;
		}
	}

	struct lbx_route *route = routes_lookup(chosen);

	if (route)
		routes_write(route, next_hop, ifindex, dmac, smac);
	hop->next_hop = next_hop;
	hop->route = chosen;
}

/*
 * Ask the kernel how to reach `daddr`, for a packet that came in by `ifindex`. Fills
 * `hop` on LBX_ROUTE_OK.
 */
static __always_inline enum lbx_route_verdict routes_resolve(ctx_t *ctx, __u32 ifindex,
							     const addr_t *saddr,
							     const addr_t *daddr,
							     struct lbx_hop *hop)
{
	struct bpf_fib_lookup fib;
	long result;

	mem_zero_by(&fib, sizeof(fib), 4);
	fib.family = LBX_AF_INET;
	fib.ifindex = ifindex;
	fib.ipv4_src = *saddr;
	fib.ipv4_dst = *daddr;

	result = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);
	hop->next_hop = fib.ipv4_dst;
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		if (!ctx_reaches(ctx, fib.ifindex))
			return LBX_ROUTE_OTHER_DEVICE;
		routes_put(&fib.ipv4_dst, fib.ifindex, fib.dmac, fib.smac, hop);
		return LBX_ROUTE_OK;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return ctx_reaches(ctx, fib.ifindex) ? LBX_ROUTE_NO_NEIGHBOUR
						     : LBX_ROUTE_OTHER_DEVICE;
	case BPF_FIB_LKUP_RET_BLACKHOLE:
	case BPF_FIB_LKUP_RET_UNREACHABLE:
	case BPF_FIB_LKUP_RET_PROHIBIT:
		return LBX_ROUTE_REFUSED;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return LBX_ROUTE_FORWARDING_DISABLED;
	default:
		return LBX_ROUTE_LOCAL;
	}
}

/* The same for a backend, from lbx_backend_hops if that is fresh. */
static __always_inline enum lbx_route_verdict routes_backend(ctx_t *ctx, __u32 ifindex, __u32 id,
							     const addr_t *saddr,
							     const addr_t *daddr,
							     struct lbx_hop *hop)
{
	struct lbx_backend_hop *known = bpf_map_lookup_elem(&lbx_backend_hops, &id);
	__u32 now = clock_now();
	enum lbx_route_verdict verdict;

	if (known && addr_equal(&known->address, daddr) && now - known->checked <= lbx_hz) {
		hop->next_hop = known->next_hop;
		hop->route = known->route;
		if (routes_has(ctx, hop))
			return LBX_ROUTE_OK;
	}
	verdict = routes_resolve(ctx, ifindex, saddr, daddr, hop);
	if (verdict == LBX_ROUTE_OK && known) {
		mem_zero(&known->address);
		barrier();
		known->next_hop = hop->next_hop;
		known->route = hop->route;
		known->checked = now;
		barrier();
		known->address = *daddr;
	}
	return verdict;
}

#endif
