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
#include <lbx/events.h>
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
 * The place where a packet's fate is recorded: counted under a reason, and told to who
 * listens (events.h). What is passed untouched to a tc ingress of ours is counted there:
 * once. Global, for the same reasons as event_emit().
 */
__noinline int verdict_record(ctx_t *ctx, __u32 reason, __u64 about)
{
	if (reason < LBX_REASON_PASS)
		reasons_note(reason);
	else if (reason < LBX_REASON_DROP && behind_is_tc())
		return 0;
	else
		reasons_count(reason, ctx_length(ctx));
	event_tell(ctx, reason, about);
	return 0;
}

/*
 * Record a packet under a LBX_PASS_* or LBX_DROP_* reason; the verdict of its kind.
 * LBX_NOTE_*: noted and passed. `about` is the flow as far as it is known: event_about().
 */
static __always_inline int verdict_about(const ctx_t *ctx, enum lbx_reason reason, __u64 about)
{
	verdict_record((ctx_t *)ctx, reason, about);
	return reason >= LBX_REASON_DROP ? CTX_DROP : CTX_PASS;
}

static __always_inline int verdict_of(const ctx_t *ctx, enum lbx_reason reason)
{
	return verdict_about(ctx, reason, 0);
}

/*
 * Record what is worth knowing beside the verdict: LBX_NOTE_*. Here and not in a
 * function of its own, because each new flow comes by.
 */
static __always_inline void verdict_note(const ctx_t *ctx, enum lbx_reason reason, __u64 about)
{
	reasons_note(reason);
	event_tell((ctx_t *)ctx, reason, about);
}

#endif
