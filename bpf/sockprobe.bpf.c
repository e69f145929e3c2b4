// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sockprobe.bpf.c - does a cgroup see the sockets that it is thought to see?
 *
 * Attached to a cgroup for a moment, while somebody connects and sends to a port of
 * the loopback address that was opened for this. Everything goes on as it was; what
 * is counted is whether the programs were asked, and only about that port.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The port that is asked for, in host order. */
const volatile __u16 lbx_probe_port;

/* Places in lbx_probe_calls. */
enum { PROBE_CONNECT4, PROBE_CONNECT6, PROBE_SENDMSG4, PROBE_SENDMSG6, PROBE_HOOKS };

/* How often each hook was asked. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROBE_HOOKS);
	__type(key, __u32);
	__type(value, __u64);
} lbx_probe_calls SEC(".maps");

static __always_inline int count(const struct bpf_sock_addr *ctx, __u32 hook)
{
	__u64 *calls;

	if ((__u16)ctx->user_port != bpf_htons(lbx_probe_port))
		return 1;
	calls = bpf_map_lookup_elem(&lbx_probe_calls, &hook);
	if (calls)
		__sync_fetch_and_add(calls, 1);
	return 1;
}

SEC("cgroup/connect4")
int lbx_probe_connect4(struct bpf_sock_addr *ctx)
{
	return count(ctx, PROBE_CONNECT4);
}

SEC("cgroup/connect6")
int lbx_probe_connect6(struct bpf_sock_addr *ctx)
{
	return count(ctx, PROBE_CONNECT6);
}

SEC("cgroup/sendmsg4")
int lbx_probe_sendmsg4(struct bpf_sock_addr *ctx)
{
	return count(ctx, PROBE_SENDMSG4);
}

SEC("cgroup/sendmsg6")
int lbx_probe_sendmsg6(struct bpf_sock_addr *ctx)
{
	return count(ctx, PROBE_SENDMSG6);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
