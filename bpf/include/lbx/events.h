// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * events.h - packets that user space asked to be told of, one record each.
 *
 * Up to 8 listeners, each with a ring buffer of its own (lbx_events, by listener),
 * so that they neither take records from each other nor wait for each other. What a
 * listener wants is in lbx_event_listeners: a network, and for each reason every
 * how many-th packet; and, if it wants only some services, in lbx_event_services.
 * lbx_event_rules has the same by reason, as one bit a listener:
 * where nobody listens, a packet off the fast path costs one array read more, and a
 * packet on it nothing.
 *
 * Listeners die without a word. So each has a time until when it listens, which it
 * keeps moving; a ring that is full counts what it lost (lbx_event_stats) and never
 * makes a packet wait. User space writes the first three maps and lbx_event_services: @lbx/core says how.
 *
 * Addresses and ports are the packet's own, before it was translated.
 */
#ifndef LBX_EVENTS_H
#define LBX_EVENTS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/event.h>
#include <lbx/event_packet.h>
#include <lbx/reasons.h>
#include <lbx/structs.h>

#define LBX_EVENT_LISTENERS 8

/* What one listener wants. */
struct lbx_event_listener {
	__u64 until;               /* as bpf_ktime_get_ns(): nobody listens any more */
	union v6addr address;      /* packets from or to this network ... */
	union v6addr mask;         /* ... all zero: every packet */
	__u32 one_in[LBX_REASONS]; /* by reason; 0: none, n: every n-th on each CPU */
};

/*
 * The services that a listener wants, by the ids of their frontends, and by their addresses
 * for packets of which no frontend is known. With neither id nor address it is the entry
 * that says that there are such wishes.
 */
struct lbx_event_service {
	__u32 listener;
	__u16 rev_nat_index; /* network order */
	__u8 pad[2];
	union v6addr address;
};

struct lbx_event_stats {
	__u64 seen; /* packets that the listener wanted, before sampling */
	__u64 lost; /* records that its ring had no room for */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_REASONS);
	__type(key, __u32);
	__type(value, __u32); /* bit n: listener n wants this reason */
} lbx_event_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LBX_EVENT_LISTENERS);
	__type(key, __u32);
	__type(value, struct lbx_event_listener);
} lbx_event_listeners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LBX_EVENT_LISTENERS *LBX_REASONS);
	__type(key, __u32); /* listener * LBX_REASONS + reason */
	__type(value, struct lbx_event_stats);
} lbx_event_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, 65536);
	__type(key, struct lbx_event_service);
	__type(value, __u64); /* of the first entry: until when, as that of the listener */
} lbx_event_services SEC(".maps");

/* A hash, because BPF_NOEXIST makes taking a place in it one step. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, LBX_EVENT_LISTENERS);
	__type(key, __u32); /* listener */
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 4096);
		});
} lbx_events SEC(".maps");

/*
 * What an event tells beside the packet, in one word: the flow as far as it is known
 * (0: nothing), and by `|` one of the two below.
 */
static __always_inline __u64 event_about(__u32 backend_id, __u16 rev_nat_index, __u8 direction)
{
	return backend_id | (__u64)rev_nat_index << 32 | (__u64)direction << 48;
}

#define EVENT_REJECTED (1ULL << 52)          /* the sender is told by ICMP */
#define EVENT_AT(hook) ((__u64)(hook) << 56) /* not at CTX_HOOK */

static __always_inline _Bool event_in_network(const union v6addr *address,
					      const struct lbx_event_listener *listener)
{
	return !(((address->d[0] ^ listener->address.d[0]) & listener->mask.d[0]) |
		 ((address->d[1] ^ listener->address.d[1]) & listener->mask.d[1]));
}

/* Is it about a service that the listener wants, or does that want all of them? */
static __always_inline _Bool event_of_service(__u32 slot, const struct lbx_event *event)
{
	struct lbx_event_service key = {.listener = slot};
	__u64 *until = bpf_map_lookup_elem(&lbx_event_services, &key);

	if (!until || event->time >= *until)
		return 1;
	key.rev_nat_index = event->rev_nat_index;
	if (!key.rev_nat_index)
		key.address = event->daddr;
	return bpf_map_lookup_elem(&lbx_event_services, &key);
}

/* One listener. */
static __always_inline void event_offer(__u32 slot, struct lbx_event *event)
{
	__u32 reason = event->reason & (LBX_REASONS - 1);
	struct lbx_event_listener *listener = bpf_map_lookup_elem(&lbx_event_listeners, &slot);
	__u32 place = slot * LBX_REASONS + reason, one_in;
	struct lbx_event_stats *stats;
	void *ring;

	if (!listener || event->time >= listener->until)
		return;
	if (!event_in_network(&event->saddr, listener) &&
	    !event_in_network(&event->daddr, listener))
		return;
	if (!event_of_service(slot, event))
		return;
	one_in = listener->one_in[reason];
	stats = bpf_map_lookup_elem(&lbx_event_stats, &place);
	if (!one_in || !stats)
		return;
	if (stats->seen++ % one_in)
		return;
	event->one_in = one_in;
	ring = bpf_map_lookup_elem(&lbx_events, &slot);
	/* Nobody is woken: readers look by themselves, and a flood costs no interrupts. */
	if (!ring || bpf_ringbuf_output(ring, event, sizeof(*event), BPF_RB_NO_WAKEUP))
		stats->lost++;
}

/* The listeners that want packets with this reason, as bits. */
static __always_inline __u32 event_wanted(__u32 reason)
{
	__u32 *wanted = bpf_map_lookup_elem(&lbx_event_rules, &reason);

	return wanted ? *wanted : 0;
}

/* Tell them. A global function: verified once, and its callers are spared the registers. */
__noinline int event_emit(ctx_t *ctx, __u32 wanted, __u32 reason, __u64 about)
{
	struct lbx_event event = {};

	event_read_packet(ctx_data(ctx), ctx_data_end(ctx), &event);
	event.time = bpf_ktime_get_ns();
	event.ifindex = ctx_ifindex(ctx);
	event.length = ctx_length(ctx);
	event.backend_id = about;
	event.rev_nat_index = about >> 32;
	event.cpu = bpf_get_smp_processor_id();
	event.reason = reason;
	event.hook = about >> 56 ? about >> 56 : CTX_HOOK;
	event.direction = (about >> 48) & 0xf;
	event.rejected = !!(about & EVENT_REJECTED);

#pragma unroll
	for (__u32 slot = 0; slot < LBX_EVENT_LISTENERS; slot++)
		if (wanted & 1 << slot)
			event_offer(slot, &event);
	return 0;
}

/* Off the fast path: tell whoever wants to know of a packet with this reason. */
static __always_inline void event_tell(ctx_t *ctx, __u32 reason, __u64 about)
{
	__u32 wanted = event_wanted(reason);

	if (wanted)
		event_emit(ctx, wanted, reason, about);
}

#endif
