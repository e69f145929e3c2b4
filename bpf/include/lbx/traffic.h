// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * traffic.h - packets and bytes by frontend and by backend, per CPU.
 *
 * Arrays by id, exact, and without a helper call; but four more words to add to with
 * every packet. So lbx_traffic_on is 0 unless user space asks for them, and then
 * makes the maps as large as there are ids: 32 bytes an id and CPU, in each. What
 * an id beyond the map carries is not counted here. The maps are written by programs
 * only; user space empties an element before its id goes to another owner.
 */
#ifndef LBX_TRAFFIC_H
#define LBX_TRAFFIC_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/flow.h>

/* 1: count. */
const volatile __u8 lbx_traffic_on = 0;

struct lbx_traffic {
	__u64 request_packets; /* from clients */
	__u64 request_bytes;   /* of the frames, as they come in */
	__u64 reply_packets;   /* to clients */
	__u64 reply_bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32); /* rev_nat id, host order */
	__type(value, struct lbx_traffic);
} lbx_frontend_traffic SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32); /* backend id */
	__type(value, struct lbx_traffic);
} lbx_backend_traffic SEC(".maps");

static __always_inline void traffic_add(struct lbx_traffic *traffic, __u8 direction, __u64 bytes)
{
	if (!traffic)
		return;
	if (direction == LBX_FLOW_REPLY) {
		traffic->reply_packets++;
		traffic->reply_bytes += bytes;
	} else {
		traffic->request_packets++;
		traffic->request_bytes += bytes;
	}
}

/*
 * A packet was translated, of the flow (struct lbx_flow, lbx_rev or lbx_target) that
 * has these two members; `rev_nat_index` in network order. They are read here, and
 * only when they are needed. (Another CPU may have given the place to another flow
 * in these nanoseconds: then the packet counts for that one.)
 */
static __always_inline void traffic_count(const __u16 *rev_nat_index, const __u32 *backend_id,
					  __u8 direction, __u64 bytes)
{
	__u32 key;

	if (!lbx_traffic_on)
		return;
	key = bpf_ntohs(*rev_nat_index);
	traffic_add(bpf_map_lookup_elem(&lbx_frontend_traffic, &key), direction, bytes);
	key = *backend_id;
	traffic_add(bpf_map_lookup_elem(&lbx_backend_traffic, &key), direction, bytes);
}

#define traffic_of(flow) &(flow)->rev_nat_index, &(flow)->backend_id

#endif
