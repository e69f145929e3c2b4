// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* A connect4 hook that does nothing: what hooking connect() costs by itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("cgroup/connect4")
int lbx_connect_floor(struct bpf_sock_addr *ctx)
{
	(void)ctx;
	return 1;
}
