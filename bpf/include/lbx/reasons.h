// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * reasons.h - why a packet went where it went, counted per CPU.
 *
 * lbx_counters is an array over enum lbx_reason. The block says the kind:
 *   LBX_SENT_*  from   0  translated and sent on (one per packet)
 *   LBX_NOTE_*  from  16  worth knowing, beside the verdict
 *   LBX_PASS_*  from  48  handed to the kernel untouched although it looked like ours
 *   LBX_DROP_*  from  64  dropped
 * A packet that the gate knows for a stranger's is passed without a count.
 *
 * packages/maps/src/flow/reasons.ts has the same table with a sentence for each;
 * a test compares the two through BTF. Append to a block; never renumber.
 */
#ifndef LBX_REASONS_H
#define LBX_REASONS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum lbx_reason {
	LBX_SENT_REQUEST = 0,
	LBX_SENT_REPLY = 1,
	LBX_SENT_LOCAL_REQUEST = 2,
	LBX_SENT_LOCAL_REPLY = 3,
	LBX_SENT_ICMP_ERROR = 4,
	LBX_SENT_ICMP_RELAYED = 5,
	LBX_SENT_ECHO_REPLY = 6,

	LBX_NOTE_NEW_FLOW = 16,
	LBX_NOTE_HEALED_FLOW = 17,
	LBX_NOTE_BACKEND_GONE = 18,
	LBX_NOTE_SERVICE_GONE = 19,
	LBX_NOTE_FLOW_EXPIRED = 20,
	LBX_NOTE_NEIGHBOUR_KEPT = 21,
	LBX_NOTE_NEIGHBOUR_LEARNED = 22,
	LBX_NOTE_MAGLEV_MISSING = 23,
	LBX_NOTE_DSR_BY_SNAT = 24,
	LBX_NOTE_SNAT_SCAN_LIMITED = 25,
	LBX_NOTE_FLOW_EVICTED = 26,
	LBX_NOTE_ICMP_LIMITED = 27,
	LBX_NOTE_DSR_LEARNT = 29,
	LBX_NOTE_OTHER_DEVICE = 30,

	LBX_PASS_NO_SERVICE = 48,
	LBX_PASS_L7_SERVICE = 49,
	LBX_PASS_REPLY_EXPIRED = 50,
	LBX_PASS_FRAGMENT = 51,
	LBX_PASS_OPTIONS = 52,
	LBX_PASS_ICMP = 53,

	LBX_DROP_MISSED_TAIL_CALL = 64,
	LBX_DROP_WILDCARD = 65,
	LBX_DROP_NOT_ROUTABLE = 66,
	LBX_DROP_UNSUPPORTED_SERVICE = 67,
	LBX_DROP_SOURCE_RANGE = 68,
	LBX_DROP_NO_BACKEND = 69,
	LBX_DROP_BACKEND_MISSING = 70,
	LBX_DROP_NO_SNAT_ADDRESS = 71,
	LBX_DROP_SNAT_PORTS_USED_UP = 72,
	LBX_DROP_FLOW_TABLE = 73,
	LBX_DROP_REPLY_COLLISION = 74,
	LBX_DROP_TTL = 75,
	LBX_DROP_NO_ROUTE = 76,
	LBX_DROP_NO_NEIGHBOUR = 77,
	LBX_DROP_OTHER_DEVICE = 78,
	LBX_DROP_FORWARDING_DISABLED = 79,
	LBX_DROP_REWRITE = 80,
	LBX_DROP_CONTENDED = 81,
	LBX_DROP_NO_LOCAL_BACKEND = 82,
	LBX_DROP_FRAGMENT_EARLY = 83,
	LBX_DROP_TOO_BIG = 84,
	LBX_DROP_SCTP_PORTS = 85,

	LBX_REASONS = 128, /* size of the array */
};

#define LBX_REASON_PASS LBX_PASS_NO_SERVICE       /* first of its block */
#define LBX_REASON_DROP LBX_DROP_MISSED_TAIL_CALL /* first of its block */

/* Not a setting: keeps the enum in the object's BTF, and says how large the array is. */
const volatile enum lbx_reason lbx_reasons = LBX_REASONS;

struct lbx_counter {
	__u64 packets;
	__u64 bytes; /* of the frame, link header included; 0 for notes */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LBX_REASONS);
	__type(key, __u32);
	__type(value, struct lbx_counter);
} lbx_counters SEC(".maps");

static __always_inline struct lbx_counter *reasons_counter(enum lbx_reason reason)
{
	__u32 key = reason;

	return bpf_map_lookup_elem(&lbx_counters, &key);
}

static __always_inline void reasons_add(struct lbx_counter *counter, __u64 bytes)
{
	if (counter) {
		counter->packets++;
		counter->bytes += bytes;
	}
}

static __always_inline void reasons_count(enum lbx_reason reason, __u64 bytes)
{
	reasons_add(reasons_counter(reason), bytes);
}

static __always_inline void reasons_note(enum lbx_reason reason)
{
	reasons_count(reason, 0);
}

#endif
