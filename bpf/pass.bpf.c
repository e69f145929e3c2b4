// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * pass.bpf.c - the XDP program that does nothing, for the other end of a veth.
 *
 * A veth that answers by XDP_TX hands its frames to its peer's ring, but wakes the
 * peer only if that has an XDP program too; GRO on the peer is not enough: the
 * frames then wait there until other traffic comes along.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int lbx_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
