// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * routes.h - next hops: the link addresses that a packet needs to leave.
 *
 * lbx_routes is an array that the slow path fills from the kernel's routing and
 * neighbour tables (bpf_fib_lookup, 100 ns and more) and the fast path reads
 * for free. One entry per next hop and device, of both families; a flow keeps
 * the index and the stamp it expects there, and asks again after lbx_hz jiffies
 * (one second), so that changed routes and moved neighbours take hold.
 *
 * The stamp is even while the entry may be read, odd while it is written, and
 * another after each change; 0 stands for nothing. Writers take an entry by
 * making its stamp odd (compare and exchange from what their decision was based
 * on). Readers use it and look at the stamp again afterwards.
 *
 * A next hop goes to one of LBX_ROUTE_WAYS places from its hash on; when all
 * are taken, the one that was longest unused is replaced (its flows notice,
 * because the stamp differs, and look for another place). Only the device that
 * a packet came in by can send it (XDP_TX), hence the device is part of the
 * match.
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
#include <lbx/parse.h>
#include <lbx/reasons.h>
#include <lbx/scratch.h>
#include <lbx/target.h>

#define LBX_ROUTES     4096 /* a power of two; the map has as many */
#define LBX_ROUTE_NONE 0xffff
#define LBX_ROUTE_WAYS 4

#define LBX_ROUTE_MTU_UNKNOWN 0xffffffffu

#define LBX_AF_INET  2
#define LBX_AF_INET6 10

/* One cache line, the first half of it for the fast path. */
struct lbx_route {
	__u8 dmac[ETH_ALEN];
	__u8 smac[ETH_ALEN];
	__u32 stamp;
	__u32 ifindex;
	__u32 updated; /* jiffies */
	__u32 mtu;     /* bytes of IP that this way takes; LBX_ROUTE_MTU_UNKNOWN */
	__u32 pad;
	union v6addr next_hop;
	__u8 pad2[16];
};

_Static_assert(sizeof(struct lbx_route) == 64, "route: one cache line");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_ROUTES);
	__type(key, __u32);
	__type(value, struct lbx_route);
} lbx_routes SEC(".maps");

/*
 * The way to each backend, by backend id: what the kernel said within the last
 * second is not asked again for every new flow.
 */
struct lbx_backend_hop {
	union v6addr address; /* of the backend: ids can change hands */
	__u32 route_stamp;
	__u32 checked; /* jiffies */
	__u16 route;
	__u8 pad[6];
};

_Static_assert(sizeof(struct lbx_backend_hop) == 32, "backend hop");

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
	LBX_ROUTE_NO_NEIGHBOUR,
	LBX_ROUTE_REFUSED, /* unreachable, prohibit, blackhole */
	LBX_ROUTE_FORWARDING_DISABLED,
};

static __always_inline struct lbx_route *routes_lookup(__u32 index)
{
	return bpf_map_lookup_elem(&lbx_routes, &index);
}

/* Is it (still) the way of a flow that was told `stamp`? */
static __always_inline _Bool routes_is(const struct lbx_route *route, __u32 stamp)
{
	barrier();
	return *(const volatile __u32 *)&route->stamp == stamp;
}

/* Does `hop` still stand for a way, but by a device that this hook cannot send by? */
static __always_inline _Bool routes_elsewhere(const struct lbx_packet *packet,
					      const struct lbx_hop *hop)
{
	struct lbx_route *route = routes_lookup(hop->route);

	return route && hop->stamp && routes_is(route, hop->stamp) &&
	       !ctx_reaches(packet->ifindex, route->ifindex);
}

/* Does `hop` still stand for a way that this hook can send by? */
static __always_inline _Bool routes_has(const struct lbx_packet *packet, const struct lbx_hop *hop)
{
	struct lbx_route *route = routes_lookup(hop->route);

	return route && hop->stamp && routes_is(route, hop->stamp) &&
	       ctx_reaches(packet->ifindex, route->ifindex);
}

/* What entries are told apart by. */
struct lbx_way {
	union v6addr next_hop;
	__u32 ifindex;
	__u32 mtu;
};

static __always_inline _Bool routes_leads_to(const struct lbx_route *route,
					     const struct lbx_way *way)
{
	return route->next_hop.d[0] == way->next_hop.d[0] &&
	       route->next_hop.d[1] == way->next_hop.d[1] && route->ifindex == way->ifindex &&
	       route->mtu == way->mtu;
}

/* Make an entry that way's, unless it is so already; its stamp, 0: another
 * CPU was at it. */
static __always_inline __u32 routes_write(struct lbx_route *route, const struct lbx_way *way,
					  const __u8 *dmac, const __u8 *smac)
{
	__u32 stamp = *(volatile __u32 *)&route->stamp;

	if (stamp & 1)
		return 0;
	barrier();
	if (stamp && routes_leads_to(route, way) && mem_equal_by(route->dmac, dmac, ETH_ALEN, 2) &&
	    mem_equal_by(route->smac, smac, ETH_ALEN, 2)) {
		route->updated = clock_now();
		return routes_is(route, stamp) ? stamp : 0;
	}
	if (__sync_val_compare_and_swap(&route->stamp, stamp, stamp + 1) != stamp)
		return 0;
	mem_copy2(route->dmac, dmac, ETH_ALEN);
	mem_copy2(route->smac, smac, ETH_ALEN);
	route->next_hop = way->next_hop;
	route->ifindex = way->ifindex;
	route->mtu = way->mtu;
	route->updated = clock_now();
	barrier();
	stamp += 2;
	if (!stamp)
		stamp = 2;
	__sync_lock_test_and_set(&route->stamp, stamp);
	return stamp;
}

/*
 * The place that a next hop has, or should take. A global function, verified by itself:
 * its many paths do not multiply those of its callers.
 */
__noinline __u32 routes_place(const struct lbx_way *way)
{
	__u32 first, chosen, oldest_age = 0, now = clock_now();

	if (!way)
		return 0;
	first = hash_endpoint6(&way->next_hop, 0, way->ifindex) & (LBX_ROUTES - 1);
	chosen = first;

#pragma unroll
	for (__u32 place = 0; place < LBX_ROUTE_WAYS; place++) {
		__u32 index = (first + place) & (LBX_ROUTES - 1);
		struct lbx_route *route = routes_lookup(index);
		__u32 age;

		if (!route)
			continue;
		if (route->stamp && routes_leads_to(route, way))
			return index;
		age = route->stamp ? now - route->updated : ~0u;
		if (age > oldest_age) {
			oldest_age = age;
			chosen = index;
		}
	}
	return chosen;
}

/* Find or make the place of a next hop; fills `hop`, with nothing if other CPUs
 * were in the way. */
static __always_inline void routes_put(const struct lbx_way *way, const __u8 *dmac,
				       const __u8 *smac, struct lbx_hop *hop)
{
	hop->stamp = 0;
	hop->route = LBX_ROUTE_NONE;
	for (int attempt = 0; attempt < 2 && !hop->stamp; attempt++) {
		__u32 index = routes_place(way);
		struct lbx_route *route = routes_lookup(index);

		if (!route)
			break;
		hop->route = index;
		hop->stamp = routes_write(route, way, dmac, smac);
	}
}

/* What the kernel says of its own next hop; IPv4 may have one of IPv6. */
static __always_inline void routes_next_hop(const struct bpf_fib_lookup *fib, union v6addr *to)
{
	if (fib->family == LBX_AF_INET6)
		mem_copy4(to, fib->ipv6_dst, sizeof(*to));
	else
		addr4_map(fib->ipv4_dst, to);
}

/*
 * Ask the kernel how to reach `daddr`, for a packet that came in by `ifindex`.
 * Fills `hop` on LBX_ROUTE_OK; without a stamp, if its link address is unknown
 * and the kernel will find it (CTX_RESOLVES). enum lbx_route_verdict. A global function,
 * verified by itself: its many ways do not multiply those of its callers.
 */
__noinline int routes_resolve(ctx_t *ctx, __u32 ifindex, const addr_t *saddr, const addr_t *daddr,
			      struct lbx_hop *hop)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_way way;
	long result;

	if (!saddr || !daddr || !hop)
		return LBX_ROUTE_REFUSED;
	hop->stamp = 0;
	hop->ifindex = 0;
	hop->route = LBX_ROUTE_NONE;
	if (!scratch)
		return LBX_ROUTE_REFUSED;
	mem_zero_by(&scratch->fib, sizeof(scratch->fib), 4);
	scratch->fib.ifindex = ifindex;
	scratch->fib.tot_len = 1; /* fits anywhere: then the answer has the MTU */
#if LBX_FAMILY == 6
	scratch->fib.family = LBX_AF_INET6;
	mem_copy4(scratch->fib.ipv6_src, saddr, sizeof(*saddr));
	mem_copy4(scratch->fib.ipv6_dst, daddr, sizeof(*daddr));
#else
	scratch->fib.family = LBX_AF_INET;
	scratch->fib.ipv4_src = *saddr;
	scratch->fib.ipv4_dst = *daddr;
#endif

	result = bpf_fib_lookup(ctx, &scratch->fib, sizeof(scratch->fib), 0);
	hop->ifindex = scratch->fib.ifindex;
	switch (result) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		if (!ctx_reaches(ifindex, scratch->fib.ifindex))
			return LBX_ROUTE_OTHER_DEVICE;
		routes_next_hop(&scratch->fib, &way.next_hop);
		way.ifindex = scratch->fib.ifindex;
		way.mtu = scratch->fib.mtu_result ? scratch->fib.mtu_result : LBX_ROUTE_MTU_UNKNOWN;
		routes_put(&way, scratch->fib.dmac, scratch->fib.smac, hop);
		return LBX_ROUTE_OK;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		if (!ctx_reaches(ifindex, scratch->fib.ifindex))
			return LBX_ROUTE_OTHER_DEVICE;
		return CTX_RESOLVES ? LBX_ROUTE_OK : LBX_ROUTE_NO_NEIGHBOUR;
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
static __always_inline enum lbx_route_verdict
routes_backend(ctx_t *ctx, const struct lbx_packet *packet, __u32 id, const addr_t *saddr,
	       const addr_t *daddr, struct lbx_hop *hop)
{
	struct lbx_backend_hop *known = bpf_map_lookup_elem(&lbx_backend_hops, &id);
	__u32 now = clock_now();
	enum lbx_route_verdict verdict;
	union v6addr address;

	addr_map(daddr, &address);
	if (known && mem_equal(&known->address, &address) && now - known->checked <= lbx_hz) {
		hop->stamp = known->route_stamp;
		hop->route = known->route;
		barrier();
		/* Was it given away while it was read? */
		if (mem_equal(&known->address, &address) && routes_has(packet, hop)) {
			struct lbx_route *route = routes_lookup(hop->route);

			hop->ifindex = route ? route->ifindex : 0;
			return LBX_ROUTE_OK;
		}
	}
	verdict = routes_resolve(ctx, packet->ifindex, saddr, daddr, hop);
	if (verdict == LBX_ROUTE_OK && known) {
		mem_zero(&known->address);
		barrier();
		known->route_stamp = hop->stamp;
		known->route = hop->route;
		known->checked = now;
		barrier();
		known->address = address;
	}
	return verdict;
}

#endif
