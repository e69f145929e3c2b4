// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pod.bpf.c - services for pods, packet by packet, of one family: for runtimes whose
 * sockets the socket load balancer does not see.
 *
 * Compiled to pod4 and pod6 (LBX_FAMILY). Two programs of pod4 are attached to the
 * node's end of a pod's veth pair: lbx_tc_from_pod to ingress, where the pod's packets
 * come out, and lbx_tc_to_pod to egress, where packets go in. IPv6 and slow paths go by
 * tail call (lbx_pod_calls, which must stay pinned while the programs are attached).
 *
 * Shares the service maps, lbx_gate, the flow tables and lbx_counters with the others.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define LBX_USE_SERVICES
#define LBX_USE_AFFINITY
#define LBX_USE_SOURCE_RANGE
#define LBX_USE_MAGLEV

#include <lbx/ctx_tc.h>
#include <lbx/calls.h>
#include <lbx/family.h>
#include <lbx/icmp_error.h>
#include <lbx/leave_special.h>
#include <lbx/parse.h>
#include <lbx/pod_answer.h>
#include <lbx/pod_request.h>
#include <lbx/pod_special.h>
#include <lbx/reply_tc.h>
#include <lbx/verdict.h>

#define POD_HEADERS (ETH_HLEN + 4 + sizeof(ip_t) + sizeof(struct tcphdr))

int FAMILY_NAME(lbx_pod_request)(ctx_t *ctx);
int FAMILY_NAME(lbx_pod_answer)(ctx_t *ctx);
int FAMILY_NAME(lbx_pod_reject)(ctx_t *ctx);
int FAMILY_NAME(lbx_pod_out)(ctx_t *ctx);
int FAMILY_NAME(lbx_pod_in)(ctx_t *ctx);
#if LBX_FAMILY == 6
int lbx_tc_from_pod6(ctx_t *ctx);
int lbx_tc_to_pod6(ctx_t *ctx);
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LBX_CALLS);
	__type(key, __u32);
	__array(values, int(ctx_t *));
} lbx_pod_calls SEC(".maps") = {
	.values =
		{
#if LBX_FAMILY == 6
			[CALL_SLOT(LBX_CALL_ENTRY)] = &lbx_tc_from_pod6,
			[CALL_SLOT(LBX_CALL_EGRESS)] = &lbx_tc_to_pod6,
#endif
			[CALL_SLOT(LBX_CALL_REQUEST)] = &FAMILY_NAME(lbx_pod_request),
			[CALL_SLOT(LBX_CALL_REPLY)] = &FAMILY_NAME(lbx_pod_answer),
			[CALL_SLOT(LBX_CALL_REJECT)] = &FAMILY_NAME(lbx_pod_reject),
			[CALL_SLOT(LBX_CALL_SPECIAL)] = &FAMILY_NAME(lbx_pod_out),
			[CALL_SLOT(LBX_CALL_LEAVE)] = &FAMILY_NAME(lbx_pod_in),
		},
};

static __always_inline int pod_call(ctx_t *ctx, enum lbx_call call)
{
	bpf_tail_call_static(ctx, &lbx_pod_calls, CALL_SLOT(call));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* What is not plain TCP or UDP: most of it is not ours, and never dropped for want of a program. */
static __always_inline int pod_special(ctx_t *ctx, enum lbx_packet_class class, enum lbx_call call)
{
	if (class == LBX_PACKET_OPTIONS || class == LBX_PACKET_FRAGMENT || class == LBX_PACKET_ICMP)
		bpf_tail_call_static(ctx, &lbx_pod_calls, CALL_SLOT(call));
	return CTX_PASS;
}

/* A packet of this object's family out of the pod. */
static __always_inline int pod_leave(ctx_t *ctx)
{
	addr_t hairpin = addr_setting(&lbx_hairpin_addr);
	enum lbx_packet_class class;
	struct lbx_packet packet;
	int verdict;

	pod_see_device(ctx);
	ctx_pull(ctx, POD_HEADERS);
	class = parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet);
	if (class != LBX_PACKET_FLOW)
		return pod_special(ctx, class, LBX_CALL_SPECIAL);
	if (addr_equal(packet_daddr(&packet), &hairpin)) {
		verdict = pod_hairpin_reply(ctx, &packet);
		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	verdict = pod_answer_fast(ctx, &packet);
	if (verdict == LBX_VERDICT_SLOW)
		return pod_call(ctx, LBX_CALL_REPLY);
	if (verdict != LBX_VERDICT_NOT_OURS)
		return verdict;
	if (!pod_may_be_service(&packet))
		return CTX_PASS;
	verdict = pod_request_fast(ctx, &packet);
	return verdict == LBX_VERDICT_SLOW ? pod_call(ctx, LBX_CALL_REQUEST) : verdict;
}

/* A packet of this object's family into the pod. */
static __always_inline int pod_enter(ctx_t *ctx)
{
	enum lbx_packet_class class;
	struct lbx_packet packet;

	pod_see_device(ctx);
	ctx_pull(ctx, POD_HEADERS);
	class = parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet);
	if (class != LBX_PACKET_FLOW)
		return pod_special(ctx, class, LBX_CALL_LEAVE);
	return reply_leave(ctx, &packet);
}

#if LBX_FAMILY == 4
SEC("tc")
int lbx_tc_from_pod(ctx_t *ctx)
{
	if (ctx->protocol == bpf_htons(ETH_P_IP))
		return pod_leave(ctx);
	if (ctx->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call_static(ctx, &lbx_pod_calls, CALL_SLOT6(LBX_CALL_ENTRY));
	return CTX_PASS;
}

SEC("tc")
int lbx_tc_to_pod(ctx_t *ctx)
{
	if (ctx->protocol == bpf_htons(ETH_P_IP))
		return pod_enter(ctx);
	if (ctx->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call_static(ctx, &lbx_pod_calls, CALL_SLOT6(LBX_CALL_EGRESS));
	return CTX_PASS;
}
#else
SEC("tc")
int lbx_tc_from_pod6(ctx_t *ctx)
{
	return pod_leave(ctx);
}

SEC("tc")
int lbx_tc_to_pod6(ctx_t *ctx)
{
	return pod_enter(ctx);
}
#endif

SEC("tc")
int FAMILY_NAME(lbx_pod_request)(ctx_t *ctx)
{
	int verdict = pod_request_slow(ctx);

	return verdict_is_call(verdict) ? pod_call(ctx, LBX_CALL_REJECT) : verdict;
}

/* An answer to a client outside: pod_answer.h. */
SEC("tc")
int FAMILY_NAME(lbx_pod_answer)(ctx_t *ctx)
{
	return pod_answer_slow(ctx);
}

/* To a service that will not answer: icmp_error.h. */
SEC("tc")
int FAMILY_NAME(lbx_pod_reject)(ctx_t *ctx)
{
	return icmp_reject(ctx);
}

/* Out of the pod, and not plain TCP or UDP: pod_special.h. */
SEC("tc")
int FAMILY_NAME(lbx_pod_out)(ctx_t *ctx)
{
	int verdict = pod_special_out(ctx);

	if (!verdict_is_call(verdict))
		return verdict;
	bpf_tail_call(ctx, &lbx_pod_calls, CALL_SLOT(LBX_VERDICT_CALLED(verdict)));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* The same into the pod: leave_special.h. */
SEC("tc")
int FAMILY_NAME(lbx_pod_in)(ctx_t *ctx)
{
	return leave_special(ctx, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
