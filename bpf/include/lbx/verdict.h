// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * verdict.h - what becomes of a packet, and the count that goes with it.
 *
 * The datapath's functions return CTX_PASS, CTX_DROP or CTX_TX, or one of the
 * negative codes here, which the entry file turns into a tail call.
 */
#ifndef LBX_VERDICT_H
#define LBX_VERDICT_H

#include <linux/types.h>
#include <lbx/behind.h>
#include <lbx/calls.h>
#include <lbx/reasons.h>

#define LBX_VERDICT_SLOW     (-101) /* the slow path must look at it */
#define LBX_VERDICT_NOT_OURS (-102) /* not what this function serves; untouched */

/* Go on in another program of this family (LBX_CALL_*): for slow paths, which end so. */
#define LBX_VERDICT_CALL(call)   (-200 - (int)(call))
#define LBX_VERDICT_CALLED(code) (-200 - (code)) /* the call of such a code */

static __always_inline _Bool verdict_is_call(int verdict)
{
	return verdict <= -200 && verdict > -200 - LBX_CALLS_OF_FAMILY;
}

/*
 * Count a packet under a LBX_PASS_* or LBX_DROP_* reason; the verdict of its kind. What
 * is passed untouched to a tc ingress of ours is counted there: once. LBX_NOTE_*: noted
 * and passed.
 */
static __always_inline int verdict_of(const ctx_t *ctx, enum lbx_reason reason)
{
	if (reason >= LBX_REASON_DROP) {
		reasons_count(reason, ctx_length(ctx));
		return CTX_DROP;
	}
	if (reason < LBX_REASON_PASS)
		reasons_note(reason);
	else if (!behind_is_tc())
		reasons_count(reason, ctx_length(ctx));
	return CTX_PASS;
}

#endif
