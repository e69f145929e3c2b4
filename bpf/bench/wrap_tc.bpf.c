// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * wrap_tc.bpf.c - as wrap.bpf.c, for programs at tc: put the packet back before each run.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <lbx/ctx_tc.h>
#include <lbx/mem.h>

#define BENCH_BYTES 80

/* The first bytes of the packet. Those behind a TCP header of IPv6 no program changes. */
__u64 bench_template[BENCH_BYTES / 8];

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} bench_target SEC(".maps");

SEC("tc")
int bench_wrap(ctx_t *ctx)
{
	void *data = ctx_data(ctx);

	if (data + sizeof(bench_template) > ctx_data_end(ctx))
		return TC_ACT_SHOT;
	mem_copy_by(data, bench_template, sizeof(bench_template), 8);
	/* As in wrap.bpf.c: the stores get out of the way. */
	bpf_get_prandom_u32();
	bpf_tail_call_static(ctx, &bench_target, 0);
	return TC_ACT_SHOT;
}

SEC("tc")
int bench_stub(ctx_t *ctx __attribute__((unused)))
{
	return TC_ACT_REDIRECT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
