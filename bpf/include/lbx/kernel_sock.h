// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * kernel_sock.h - the few members of the kernel's own structs that are read.
 *
 * Offsets come from the running kernel's BTF when the object is loaded (CO-RE), so
 * that neither order nor completeness matters here, only names and types.
 */
#ifndef LBX_KERNEL_SOCK_H
#define LBX_KERNEL_SOCK_H

#include <linux/types.h>
#include <lbx/structs.h>

#define LBX_CORE __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum; /* inode number of /proc/PID/ns/... */
} LBX_CORE;

struct net {
	struct ns_common ns;
} LBX_CORE;

typedef struct {
	struct net *net;
} LBX_CORE possible_net_t;

struct sock_common {
	__u16 skc_family;
	volatile __u8 skc_state;
	int skc_bound_dev_if;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num; /* local port, host order */
	union v6addr skc_v6_daddr;
	union v6addr skc_v6_rcv_saddr;
	possible_net_t skc_net;
} LBX_CORE;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
} LBX_CORE;

struct udp_sock;
struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} LBX_CORE;

/* Context of SEC("iter/udp"): a socket, and NULL behind the last. It is locked. */
struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct udp_sock *udp_sk;
} LBX_CORE;

/* Context of SEC("iter/bpf_sk_storage_map"): a socket and what is stored in it; NULL in the end. */
struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct sock *sk;
	void *value;
} LBX_CORE;

#endif
