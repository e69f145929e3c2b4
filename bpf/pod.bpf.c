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
#include <lbx/gate_frontend.h>
#include <lbx/icmp_error.h>
#include <lbx/parse.h>
#include <lbx/pod_request.h>
#include <lbx/reply_tc.h>
#include <lbx/verdict.h>

#define POD_HEADERS (ETH_HLEN + 4 + sizeof(ip_t) + sizeof(struct tcphdr))

int FAMILY_NAME(lbx_pod_request)(ctx_t *ctx);
int FAMILY_NAME(lbx_pod_reject)(ctx_t *ctx);
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
			[CALL_SLOT(LBX_CALL_REJECT)] = &FAMILY_NAME(lbx_pod_reject),
		},
};

static __always_inline int pod_call(ctx_t *ctx, enum lbx_call call)
{
	bpf_tail_call_static(ctx, &lbx_pod_calls, CALL_SLOT(call));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* A packet of this object's family out of the pod. */
static __always_inline int pod_leave(ctx_t *ctx)
{
	addr_t hairpin = addr_setting(&lbx_hairpin_addr);
	struct lbx_packet packet;
	int verdict;

	pod_see_device(ctx);
	ctx_pull(ctx, POD_HEADERS);
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return CTX_PASS;
	if (addr_equal(packet_daddr(&packet), &hairpin)) {
		verdict = pod_hairpin_reply(ctx, &packet);
		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	/* NodePorts are on every address of the node; the gate knows those with an entry. */
	if (!gate_may_be_frontend(&packet, 1) &&
	    !(pod_is_nodeport(packet.dport) && pod_is_own(packet_daddr(&packet))))
		return CTX_PASS;
	verdict = pod_request_fast(ctx, &packet);
	return verdict == LBX_VERDICT_SLOW ? pod_call(ctx, LBX_CALL_REQUEST) : verdict;
}

/* A packet of this object's family into the pod. */
static __always_inline int pod_enter(ctx_t *ctx)
{
	struct lbx_packet packet;

	pod_see_device(ctx);
	ctx_pull(ctx, POD_HEADERS);
	if (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet) != LBX_PACKET_FLOW)
		return CTX_PASS;
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

/* To a service that will not answer: icmp_error.h. */
SEC("tc")
int FAMILY_NAME(lbx_pod_reject)(ctx_t *ctx)
{
	return icmp_reject(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
