// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * tc.bpf.c - the tc side of north-south load balancing: the entry points, of one family.
 *
 * Compiled to tc4 and tc6 (LBX_FAMILY). The programs of tc4 are attached to devices (tcx
 * or clsact); IPv6 and slow paths go by tail call (lbx_tc_calls, which must stay pinned
 * as lbx_xdp_calls must).
 *
 * lbx_tc_ingress does all that lbx_xdp does, by the same code and with the same maps,
 * and sends by any device. Attached behind lbx_xdp it serves what XDP left to it: the
 * packets whose way leads to another device. What XDP has translated and passed up has
 * a backend as its destination and is nobody's here.
 *
 * lbx_tc_egress gives replies of backends on this node the service's address as their
 * source. Packets whose source the gate does not know cost one array read.
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
#include <lbx/gate.h>
#include <lbx/gate_frontend.h>
#include <lbx/leave_special.h>
#include <lbx/icmp_error.h>
#include <lbx/parse.h>
#include <lbx/reply_tc.h>
#include <lbx/reply_xdp.h>
#include <lbx/request.h>
#include <lbx/special.h>
#include <lbx/verdict.h>

/* Link header with a VLAN tag, IP and TCP: what the fast path reads. */
#define TC_HEADERS (ETH_HLEN + 4 + sizeof(ip_t) + sizeof(struct tcphdr))

int FAMILY_NAME(lbx_tc_request)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_bind)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_reply)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_special)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_icmp)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_leave)(ctx_t *ctx);
int FAMILY_NAME(lbx_tc_reject)(ctx_t *ctx);
#if LBX_FAMILY == 6
int lbx_tc_ingress6(ctx_t *ctx);
int lbx_tc_egress6(ctx_t *ctx);
#endif

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, LBX_CALLS);
	__type(key, __u32);
	__array(values, int(ctx_t *));
} lbx_tc_calls SEC(".maps") = {
	.values =
		{
#if LBX_FAMILY == 6
			[CALL_SLOT(LBX_CALL_ENTRY)] = &lbx_tc_ingress6,
			[CALL_SLOT(LBX_CALL_EGRESS)] = &lbx_tc_egress6,
#endif
			[CALL_SLOT(LBX_CALL_REQUEST)] = &FAMILY_NAME(lbx_tc_request),
			[CALL_SLOT(LBX_CALL_BIND)] = &FAMILY_NAME(lbx_tc_bind),
			[CALL_SLOT(LBX_CALL_REPLY)] = &FAMILY_NAME(lbx_tc_reply),
			[CALL_SLOT(LBX_CALL_SPECIAL)] = &FAMILY_NAME(lbx_tc_special),
			[CALL_SLOT(LBX_CALL_ICMP)] = &FAMILY_NAME(lbx_tc_icmp),
			[CALL_SLOT(LBX_CALL_LEAVE)] = &FAMILY_NAME(lbx_tc_leave),
			[CALL_SLOT(LBX_CALL_REJECT)] = &FAMILY_NAME(lbx_tc_reject),
		},
};

/* Go on there, or drop: the program was there when the packet came. */
static __always_inline int tc_call(ctx_t *ctx, enum lbx_call call)
{
	bpf_tail_call_static(ctx, &lbx_tc_calls, CALL_SLOT(call));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

/* What a slow path said: done, or to go on in another program. */
static __always_inline int tc_end(ctx_t *ctx, int verdict)
{
	if (!verdict_is_call(verdict))
		return verdict;
	bpf_tail_call(ctx, &lbx_tc_calls, CALL_SLOT(LBX_VERDICT_CALLED(verdict)));
	return verdict_of(ctx, LBX_DROP_MISSED_TAIL_CALL);
}

static __always_inline int tc_flow(ctx_t *ctx, struct lbx_packet *packet)
{
	addr_t snat = snat_addr();
	_Bool ours = addr_equal(packet_daddr(packet), &snat);
	int verdict;

	if (ours) {
		verdict = reply_fast(ctx, packet);
		if (verdict == LBX_VERDICT_SLOW)
			return tc_call(ctx, LBX_CALL_REPLY);
		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	if (!gate_may_be_frontend(packet, !ours))
		return CTX_PASS;
	verdict = request_fast(ctx, packet);
	if (verdict == LBX_VERDICT_SLOW)
		return tc_call(ctx, LBX_CALL_REQUEST);
	return verdict;
}

/* A packet of this object's family that came in. */
static __always_inline int tc_enter(ctx_t *ctx)
{
	struct lbx_packet packet;

	ctx_pull(ctx, TC_HEADERS);
	packet.ifindex = ctx_ifindex(ctx);
	switch (parse_untagged(ctx_data(ctx), ctx_data_end(ctx), &packet)) {
	case LBX_PACKET_FLOW:
		return tc_flow(ctx, &packet);
	case LBX_PACKET_OPTIONS:
	case LBX_PACKET_FRAGMENT:
	case LBX_PACKET_TUNNEL:
		return tc_call(ctx, LBX_CALL_SPECIAL);
	case LBX_PACKET_ICMP:
		return tc_call(ctx, LBX_CALL_ICMP);
	case LBX_PACKET_OTHER:
		break;
	}
	return CTX_PASS;
}

/* TCP or UDP of this object's family that leaves: from a backend on this node? */
static __always_inline int tc_leave(ctx_t *ctx, struct lbx_packet *packet)
{
	if (lbx_gate_on &&
	    !gate_has(packet_saddr(packet), packet->sport, packet->proto | LBX_GATE_BACKEND))
		return CTX_PASS;
	return reply_leave(ctx, packet);
}

/* A packet that leaves. LBX_VERDICT_NOT_OURS: not of this object's family. */
static __always_inline int tc_exit(ctx_t *ctx)
{
	struct lbx_packet packet;

	ctx_pull(ctx, TC_HEADERS);
	switch (parse_packet(ctx_data(ctx), ctx_data_end(ctx), &packet)) {
	case LBX_PACKET_FLOW:
		return tc_leave(ctx, &packet);
	case LBX_PACKET_OPTIONS:
	case LBX_PACKET_FRAGMENT:
	case LBX_PACKET_ICMP:
		bpf_tail_call_static(ctx, &lbx_tc_calls, CALL_SLOT(LBX_CALL_LEAVE));
		break; /* most that leaves is not ours: never dropped for want of a program */
	case LBX_PACKET_TUNNEL:
		break;
	case LBX_PACKET_OTHER:
		return LBX_VERDICT_NOT_OURS;
	}
	return CTX_PASS;
}

#if LBX_FAMILY == 4
SEC("tc")
int lbx_tc_ingress(ctx_t *ctx)
{
	if (ctx->protocol == bpf_htons(ETH_P_IP))
		return tc_enter(ctx);
	if (ctx->protocol == bpf_htons(ETH_P_IPV6))
		bpf_tail_call_static(ctx, &lbx_tc_calls, CALL_SLOT6(LBX_CALL_ENTRY));
	return CTX_PASS;
}

SEC("tc")
int lbx_tc_egress(ctx_t *ctx)
{
	__be16 protocol = ctx->protocol;

	/* Of a packet with a VLAN tag in it only the tag is known yet. */
	if (protocol == bpf_htons(ETH_P_IP) || protocol == bpf_htons(ETH_P_8021Q)) {
		int verdict = tc_exit(ctx);

		if (verdict != LBX_VERDICT_NOT_OURS)
			return verdict;
	}
	if (protocol == bpf_htons(ETH_P_IPV6) || protocol == bpf_htons(ETH_P_8021Q))
		bpf_tail_call_static(ctx, &lbx_tc_calls, CALL_SLOT6(LBX_CALL_EGRESS));
	return CTX_PASS;
}
#else
SEC("tc")
int lbx_tc_ingress6(ctx_t *ctx)
{
	return tc_enter(ctx);
}

SEC("tc")
int lbx_tc_egress6(ctx_t *ctx)
{
	int verdict = tc_exit(ctx);

	return verdict == LBX_VERDICT_NOT_OURS ? CTX_PASS : verdict;
}
#endif

SEC("tc")
int FAMILY_NAME(lbx_tc_request)(ctx_t *ctx)
{
	return tc_end(ctx, request_slow(ctx));
}

SEC("tc")
int FAMILY_NAME(lbx_tc_bind)(ctx_t *ctx)
{
	return tc_end(ctx, request_bind(ctx));
}

SEC("tc")
int FAMILY_NAME(lbx_tc_reply)(ctx_t *ctx)
{
	return tc_end(ctx, reply_slow(ctx));
}

/* Fragments, IP options, extension headers, tunnels: special.h. */
SEC("tc")
int FAMILY_NAME(lbx_tc_special)(ctx_t *ctx)
{
	return tc_end(ctx, special_packet(ctx));
}

SEC("tc")
int FAMILY_NAME(lbx_tc_icmp)(ctx_t *ctx)
{
	return tc_end(ctx, special_icmp(ctx));
}

/* What leaves and is not plain TCP or UDP: leave_special.h. */
SEC("tc")
int FAMILY_NAME(lbx_tc_leave)(ctx_t *ctx)
{
	return leave_special(ctx, 1);
}

/* To a service that will not answer: icmp_error.h. */
SEC("tc")
int FAMILY_NAME(lbx_tc_reject)(ctx_t *ctx)
{
	return icmp_reject(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
