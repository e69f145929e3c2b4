// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Test object: a socket lookup program that leaves every lookup as it is. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *ctx)
{
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
