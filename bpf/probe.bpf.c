// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * probe.bpf.c - questions about the running kernel that only a program can answer.
 *
 * Run with BPF_PROG_TEST_RUN; never attached. The return value is the low 32 bits
 * of the answer. Jiffies per second (the setting lbx_hz) is the difference of two
 * lbx_probe_jiffies over the difference of the clock in between.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Jiffies, low 32 bits. */
SEC("xdp")
int lbx_probe_jiffies(struct xdp_md *ctx __attribute__((unused)))
{
	return (int)bpf_jiffies64();
}

/* Milliseconds of CLOCK_MONOTONIC, low 32 bits. */
SEC("xdp")
int lbx_probe_milliseconds(struct xdp_md *ctx __attribute__((unused)))
{
	return (int)(bpf_ktime_get_ns() / 1000000);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
