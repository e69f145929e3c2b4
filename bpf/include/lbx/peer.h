// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * peer.h - from the node's device straight into a pod of this node (bpf_redirect_peer,
 * Linux 5.10), with lbx_redirect = 2: past the rest of the host's stack.
 *
 * Only into pods whose device user space has put into lbx_pod_devices: its other end is in
 * another namespace (elsewhere the kernel would drop the packet), and lbx_tc_from_pod is
 * attached to it, which sends the answers past the stack as well (pod_answer.h). Netfilter
 * would take answers to requests that it has not seen for connections of the pod, and
 * masquerade them. So a flow goes past the stack in both directions or in none: that is
 * decided when it is made (LBX_FLOW_PEER) and needs the pod's link address.
 *
 * What cannot go straight (a fragment, options, too long, no way any more) takes the stack.
 */
#ifndef LBX_PEER_H
#define LBX_PEER_H

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/flow.h>
#include <lbx/parse.h>
#include <lbx/rewrite.h>
#include <lbx/routes.h>
#include <lbx/target.h>

#ifdef LBX_HOOK_TC

#define LBX_PEER_DEVICES 16384

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, LBX_PEER_DEVICES);
	__type(key, __u32);   /* ifindex of the node's end of a pod's veth pair */
	__type(value, __u32); /* no meaning yet: 0 */
} lbx_pod_devices SEC(".maps");

/* The device of the pod that `hop` leads straight into; 0: it does not. */
static __always_inline __u32 peer_device(const struct lbx_hop *hop)
{
	struct lbx_route *route = routes_lookup(hop->route);
	__u32 ifindex;

	if (!route || !hop->stamp)
		return 0;
	ifindex = route->ifindex;
	if (!routes_is(route, hop->stamp) || !bpf_map_lookup_elem(&lbx_pod_devices, &ifindex))
		return 0;
	return ifindex;
}

/* Is there a way straight to `target`, a backend on this node? Then `hop` is that way. */
static __always_inline _Bool peer_find(ctx_t *ctx, const struct lbx_packet *packet,
				       const struct lbx_flow_key *key,
				       const struct lbx_target *target, struct lbx_hop *hop)
{
	if (lbx_redirect != LBX_REDIRECT_PEER)
		return 0;
	return routes_backend(ctx, packet, target->backend_id, &key->saddr, &target->address,
			      hop) == LBX_ROUTE_OK &&
	       peer_device(hop);
}

/*
 * Find the way of a flow anew; none: by the stack. While the kernel has forgotten the pod's
 * link address, which nobody asks for any more, the way that was found before is kept.
 */
static __always_inline void peer_renew(ctx_t *ctx, const struct lbx_packet *packet,
				       const struct lbx_flow_key *key,
				       const struct lbx_target *target, struct lbx_hop *hop)
{
	struct lbx_hop fresh = {};

	if (peer_find(ctx, packet, key, target, &fresh))
		hop_copy(hop, &fresh);
	else if (fresh.stamp || !fresh.ifindex || peer_device(hop) != fresh.ifindex)
		hop->stamp = 0;
}

/* A packet that is rewritten, to a pod of this node: straight into it, or on to the kernel. */
static __always_inline int peer_deliver(ctx_t *ctx, struct lbx_packet *packet, __u32 index,
					__u32 stamp)
{
	struct lbx_route *route;
	__u32 ifindex;

	/* Redirected, what is only overheard would count as sent to this host. */
	if (lbx_redirect != LBX_REDIRECT_PEER || !stamp || ctx->pkt_type != PACKET_HOST)
		return CTX_PASS;
	route = routes_lookup(index);
	if (!route || *packet_ttl(packet) <= 1 || !packet_is_plain(packet) ||
	    !rewrite_fits(ctx, packet, route))
		return CTX_PASS;
	ifindex = route->ifindex;
	rewrite_link(packet->eth, route);
	/* The kernel looks at none of the link addresses again. */
	if (!routes_is(route, stamp))
		return CTX_PASS;
	rewrite_age_alone(ctx, packet);
	return ctx_redirected(bpf_redirect_peer(ifindex, 0));
}

#else

static __always_inline _Bool peer_find(ctx_t *ctx __attribute__((unused)),
				       const struct lbx_packet *packet __attribute__((unused)),
				       const struct lbx_flow_key *key __attribute__((unused)),
				       const struct lbx_target *target __attribute__((unused)),
				       struct lbx_hop *hop __attribute__((unused)))
{
	return 0;
}

static __always_inline void peer_renew(ctx_t *ctx __attribute__((unused)),
				       const struct lbx_packet *packet __attribute__((unused)),
				       const struct lbx_flow_key *key __attribute__((unused)),
				       const struct lbx_target *target __attribute__((unused)),
				       struct lbx_hop *hop __attribute__((unused)))
{
}

static __always_inline int peer_deliver(ctx_t *ctx __attribute__((unused)),
					struct lbx_packet *packet __attribute__((unused)),
					__u32 index __attribute__((unused)),
					__u32 stamp __attribute__((unused)))
{
	return CTX_PASS;
}

#endif

#endif
