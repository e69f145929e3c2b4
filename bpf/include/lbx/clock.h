// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * clock.h - time in jiffies, and how long a flow lives.
 *
 * bpf_jiffies64() is inlined by the verifier and costs nothing; the other clocks
 * are helper calls. Flow state keeps the low 32 bits: ages are differences modulo
 * 2^32 and mean what they say for up to 49 days at 1000 Hz.
 */
#ifndef LBX_CLOCK_H
#define LBX_CLOCK_H

#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Jiffies per second of the running kernel. Measure it (probe.bpf.c), do not guess. */
const volatile __u32 lbx_hz = 250;

/* Seconds without a packet after which a flow is over, by what was seen of it. */
const volatile __u32 lbx_tcp_new_seconds = 60;          /* handshake not finished */
const volatile __u32 lbx_tcp_open_seconds = 8000;       /* established */
const volatile __u32 lbx_tcp_half_closed_seconds = 120; /* FIN from one side */
const volatile __u32 lbx_tcp_closed_seconds = 10;       /* FIN from both, or RST */
const volatile __u32 lbx_udp_new_seconds = 30;          /* not answered and asked again yet */
const volatile __u32 lbx_udp_open_seconds = 120;        /* packets both ways */

/*
 * Once a quarter of a second the fast path looks a flow over (age, route, other
 * half) instead of with every packet; LBX_CLOCK_DUE is an age that makes it do so
 * with the next packet.
 */
#define LBX_CLOCK_PERIOD (lbx_hz / 4)
#define LBX_CLOCK_DUE    (LBX_CLOCK_PERIOD + 1)

static __always_inline __u32 clock_now(void)
{
	return (__u32)bpf_jiffies64();
}

/*
 * Seconds since boot. jiffies start 300 s before zero of their low 32 bits, so
 * that wrap-around bugs show early; close to CLOCK_MONOTONIC, not equal to it.
 */
static __always_inline __u64 clock_seconds(void)
{
	return (bpf_jiffies64() + 300ULL * lbx_hz - (1ULL << 32)) / lbx_hz;
}

#endif
