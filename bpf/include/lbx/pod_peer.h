// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_peer.h - from one pod straight into another one of this node (bpf_redirect_peer,
 * Linux 5.10), with lbx_redirect = 2: past the rest of the host's stack.
 *
 * The flow keeps the route to its backend, asked for once a second. It is taken when it
 * ends at a device that these programs have seen packets on, i.e. at the node's end of
 * a pod's veth pair (or netkit): elsewhere the kernel would drop the packet. Until then,
 * and while the pod's link address is unknown, packets take the way through the stack.
 */
#ifndef LBX_POD_PEER_H
#define LBX_POD_PEER_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/flow.h>
#include <lbx/parse.h>
#include <lbx/rewrite.h>
#include <lbx/routes.h>
#include <lbx/target.h>

#define LBX_POD_DEVICES 4096 /* a power of two */

/* Indexes of devices that the programs are attached to. */
static volatile __u32 pod_devices[LBX_POD_DEVICES];

static __always_inline void pod_see_device(const ctx_t *ctx)
{
	__u32 ifindex = ctx->ifindex;

	if (lbx_redirect == LBX_REDIRECT_PEER &&
	    pod_devices[ifindex & (LBX_POD_DEVICES - 1)] != ifindex)
		pod_devices[ifindex & (LBX_POD_DEVICES - 1)] = ifindex;
}

/* Ask for the way of the flow of `key` to its backend; fills `hop`, with nothing if there is none.
 */
static __always_inline void pod_find_peer(ctx_t *ctx, const struct lbx_flow_key *key,
					  const struct lbx_target *target, struct lbx_hop *hop)
{
	hop->stamp = 0;
	hop->route = LBX_ROUTE_NONE;
	if (lbx_redirect == LBX_REDIRECT_PEER)
		routes_resolve(ctx, ctx_ifindex(ctx), &key->saddr, &target->address, hop);
}

/* A packet that is rewritten: into the other pod, or on to the kernel. */
static __always_inline int pod_hand_on(struct lbx_packet *packet, __u32 index, __u32 stamp)
{
	struct lbx_route *route;
	__u32 ifindex;

	if (lbx_redirect != LBX_REDIRECT_PEER || !stamp)
		return CTX_PASS;
	route = routes_lookup(index);
	if (!route)
		return CTX_PASS;
	ifindex = route->ifindex;
	if (pod_devices[ifindex & (LBX_POD_DEVICES - 1)] != ifindex || !routes_is(route, stamp))
		return CTX_PASS;
	rewrite_link(packet->eth, route);
	return ctx_redirected(bpf_redirect_peer(ifindex, 0));
}

#endif
