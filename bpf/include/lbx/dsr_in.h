// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * dsr_in.h - DSR (direct server return), on the node of the backend.
 *
 * A request that another node sent on (dsr_out.h) names the service address that the
 * client used. dsr_learn() reads it from the option and makes the reply half of the flow,
 * by which tc egress gives the backend's answers that address (reply_tc.h); the packet
 * goes up without the option, as the client sent it: longer, it might not fit the
 * backend's device. dsr_unwrap() takes the packet out of its tunnel and gives it
 * to the backend that the outer header names, as if it had come here by itself.
 *
 * Only what this node knows is believed: the service must exist, the backend must be
 * on this node. Everything else is passed untouched.
 */
#ifndef LBX_DSR_IN_H
#define LBX_DSR_IN_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/dsr_wire.h>
#include <lbx/family.h>
#include <lbx/flow.h>
#include <lbx/fragments.h>
#include <lbx/gate.h>
#include <lbx/parse.h>
#include <lbx/parse_deep.h>
#include <lbx/reasons.h>
#include <lbx/request_bind.h>
#include <lbx/room.h>
#include <lbx/select.h>
#include <lbx/verdict.h>

#define LBX_DSR_SLOTS 4096 /* backends of a service that are looked through */

/* The option of a packet with options, and where TCP or UDP starts behind it. */
static __always_inline _Bool dsr_find_option(ctx_t *ctx, const struct lbx_packet *packet,
					     struct lbx_service_end *service, __u8 *proto,
					     __u32 *l4_at)
{
	struct lbx_dsr_option option;
	__u32 at = packet->l3_at + sizeof(ip_t);

	if (ctx_load(ctx, at, &option, sizeof(option)) || !dsr_read_option(&option, service))
		return 0;
#if LBX_FAMILY == 4
	if (packet->ip->ihl * 4 < sizeof(ip_t) + sizeof(option) ||
	    packet->ip->frag_off & bpf_htons(0x1fff)) /* no ports there */
		return 0;
	*proto = packet->ip->protocol;
	*l4_at = packet->l3_at + packet->ip->ihl * 4;
#else
	if (packet->ip->nexthdr != IPPROTO_DSTOPTS)
		return 0;
	*proto = option.next_header;
	*l4_at = at + sizeof(option);
#endif
	return *proto == IPPROTO_TCP || *proto == IPPROTO_UDP || *proto == IPPROTO_SCTP;
}

/* Take the option, which is there, out of the packet. */
static __always_inline _Bool dsr_remove_option(ctx_t *ctx, __u32 l3_at)
{
	struct lbx_dsr_option option;
	ip_t ip;

	if (ctx_load(ctx, l3_at, &ip, sizeof(ip)) ||
	    ctx_load(ctx, l3_at + sizeof(ip), &option, sizeof(option)) ||
	    !room_remove_inner(ctx, l3_at, sizeof(ip), sizeof(option)))
		return 0;
	dsr_unwrite_option(&ip, &option);
	return !ctx_store(ctx, l3_at, &ip, sizeof(ip));
}

/* Is the reply half there already (UDP tells the service in every packet)? Then it lives on. */
static __always_inline _Bool dsr_knows(const struct lbx_flow_key *key,
				       const struct lbx_target *target)
{
	struct lbx_flow_key reply_key;
	struct lbx_flow *reply;
	__u32 now = clock_now();

	request_reply_key(key, &target->address, target->port, &reply_key);
	reply = flow_find(&reply_key);
	if (!reply || !request_answers(reply, key) || flow_is_closing(reply->flags) ||
	    flow_is_expired(reply, now))
		return 0;
	reply->last_seen = now;
	return 1;
}

/*
 * A packet with options. If it came by DSR for a backend of this node: makes the reply
 * half, and takes the option out. False: not so, and the packet is as it was.
 */
static __always_inline _Bool dsr_learn(ctx_t *ctx, const struct lbx_packet *packet, int *verdict)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_service_end service;
	struct lbx_target target = {};
	struct lbx_flow_key key;
	struct lb_service *entry;
	addr_t address;
	__be16 ports[2];
	__u32 l4_at;
	__u8 proto;

	if (!scratch || !dsr_find_option(ctx, packet, &service, &proto, &l4_at) ||
	    ctx_load(ctx, l4_at, ports, sizeof(ports)))
		return 0;
	if (lbx_gate_on && !gate_has(packet_daddr(packet), ports[1], proto | LBX_GATE_BACKEND))
		return 0;
	address = service.address;
	entry = select_lookup_of_node(&address, service.port, proto);
	if (!entry)
		return 0;

	mem_zero(&key);
	key.saddr = *packet_saddr(packet);
	key.daddr = service.address;
	key.sport = ports[0];
	key.dport = service.port;
	key.proto = proto;
	key.direction = LBX_FLOW_REQUEST;
	target.address = *packet_daddr(packet);
	target.port = ports[1];
	target.rev_nat_index = entry->rev_nat_index;
	/* Requests after the first do not pass here: the answers alone keep it. */
	target.flags = LBX_FLOW_LOCAL | LBX_FLOW_REPLIED | LBX_FLOW_CONFIRMED;
	if (!request_may_bind(&key, &target, 1))
		return 0;
	if (!dsr_knows(&key, &target) &&
	    request_bind_reply(&key, &target, scratch) == LBX_SELECT_OK)
		verdict_note(ctx, LBX_NOTE_DSR_LEARNT, target_about(&target));
	*verdict = dsr_remove_option(ctx, packet->l3_at) ? CTX_PASS
							 : verdict_of(ctx, LBX_DROP_REWRITE);
	return 1;
}

struct lbx_dsr_search {
	struct lb_key slot;
	addr_t address;
	__u32 backend_id; /* 0: not found */
};

/* Is the backend in the next slot the one? */
static long dsr_search(__u64 at __attribute__((unused)), struct lbx_dsr_search *search)
{
	struct lb_service *slot;
	struct lb_backend *backend;
	__u32 id;

	search->slot.backend_slot++;
	slot = bpf_map_lookup_elem(&lb_services, &search->slot);
	if (!slot)
		return 1;
	id = slot->backend_id;
	backend = bpf_map_lookup_elem(&lb_backends, &id);
	if (!backend || !addr_equal((addr_t *)&backend->address, &search->address))
		return 0;
	search->backend_id = id;
	return 1;
}

/*
 * Find the backend of this node that has `address` in the service of `key`, whose entries
 * have `service_address`; fills `target`.
 */
static __always_inline _Bool dsr_find_backend(const struct lbx_flow_key *key, const addr_t *address,
					      const addr_t *service_address,
					      const struct lb_service *service,
					      struct lbx_target *target)
{
	struct lbx_dsr_search search = {};
	struct lbx_backend_meta *meta;
	struct lb_backend *backend;

	search.slot.address = *service_address;
	search.slot.dport = key->dport;
	search.slot.proto = key->proto;
	search.slot.scope = LBX_SCOPE_EXTERNAL;
	search.address = *address;
	bpf_loop(LBX_DSR_SLOTS, dsr_search, &search, 0);
	meta = search.backend_id ? backend_meta_lookup(search.backend_id) : NULL;
	backend = bpf_map_lookup_elem(&lb_backends, &search.backend_id);
	if (!backend || !meta || !(meta->generation & 1) || !(meta->flags & LBX_BACKEND_META_LOCAL))
		return 0;
	target->address = *address;
	target->port = backend->port;
	target->backend_id = search.backend_id;
	target->generation = meta->generation;
	target->rev_nat_index = service->rev_nat_index;
	return 1;
}

/*
 * The flow of the packet inside of a tunnel, and which piece of it that is; false if it is
 * not TCP or UDP, or a later fragment without its first.
 */
static __always_inline _Bool dsr_inner_key(ctx_t *ctx, const struct lbx_packet *outer,
					   struct lbx_flow_key *key, struct lbx_piece *piece,
					   __u8 *tcp_flags)
{
	__u32 at = outer->l3_at + sizeof(ip_t);
	struct lbx_fragment *fragment;
	__be16 ports[2];
	ip_t inner;

	if (ctx_load(ctx, at, &inner, sizeof(inner)) ||
	    inner.version != (LBX_FAMILY == 6 ? 6 : 4) || parse_deep_skip(ctx, at, piece))
		return 0;
	mem_zero(key);
	key->proto = piece->proto;
	*tcp_flags = 0;
	if (key->proto != IPPROTO_TCP && key->proto != IPPROTO_UDP && key->proto != IPPROTO_SCTP)
		return 0;
	mem_copy_by(&key->saddr, &inner.saddr, 2 * sizeof(addr_t), 4);
	key->direction = LBX_FLOW_REQUEST;
	if (piece->later) {
		fragment = fragments_find(&key->saddr, key->proto, piece);
		if (!fragment)
			return 0;
		key->sport = fragment->sport;
		key->dport = fragment->dport;
		return 1;
	}
	at = piece->l4_at;
	if (ctx_load(ctx, at, ports, sizeof(ports)) ||
	    (key->proto == IPPROTO_TCP && ctx_load(ctx, at + 13, tcp_flags, 1)))
		return 0;
	key->sport = ports[0];
	key->dport = ports[1];
	return 1;
}

/*
 * A packet in a tunnel. If it is for a service and the tunnel leads to a backend of it on
 * this node: the packet comes out and is delivered. False: not ours, untouched.
 */
static __always_inline _Bool dsr_unwrap(ctx_t *ctx, struct lbx_packet *packet, int *verdict)
{
	addr_t address = *packet_daddr(packet), service_address = {}, any = {};
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_flow_key *key;
	struct lb_service *service;
	struct lbx_flow *flow;
	_Bool known, starts, later;
	__u8 tcp_flags;

	if (!scratch || !lbx_derived_on)
		return 0;
	key = &scratch->key;
	if (!dsr_inner_key(ctx, packet, key, &scratch->piece, &tcp_flags) ||
	    (lbx_gate_on && !gate_has(&key->daddr, key->dport, key->proto) &&
	     !gate_has(&any, key->dport, key->proto)))
		return 0;
	service_address = key->daddr;
	service = select_lookup_of_node(&service_address, key->dport, key->proto);
	if (!service)
		return 0;
	/* The other node chose: a flow that is over is made anew with its backend. */
	flow = flow_find(key);
	starts = tcp_flags & LBX_TCP_SYN;
	known = flow && flow->flags & LBX_FLOW_LOCAL && addr_equal(&flow->daddr, &address) &&
		!(starts && flow_is_closing(flow->flags)) && !flow_is_expired(flow, clock_now());
	/* A piece without ports can but follow. */
	later = scratch->piece.later;
	if (!known &&
	    (later ||
	     !dsr_find_backend(key, &address, &service_address, service, &scratch->target) ||
	     !request_may_bind(key, &scratch->target, 1)))
		return 0;

	if (!room_remove_outer(ctx, packet->l3_at, sizeof(ip_t)) ||
	    parse_deep(ctx, packet, &scratch->piece) !=
		    (later ? LBX_PACKET_FRAGMENT : LBX_PACKET_FLOW)) {
		*verdict = verdict_of(ctx, LBX_DROP_REWRITE);
		return 1;
	}
	if (scratch->piece.fragmented && !later)
		fragments_remember(packet, &scratch->piece);
	if (later) {
		*verdict = LBX_VERDICT_CALL(LBX_CALL_SPECIAL);
	} else if (known) {
		*verdict = LBX_VERDICT_CALL(LBX_CALL_REQUEST);
	} else {
		scratch->target.flags =
			flow_flags_after(LBX_FLOW_LOCAL, LBX_FLOW_REQUEST, tcp_flags);
		scratch->replace = flow != NULL;
		verdict_note(ctx, LBX_NOTE_NEW_FLOW, target_about(&scratch->target));
		*verdict = LBX_VERDICT_CALL(LBX_CALL_BIND);
	}
	return 1;
}

#endif
