// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod_special.h - packets out of a pod that are not plain TCP or UDP: fragments, options,
 * extension headers, ICMP errors about answers. (leave_special.h: those into a pod.)
 *
 * First fragments and packets with options or extension headers are served by the slow
 * path; later fragments follow the first. One that comes before it is dropped if it is to
 * a service address; what is nobody's goes on untouched.
 */
#ifndef LBX_POD_SPECIAL_H
#define LBX_POD_SPECIAL_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/backend_meta.h>
#include <lbx/flow.h>
#include <lbx/fragments.h>
#include <lbx/gate_frontend.h>
#include <lbx/icmp_relay.h>
#include <lbx/parse_deep.h>
#include <lbx/pod_answer.h>
#include <lbx/pod_request.h>
#include <lbx/reasons.h>
#include <lbx/rewrite_ip.h>
#include <lbx/scratch.h>
#include <lbx/traffic.h>
#include <lbx/verdict.h>

/* Towards the pod's own client, which it is itself, flows are answers. */
static __always_inline __u8 pod_direction(const struct lbx_packet *packet)
{
	addr_t hairpin = addr_setting(&lbx_hairpin_addr);

	return addr_equal(packet_daddr(packet), &hairpin) ? LBX_FLOW_REPLY : LBX_FLOW_REQUEST;
}

/* Rewritten, and all pointers gone: back into the pod. */
static __always_inline int pod_turn_again(ctx_t *ctx, struct lbx_packet *packet)
{
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), packet) == LBX_PACKET_OTHER)
		return verdict_of(ctx, LBX_DROP_REWRITE);
	return pod_turn(ctx, packet);
}

/* TCP or UDP behind options or extension headers, or the first fragment of it. */
static __always_inline int pod_deep_out(ctx_t *ctx, struct lbx_packet *packet,
					const struct lbx_piece *piece, struct lbx_flow_key *key)
{
	_Bool hairpin = pod_direction(packet) == LBX_FLOW_REPLY;
	int verdict;

	if (!hairpin && pod_answered(packet, key)) {
		if (piece->fragmented)
			fragments_remember(packet, piece);
		return LBX_VERDICT_CALL(LBX_CALL_REPLY);
	}
	if (!hairpin && !pod_may_be_service(packet))
		return CTX_PASS;
	if (piece->fragmented)
		fragments_remember(packet, piece);
	if (!hairpin)
		return LBX_VERDICT_CALL(LBX_CALL_REQUEST);
	verdict = pod_hairpin_reply(ctx, packet);
	return verdict == LBX_VERDICT_NOT_OURS ? CTX_PASS : verdict;
}

/* A later fragment whose first one was not seen, or was of no flow. */
static __always_inline int pod_fragment_lost(ctx_t *ctx, const struct lbx_packet *packet)
{
	return gate_may_be_address(packet) ? verdict_of(ctx, LBX_DROP_FRAGMENT_EARLY) : CTX_PASS;
}

static __always_inline int pod_fragment_out(ctx_t *ctx, struct lbx_packet *packet,
					    struct lbx_scratch *scratch)
{
	const struct lbx_piece *piece = &scratch->piece;
	struct lbx_flow_key *key = &scratch->key;
	__u8 direction = pod_direction(packet);
	struct lbx_flow *flow;
	addr_t from, to;
	__be16 port;
	_Bool turn, valid;
	int verdict;

	if (!fragments_recall(packet, piece))
		return pod_fragment_lost(ctx, packet);
	if (direction == LBX_FLOW_REQUEST && pod_answer_piece(ctx, packet, scratch, &verdict))
		return verdict;
	flow_key_with(packet, *(const mem_u32 *)&packet->sport, direction, key);
	flow = flow_find(key);
	if (!flow)
		return pod_fragment_lost(ctx, packet);
	from = flow->saddr;
	to = flow->daddr;
	port = flow->dport;
	valid = direction == LBX_FLOW_REPLY ||
		backend_meta_valid(flow->backend_id, flow->generation, &to, port);
	if (!valid || !flow_is(flow, key))
		return verdict_of(ctx, LBX_DROP_FRAGMENT_EARLY);
	turn = !addr_equal(packet_saddr(packet), &from);
	if (!rewrite_ip(ctx, packet->ip, packet->l3_at, &from, &to, 0))
		return verdict_of(ctx, LBX_DROP_REWRITE);
	reasons_count(direction == LBX_FLOW_REPLY ? LBX_SENT_LOCAL_REPLY : LBX_SENT_LOCAL_REQUEST,
		      ctx_length(ctx));
	traffic_count(traffic_of(flow), direction, ctx_length(ctx));
	return turn ? pod_turn_again(ctx, packet) : CTX_PASS;
}

/*
 * What the pod itself says about a packet that it got: an answer, which came from the
 * service, or (a pod that is its own backend) a request. False: nobody's.
 */
static __always_inline _Bool pod_relay_out(ctx_t *ctx, struct lbx_packet *packet,
					   struct lbx_scratch *scratch, int *verdict)
{
	if (!relay_read(ctx, packet, &scratch->quote) ||
	    !addr_equal(packet_saddr(packet), &scratch->quote.ends.daddr) ||
	    !relay_locally(ctx, packet, scratch, pod_direction(packet), verdict))
		return 0;
	if (*verdict == CTX_PASS && addr_equal(&scratch->relay.to, &scratch->quote.ends.daddr))
		*verdict = pod_turn_again(ctx, packet);
	return 1;
}

/* All of LBX_CALL_SPECIAL. */
static __always_inline int pod_special_out(ctx_t *ctx)
{
	struct lbx_scratch *scratch = scratch_get();
	struct lbx_packet packet;
	int verdict;

	if (!scratch)
		return CTX_PASS;
	switch (parse_deep(ctx, &packet, &scratch->piece)) {
	case LBX_PACKET_FLOW:
		return pod_deep_out(ctx, &packet, &scratch->piece, &scratch->key);
	case LBX_PACKET_FRAGMENT:
		return pod_fragment_out(ctx, &packet, scratch);
	default:
		break;
	}
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) == LBX_PACKET_ICMP &&
	    pod_relay_out(ctx, &packet, scratch, &verdict))
		return verdict;
	return CTX_PASS;
}

#endif
