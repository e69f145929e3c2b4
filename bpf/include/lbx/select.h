// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * select.h - north-south: which service a packet is for and which backend gets it.
 *
 * select_service() looks a frontend up in scope 0, judges whether traffic from
 * outside may use it, and select_backend() chooses. Both return
 * LBX_SELECT_OK or the reason not to go on.
 *
 * Choice: session affinity if the service has it; else by the service's algorithm
 * (or lbx_algorithm): Maglev's table, or random. "Random" is a hash of the client's
 * whole tuple over slots 1..count and not a dice: the same packet twice (a retry,
 * two CPUs at once, a flow whose entry was evicted) gets the same backend while the
 * set of backends stays, and user space can predict it.
 */
#ifndef LBX_SELECT_H
#define LBX_SELECT_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/clock.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/hash.h>
#include <lbx/lb_maps.h>
#include <lbx/mem.h>
#include <lbx/reasons.h>

/* How services choose that say nothing themselves: 1 random, 2 Maglev. */
const volatile __u8 lbx_algorithm = LBX_ALGORITHM_RANDOM;
/* Entries of each Maglev table; the inner maps have 4 times as many bytes. */
const volatile __u32 lbx_maglev_size = LBX_MAGLEV_SIZE;
/* Seed of the packet hash: the second (IPv6: third) word of Cilium's hash seed. */
#if LBX_FAMILY == 6
const volatile __u32 lbx_maglev_seed = 0x92505688;
#else
const volatile __u32 lbx_maglev_seed = 0x71dcda46;
#endif

#define LBX_SELECT_OK (-1)

struct lbx_selected {
	struct lb_service service; /* the master entry */
	__u32 backend_id;
	__u32 generation; /* read before the backend: a change in between shows */
	__u8 local;       /* the backend is on this node (only with lbx_derived_on) */
	__u8 pad[3];
	struct lb_backend backend;
};

static __always_inline struct lb_service *select_lookup(const addr_t *address, __be16 port,
							__u8 proto, __u16 slot)
{
	struct lb_key key = {
		.address = *address,
		.dport = port,
		.backend_slot = slot,
		.proto = proto,
		.scope = LBX_SCOPE_EXTERNAL,
	};

	return bpf_map_lookup_elem(&lb_services, &key);
}

/*
 * The master entry of a service that another node sent a packet of. A NodePort of that
 * node's address is only known by the entry of address 0, which stands for all of them:
 * `address` becomes that of the entry.
 */
static __always_inline struct lb_service *select_lookup_of_node(addr_t *address, __be16 port,
								__u8 proto)
{
	struct lb_service *service = select_lookup(address, port, proto, 0);

	if (service)
		return service;
	mem_zero(address);
	service = select_lookup(address, port, proto, 0);
	return service && service->flags & LBX_SVC_NODEPORT ? service : NULL;
}

/* Is the client allowed by the source ranges of a service that has some? */
static __always_inline _Bool select_source_allowed(const struct lb_service *service,
						   const addr_t *client)
{
	struct lb_src_range_key key = {
		.prefixlen = 32 + 8 * sizeof(addr_t),
		.rev_nat_id = service->rev_nat_index,
		.addr = *client,
	};
	_Bool inside = bpf_map_lookup_elem(&lb_source_range, &key) != NULL;
	_Bool deny = service->flags2 & LBX_SVC2_RANGE_DENY;

	return inside != deny;
}

/* Find the frontend of `key` and judge it; its master entry is copied to `out` (none: rev_nat_index 0). */
static __always_inline int select_service(const struct lbx_flow_key *key, struct lb_service *out)
{
	struct lb_service *service = select_lookup(&key->daddr, key->dport, key->proto, 0);

	if (!service) {
		/* It is in scratch, where an earlier packet left its own. */
		out->rev_nat_index = 0;
		/* Our address, not our port: dropped rather than given to the host. */
		if (select_lookup(&key->daddr, 0, 0, 0))
			return LBX_DROP_WILDCARD;
		return LBX_PASS_NO_SERVICE;
	}
	mem_copy(out, service);

	if (!(out->flags & LBX_SVC_ROUTABLE))
		return LBX_DROP_NOT_ROUTABLE;
	/* hostPort on loopback only: nothing from outside is for it. */
	if (out->flags & LBX_SVC_HOSTPORT && out->flags2 & LBX_SVC2_LOOPBACK)
		return LBX_PASS_NO_SERVICE;
	/* The proxy on this node serves it; the kernel's redirect takes it there. */
	if (out->flags2 & (LBX_SVC2_L7 | LBX_SVC2_L7_DELEGATE))
		return LBX_PASS_L7_SERVICE;
	if (out->flags2 & LBX_SVC2_NAT46X64)
		return LBX_DROP_UNSUPPORTED_SERVICE;
	if (out->flags & LBX_SVC_SOURCE_RANGE && !select_source_allowed(out, &key->saddr))
		return LBX_DROP_SOURCE_RANGE;
	if (!out->count)
		return LBX_DROP_NO_BACKEND;
	return LBX_SELECT_OK;
}

/* The backend id that the client's service table names, or 0 without a table. */
static __always_inline __u32 select_maglev(const struct lb_service *service,
					   const struct lbx_flow_key *key)
{
	/* Session affinity: all ports of a client meet the same backend. */
	__u32 client_port = service->flags & LBX_SVC_AFFINITY ? 0 : key->sport;
	__u32 index = hash_maglev(&key->saddr, (__u32)key->dport << 16 | client_port, key->proto,
				  lbx_maglev_seed) %
		      lbx_maglev_size;
	__u16 rev_nat = service->rev_nat_index;
	__u32 zero = 0, *table;
	void *inner = bpf_map_lookup_elem(&lb_maglev, &rev_nat);

	if (!inner)
		return 0;
	table = bpf_map_lookup_elem(inner, &zero);
	if (!table)
		return 0;
	/* The verifier draws no bounds from %; the compiler must not draw them either. */
	barrier_var(index);
	if (index >= lbx_maglev_size)
		return 0;
	return table[index];
}

static __always_inline __u32 select_random(const struct lb_service *service,
					   const struct lbx_flow_key *key)
{
	__u32 hash = hash_jhash3(addr_word(&key->saddr), (__u32)key->dport << 16 | key->sport,
				 addr_word(&key->daddr), lbx_maglev_seed ^ key->proto);
	struct lb_service *slot = select_lookup(&key->daddr, key->dport, key->proto,
						1 + hash_scale(hash, service->count));

	return slot ? slot->backend_id : 0;
}

static __always_inline void select_affinity_key(const struct lb_service *service,
						const addr_t *client, struct lb_affinity_key *key)
{
	/* The address and, behind an IPv4 one, zeros. */
	key->client_id.client_cookie = 0;
	key->client_id.client_ip = *client;
	key->rev_nat_id = service->rev_nat_index;
	key->netns_cookie = 0;
	key->pad1 = 0;
	key->pad2 = 0;
}

/* The backend this client had, if the service still has it and time is not up; or 0. */
static __always_inline __u32 select_affinity(const struct lb_service *service, const addr_t *client)
{
	struct lb_affinity_key key;
	struct lb_affinity_val *value;
	struct lb_affinity_match match = {};
	__u32 timeout = service->affinity_timeout & LBX_AFFINITY_SECONDS_MASK;
	__u64 now = clock_seconds();

	select_affinity_key(service, client, &key);
	value = bpf_map_lookup_elem(&lb_affinity, &key);
	if (!value)
		return 0;
	match.backend_id = value->backend_id;
	match.rev_nat_id = service->rev_nat_index;
	if (now - value->last_used >= timeout || !bpf_map_lookup_elem(&lb_affinity_match, &match)) {
		bpf_map_delete_elem(&lb_affinity, &key);
		return 0;
	}
	value->last_used = now;
	return match.backend_id;
}

static __always_inline void select_affinity_set(const struct lb_service *service,
						const addr_t *client, __u32 backend_id)
{
	struct lb_affinity_key key;
	struct lb_affinity_val value = {
		.last_used = clock_seconds(),
		.backend_id = backend_id,
	};

	select_affinity_key(service, client, &key);
	bpf_map_update_elem(&lb_affinity, &key, &value, BPF_ANY);
}

/* Fill everything about backend `id`; false if there is none. */
static __always_inline _Bool select_load(__u32 id, struct lbx_selected *out)
{
	struct lb_backend *backend;

	out->backend_id = id;
	out->generation = 0;
	out->local = 0;
	if (lbx_derived_on) {
		struct lbx_backend_meta *meta = backend_meta_lookup(id);

		if (!meta || !(meta->generation & 1))
			return 0;
		out->generation = meta->generation;
		out->local = meta->flags & LBX_BACKEND_META_LOCAL;
	}
	barrier();
	backend = bpf_map_lookup_elem(&lb_backends, &id);
	if (!backend)
		return 0;
	mem_copy(&out->backend, backend);
	return 1;
}

/* Choose for a new flow; `out->service` is set, the rest of `out` is filled. */
static __always_inline int select_backend(const struct lbx_flow_key *key, struct lbx_selected *out)
{
	const struct lb_service *service = &out->service;
	__u8 algorithm = (service->affinity_timeout >> 24) & 0x7f;
	_Bool affinity = service->flags & LBX_SVC_AFFINITY;
	__u32 id;

	/* A backend that is going away keeps its flows but gets no new ones. */
	if (affinity) {
		id = select_affinity(service, &key->saddr);
		if (id && select_load(id, out) && out->backend.state == LBX_BACKEND_ACTIVE)
			return LBX_SELECT_OK;
	}

	if (!algorithm)
		algorithm = lbx_algorithm;
	id = 0;
	if (algorithm == LBX_ALGORITHM_MAGLEV) {
		id = select_maglev(service, key);
		if (!id)
			reasons_note(LBX_NOTE_MAGLEV_MISSING);
	}
	if (!id)
		id = select_random(service, key);
	if (!id)
		return LBX_DROP_NO_BACKEND;
	if (!select_load(id, out))
		return LBX_DROP_BACKEND_MISSING;
	if (affinity)
		select_affinity_set(service, &key->saddr, id);
	return LBX_SELECT_OK;
}

#endif
