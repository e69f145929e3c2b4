// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * sockstale.bpf.c - lists the connected UDP sockets whose backend is gone, of all
 * network namespaces, as struct lbx_stale_socket one after the other.
 *
 * Walks the sockets that have an origin, not all sockets. Destroying them is for
 * sockdestroy.bpf.c or, before Linux 6.5, for the kernel's socket diagnosis: a
 * socket can only be destroyed from inside its namespace. Needs Linux 5.17.
 */
#define LBX_USE_SERVICES4
#define LBX_USE_SERVICES6

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <lbx/sock_stale.h>
#include <lbx/mem.h>

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("iter/bpf_sk_storage_map")
int lbx_find_stale_udp(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	const struct lbx_sock_origin *origin = ctx->value;
	struct sock *socket = ctx->sk;
	struct lbx_stale_socket stale;

	if (!socket || !origin || socket->sk_protocol != IPPROTO_UDP)
		return 0;
	/* Where the buffer is full, the kernel comes again with the same socket. */
	if (sock_is_stale(socket, origin, &stale))
		bpf_seq_write(ctx->meta->seq, &stale, sizeof(stale));
	return 0;
}
