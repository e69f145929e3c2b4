// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * gate_frontend.h - the gate's questions about packets that come in.
 */
#ifndef LBX_GATE_FRONTEND_H
#define LBX_GATE_FRONTEND_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/family.h>
#include <lbx/gate.h>
#include <lbx/parse.h>

/* 0: no service map has wildcard entries, so their gate bits are not asked for. */
const volatile __u8 lbx_wildcards_on = 1;

/* Could the packet be for a frontend, or (`wildcard`) for an address that has some? */
static __always_inline _Bool gate_may_be_frontend(const struct lbx_packet *packet, _Bool wildcard)
{
	if (!lbx_gate_on || gate_has(packet_daddr(packet), packet->dport, packet->proto))
		return 1;
	return wildcard && lbx_wildcards_on && gate_has(packet_daddr(packet), 0, 0);
}

/* Is the packet's destination likely a service's, whatever the port? Without gate or wildcards: no.
 */
static __always_inline _Bool gate_may_be_address(const struct lbx_packet *packet)
{
	return lbx_gate_on && lbx_wildcards_on && gate_has(packet_daddr(packet), 0, 0);
}

#endif
