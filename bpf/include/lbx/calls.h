// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * calls.h - the programs that are reached by tail call, and their places.
 *
 * A hook has one program array (lbx_xdp_calls; lbx_tc_calls) for both families: the
 * first LBX_CALLS_OF_FAMILY places are IPv4's, the others IPv6's. Each object puts
 * its programs there at load, by the array's initial values; an empty place means
 * that this hook or family has no such program, and the caller goes on.
 *
 * A function of the datapath asks for a call by returning LBX_VERDICT_CALL(call);
 * the program that it runs in makes it (verdict.h). To add one: a name here, a
 * program in the entry file, its line in the array there.
 */
#ifndef LBX_CALLS_H
#define LBX_CALLS_H

enum lbx_call {
	LBX_CALL_ENTRY,   /* IPv6 as it comes in; the program that is attached is IPv4's */
	LBX_CALL_REQUEST, /* to a service, not served by the fast path */
	LBX_CALL_BIND,    /* a new flow, whose backend and way are found */
	LBX_CALL_REPLY,   /* from a remote backend, not served by the fast path */
	LBX_CALL_SPECIAL, /* fragments, IP options, extension headers, tunnels */
	LBX_CALL_ICMP,
	LBX_CALL_EGRESS, /* tc only: IPv6 as it leaves */
	LBX_CALL_LEAVE,  /* tc only: ICMP, fragments and so on, as they leave */
	LBX_CALL_REJECT, /* to a service that has nobody to answer */
	LBX_CALL_TAGGED, /* XDP only: a frame with a VLAN tag, as it comes in */
	LBX_CALLS_OF_FAMILY = 16,
};

#define LBX_CALLS (2 * LBX_CALLS_OF_FAMILY) /* size of a program array */

#define CALL_SLOT4(call) (call)
#define CALL_SLOT6(call) (LBX_CALLS_OF_FAMILY + (call))
#define CALL_SLOT(call)  (LBX_FAMILY == 6 ? CALL_SLOT6(call) : CALL_SLOT4(call))

#endif
