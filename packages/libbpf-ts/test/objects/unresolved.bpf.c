// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: calls a kernel function that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int lbx_no_such_kernel_function(void) __ksym;

SEC("xdp")
int unresolved(struct xdp_md *ctx)
{
	return lbx_no_such_kernel_function();
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
