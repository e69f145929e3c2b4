// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sockdestroy.bpf.c - ends the connected UDP sockets of a network namespace whose
 * backend is gone, and lists them as struct lbx_stale_socket one after the other.
 *
 * The application gets ECONNABORTED from its next call, or from the one it waits in,
 * and may connect() the same socket again. No process is touched. An object of its
 * own because the kernel function needs Linux 6.5.
 */
#define LBX_USE_SERVICES4
#define LBX_USE_SERVICES6

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/sock_stale.h>
#include <lbx/mem.h>

char _license[] SEC("license") = "Dual BSD/GPL";

extern int bpf_sock_destroy(struct sock_common *socket) __ksym;

SEC("iter/udp")
int lbx_destroy_stale_udp(struct bpf_iter__udp *ctx)
{
	struct sock *socket = (struct sock *)ctx->udp_sk;
	struct lbx_sock_origin *origin;
	struct lbx_stale_socket stale;

	if (!socket)
		return 0;
	origin = bpf_sk_storage_get(&lbx_sock_origin, socket, NULL, 0);
	if (!origin || !sock_is_stale(socket, origin, &stale))
		return 0;
	/* Where the buffer is full, the kernel comes again with the same socket. */
	if (bpf_seq_write(ctx->meta->seq, &stale, sizeof(stale)))
		return 0;
	bpf_sock_destroy((struct sock_common *)socket);
	return 0;
}
