// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_service.h - which service a pod means by an address, and which backend it gets.
 *
 * As the socket load balancer has it (sock.h): the internal scope where a service has
 * two; ClusterIPs and LoadBalancer addresses everywhere; NodePorts on every address of
 * the node; externalIPs and hostPorts on addresses of the node only. Source ranges are
 * for clients outside of the cluster. Session affinity knows the client by its address
 * (sockets: by their network namespace). Maglev plays no part.
 */
#ifndef LBX_POD_SERVICE_H
#define LBX_POD_SERVICE_H

#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/config.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/hash.h>
#include <lbx/lb_maps.h>
#include <lbx/local_addrs.h>
#include <lbx/mem.h>
#include <lbx/reasons.h>
#include <lbx/select.h>

/* 1: an externalIP is translated everywhere, not only if it is the node's; see sock.h. */
const volatile __u8 lbx_external_ips_anywhere = 0;

static __always_inline _Bool pod_is_nodeport(__be16 port)
{
	__u16 number = bpf_ntohs(port);

	return number >= lbx_nodeport_min && number <= lbx_nodeport_max;
}

static __always_inline _Bool pod_is_own(const addr_t *address)
{
	union v6addr mapped;

	addr_map(address, &mapped);
	return bpf_map_lookup_elem(&lbx_local_addrs, &mapped);
}

/* The frontend of `key` as seen from inside; leaves `key` with the scope of the result. */
static __always_inline struct lb_service *pod_lookup(struct lb_key *key)
{
	struct lb_service *outside, *inside;

	key->scope = LBX_SCOPE_EXTERNAL;
	outside = bpf_map_lookup_elem(&lb_services, key);
	if (!outside || !(outside->flags2 & LBX_SVC2_TWO_SCOPES))
		return outside;
	key->scope = LBX_SCOPE_INTERNAL;
	inside = bpf_map_lookup_elem(&lb_services, key);
	if (inside)
		return inside;
	key->scope = LBX_SCOPE_EXTERNAL;
	return outside;
}

static __always_inline _Bool pod_is_own_only(__u8 flags)
{
	if (flags & LBX_SVC_EXTERNAL_IP)
		return !lbx_external_ips_anywhere;
	return flags & LBX_SVC_HOSTPORT;
}

/* Find the frontend of `flow`: `key` for its slots, its master entry copied to `out`. */
static __always_inline int pod_service(const struct lbx_flow_key *flow, struct lb_key *key,
				       struct lb_service *out)
{
	struct lb_service *service;

	mem_zero(key);
	key->address = flow->daddr;
	key->dport = flow->dport;
	key->proto = flow->proto;
	service = pod_lookup(key);
	if (service) {
		if (pod_is_own_only(service->flags) && !pod_is_own(&flow->daddr))
			return LBX_PASS_NO_SERVICE;
	} else if (pod_is_nodeport(flow->dport) && pod_is_own(&flow->daddr)) {
		mem_zero(&key->address);
		service = pod_lookup(key);
		if (service && !(service->flags & (LBX_SVC_NODEPORT | LBX_SVC_HOSTPORT)))
			return LBX_PASS_NO_SERVICE;
	}
	if (!service)
		return select_lookup(&flow->daddr, 0, 0, 0) ? LBX_DROP_WILDCARD
							    : LBX_PASS_NO_SERVICE;
	mem_copy(out, service);
	if (out->flags2 & LBX_SVC2_NAT46X64)
		return LBX_PASS_NO_SERVICE;
	/* hostPort on loopback only; or else, by the same bit, a proxy's. */
	if (out->flags2 & (LBX_SVC2_L7 | LBX_SVC2_L7_DELEGATE))
		return out->flags & LBX_SVC_HOSTPORT ? LBX_PASS_NO_SERVICE : LBX_PASS_L7_SERVICE;
	return out->count ? LBX_SELECT_OK : LBX_DROP_NO_BACKEND;
}

/* Choose for a new flow; `key` and `out->service` are set, the rest of `out` is filled. */
static __always_inline int pod_backend(const struct lbx_flow_key *flow, struct lb_key *key,
				       struct lbx_selected *out)
{
	const struct lb_service *service = &out->service;
	_Bool affinity = service->flags & LBX_SVC_AFFINITY;
	struct lb_service *slot;
	__u32 id, hash;

	if (affinity) {
		id = select_affinity(service, &flow->saddr);
		if (id && select_load(id, out) && out->backend.state == LBX_BACKEND_ACTIVE)
			return LBX_SELECT_OK;
	}
	hash = hash_jhash3(addr_word(&flow->saddr), (__u32)flow->dport << 16 | flow->sport,
			   addr_word(&flow->daddr), lbx_maglev_seed ^ flow->proto);
	key->backend_slot = 1 + hash_scale(hash, service->count);
	slot = bpf_map_lookup_elem(&lb_services, key);
	if (!slot)
		return LBX_DROP_NO_BACKEND;
	id = slot->backend_id;
	if (!select_load(id, out))
		return LBX_DROP_BACKEND_MISSING;
	if (affinity)
		select_affinity_set(service, &flow->saddr, id);
	return LBX_SELECT_OK;
}

#endif
