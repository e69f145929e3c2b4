// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * structs.h - the bytes of the load-balancing maps.
 *
 * Every struct here is byte-compatible with Cilium 1.20 (same name, same field
 * names, same offsets), so that one set of encoders reads and writes our maps
 * and those of an installed Cilium. The declarations in packages/maps/src/layouts
 * are compared with the BTF of these structs, in the tests and at load.
 *
 * Byte order: __be16 and __be32 are network order. Two exceptions that keep
 * Cilium's own type: rev_nat_index and rev_nat_id are declared __u16 but hold the
 * id in NETWORK order (they are only ever copied and compared, never computed
 * with). Everything else is host order. Padding is written down and always zero.
 */
#ifndef LBX_STRUCTS_H
#define LBX_STRUCTS_H

#include <linux/types.h>
#include <stddef.h>

/* An IPv6 address, or an IPv4 address mapped into ::ffff:0:0/96 where a map says so. */
union v6addr {
	__be32 w[4];
	__u64 d[2];
	__u8 addr[16];
};

/* ---- services: <bpffs>/lbx/lb4_services_v2, lb6_services_v2 ------------- */

/* flags of a service entry; slots carry the flags of their frontend too */
#define LBX_SVC_EXTERNAL_IP  0x01
#define LBX_SVC_NODEPORT     0x02
#define LBX_SVC_EXT_LOCAL    0x04 /* externalTrafficPolicy: Local */
#define LBX_SVC_HOSTPORT     0x08
#define LBX_SVC_AFFINITY     0x10
#define LBX_SVC_LOADBALANCER 0x20
#define LBX_SVC_ROUTABLE     0x40 /* clear: only reachable from inside (ClusterIP) */
#define LBX_SVC_SOURCE_RANGE 0x80

/* flags2 */
#define LBX_SVC2_LOCAL_REDIRECT 0x01
#define LBX_SVC2_NAT46X64       0x02
#define LBX_SVC2_L7             0x04
#define LBX_SVC2_LOOPBACK       0x08 /* with LBX_SVC_HOSTPORT: hostPort on loopback only */
#define LBX_SVC2_L7_DELEGATE    0x08 /* otherwise: left to a node-local L7 proxy */
#define LBX_SVC2_INT_LOCAL      0x10 /* internalTrafficPolicy: Local */
#define LBX_SVC2_TWO_SCOPES     0x20 /* an entry of scope LBX_SCOPE_INTERNAL exists as well */
#define LBX_SVC2_RANGE_DENY     0x40 /* source ranges deny (slot 0) */
#define LBX_SVC2_DSR            0x80

#define LBX_SCOPE_EXTERNAL 0
#define LBX_SCOPE_INTERNAL 1

/* high byte of affinity_timeout in slot 0 */
#define LBX_ALGORITHM_UNDEF  0
#define LBX_ALGORITHM_RANDOM 1
#define LBX_ALGORITHM_MAGLEV 2

#define LBX_AFFINITY_SECONDS_MASK 0x00ffffffu

struct lb4_key {
	__be32 address;
	__be16 dport;       /* 0: wildcard entry of the address */
	__u16 backend_slot; /* 0: the frontend itself, 1..count: its backends */
	__u8 proto;         /* IPPROTO_*, 0 in wildcard entries */
	__u8 scope;         /* LBX_SCOPE_* */
	__u8 pad[2];
};

struct lb6_key {
	union v6addr address;
	__be16 dport;
	__u16 backend_slot;
	__u8 proto;
	__u8 scope;
	__u8 pad[2];
};

struct lb4_service {
	union {
		__u32 backend_id;       /* slot > 0 */
		__u32 affinity_timeout; /* slot 0: algorithm << 24 | seconds */
		__u32 l7_lb_proxy_port; /* slot 0 with LBX_SVC2_L7: port, network order, first two
					   bytes */
	};
	__u16 count;         /* slot 0: active backends, in slots 1..count */
	__u16 rev_nat_index; /* network order */
	__u8 flags;
	__u8 flags2;
	__u16 qcount; /* slot 0: other backends, in slots count+1..count+qcount */
};

struct lb6_service {
	union {
		__u32 backend_id;
		__u32 affinity_timeout;
		__u32 l7_lb_proxy_port;
	};
	__u16 count;
	__u16 rev_nat_index; /* network order */
	__u8 flags;
	__u8 flags2;
	__u16 qcount;
};

/* ---- backends: lb4_backends_v3, lb6_backends_v3, key __u32 id ----------- */

#define LBX_BACKEND_ACTIVE      0
#define LBX_BACKEND_TERMINATING 1
#define LBX_BACKEND_QUARANTINED 2
#define LBX_BACKEND_MAINTENANCE 3

struct lb4_backend {
	__be32 address;
	__be16 port;
	__u8 proto;
	__u8 state; /* LBX_BACKEND_* */
	__u16 cluster_id;
	__u8 zone;
	__u8 pad;
};

struct lb6_backend {
	union v6addr address;
	__be16 port;
	__u8 proto;
	__u8 state;
	__u16 cluster_id;
	__u8 zone;
	__u8 pad;
};

/* ---- reverse NAT: lb4_reverse_nat, lb6_reverse_nat, key __u16 rev_nat id (network order) ---- */

struct lb4_reverse_nat {
	__be32 address;
	__be16 port;
} __attribute__((packed, aligned(2)));

struct lb6_reverse_nat {
	union v6addr address;
	__be16 port;
} __attribute__((packed, aligned(2)));

/* ---- socket reverse NAT: lb4_reverse_sk, lb6_reverse_sk (LRU) ----------- */

/* key: which socket (cookie) talks to which backend */
struct ipv4_revnat_tuple {
	__u64 cookie;
	__be32 address;
	__be16 port;
	__u16 pad;
};

/* value: the service address that the application used */
struct ipv4_revnat_entry {
	__be32 address;
	__be16 port;
	__u16 rev_nat_index; /* network order */
};

struct ipv6_revnat_tuple {
	__u64 cookie;
	union v6addr address;
	__be16 port;
	__u16 pad[3];
};

struct ipv6_revnat_entry {
	union v6addr address;
	__be16 port;
	__u16 rev_nat_index; /* network order */
} __attribute__((packed, aligned(4)));

/* ---- session affinity: lb4_affinity, lb6_affinity (LRU), lb_affinity_match ---- */

/* netns_cookie: the client is a network namespace of this node, else an address. */
#define LBX_AFFINITY_NETNS_COOKIE 0x01

/* The member not in use is zero as far as it reaches beyond the other. */
union lb4_affinity_client_id {
	__be32 client_ip;
	__u64 client_cookie;
};

union lb6_affinity_client_id {
	union v6addr client_ip;
	__u64 client_cookie;
};

struct lb4_affinity_key {
	union lb4_affinity_client_id client_id;
	__u16 rev_nat_id;  /* network order */
	__u8 netns_cookie; /* bit 0: client_id is a cookie */
	__u8 pad1;
	__u32 pad2;
};

struct lb6_affinity_key {
	union lb6_affinity_client_id client_id;
	__u16 rev_nat_id; /* network order */
	__u8 netns_cookie;
	__u8 pad1;
	__u32 pad2;
};

struct lb_affinity_val {
	__u64 last_used; /* seconds */
	__u32 backend_id;
	__u32 pad;
};

/* which backends still belong to an affinity service; value: one zero byte */
struct lb_affinity_match {
	__u32 backend_id;
	__u16 rev_nat_id; /* network order */
	__u16 pad;
};

/* ---- source ranges: lb4_source_range, lb6_source_range (LPM trie), value one zero byte ---- */

struct lb4_src_range_key {
	__u32 prefixlen;  /* 32 (rev_nat_id and pad) + bits of the range */
	__u16 rev_nat_id; /* network order */
	__u16 pad;
	__be32 addr;
};

struct lb6_src_range_key {
	__u32 prefixlen;
	__u16 rev_nat_id; /* network order */
	__u16 pad;
	union v6addr addr;
};

/* ---- services a network namespace sees untranslated: skip_lb4, skip_lb6, value one byte ---- */

struct skip_lb4_key {
	__u64 netns_cookie;
	__be32 address;
	__be16 port;
	__u16 pad;
};

struct skip_lb6_key {
	__u64 netns_cookie;
	union v6addr address;
	__u32 pad32;
	__be16 port;
	__u16 pad;
};

/* ---- sizes and offsets, as the encoders have them ------------------------ */

#define LBX_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type ": size")
#define LBX_ASSERT_AT(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field ": offset")

LBX_ASSERT_SIZE(union v6addr, 16);

LBX_ASSERT_SIZE(struct lb4_key, 12);
LBX_ASSERT_AT(struct lb4_key, dport, 4);
LBX_ASSERT_AT(struct lb4_key, backend_slot, 6);
LBX_ASSERT_AT(struct lb4_key, proto, 8);
LBX_ASSERT_AT(struct lb4_key, scope, 9);
LBX_ASSERT_SIZE(struct lb6_key, 24);
LBX_ASSERT_AT(struct lb6_key, dport, 16);
LBX_ASSERT_AT(struct lb6_key, backend_slot, 18);
LBX_ASSERT_AT(struct lb6_key, proto, 20);
LBX_ASSERT_AT(struct lb6_key, scope, 21);

LBX_ASSERT_SIZE(struct lb4_service, 12);
LBX_ASSERT_AT(struct lb4_service, count, 4);
LBX_ASSERT_AT(struct lb4_service, rev_nat_index, 6);
LBX_ASSERT_AT(struct lb4_service, flags, 8);
LBX_ASSERT_AT(struct lb4_service, flags2, 9);
LBX_ASSERT_AT(struct lb4_service, qcount, 10);
LBX_ASSERT_SIZE(struct lb6_service, 12);
LBX_ASSERT_AT(struct lb6_service, count, 4);
LBX_ASSERT_AT(struct lb6_service, rev_nat_index, 6);
LBX_ASSERT_AT(struct lb6_service, flags, 8);
LBX_ASSERT_AT(struct lb6_service, flags2, 9);
LBX_ASSERT_AT(struct lb6_service, qcount, 10);

LBX_ASSERT_SIZE(struct lb4_backend, 12);
LBX_ASSERT_AT(struct lb4_backend, port, 4);
LBX_ASSERT_AT(struct lb4_backend, proto, 6);
LBX_ASSERT_AT(struct lb4_backend, state, 7);
LBX_ASSERT_AT(struct lb4_backend, cluster_id, 8);
LBX_ASSERT_AT(struct lb4_backend, zone, 10);
LBX_ASSERT_SIZE(struct lb6_backend, 24);
LBX_ASSERT_AT(struct lb6_backend, port, 16);
LBX_ASSERT_AT(struct lb6_backend, proto, 18);
LBX_ASSERT_AT(struct lb6_backend, state, 19);
LBX_ASSERT_AT(struct lb6_backend, cluster_id, 20);
LBX_ASSERT_AT(struct lb6_backend, zone, 22);

LBX_ASSERT_SIZE(struct lb4_reverse_nat, 6);
LBX_ASSERT_AT(struct lb4_reverse_nat, port, 4);
LBX_ASSERT_SIZE(struct lb6_reverse_nat, 18);
LBX_ASSERT_AT(struct lb6_reverse_nat, port, 16);

LBX_ASSERT_SIZE(struct ipv4_revnat_tuple, 16);
LBX_ASSERT_AT(struct ipv4_revnat_tuple, address, 8);
LBX_ASSERT_AT(struct ipv4_revnat_tuple, port, 12);
LBX_ASSERT_SIZE(struct ipv4_revnat_entry, 8);
LBX_ASSERT_AT(struct ipv4_revnat_entry, port, 4);
LBX_ASSERT_AT(struct ipv4_revnat_entry, rev_nat_index, 6);
LBX_ASSERT_SIZE(struct ipv6_revnat_tuple, 32);
LBX_ASSERT_AT(struct ipv6_revnat_tuple, address, 8);
LBX_ASSERT_AT(struct ipv6_revnat_tuple, port, 24);
LBX_ASSERT_SIZE(struct ipv6_revnat_entry, 20);
LBX_ASSERT_AT(struct ipv6_revnat_entry, port, 16);
LBX_ASSERT_AT(struct ipv6_revnat_entry, rev_nat_index, 18);

LBX_ASSERT_SIZE(struct lb4_affinity_key, 16);
LBX_ASSERT_AT(struct lb4_affinity_key, rev_nat_id, 8);
LBX_ASSERT_AT(struct lb4_affinity_key, netns_cookie, 10);
LBX_ASSERT_SIZE(struct lb6_affinity_key, 24);
LBX_ASSERT_AT(struct lb6_affinity_key, rev_nat_id, 16);
LBX_ASSERT_AT(struct lb6_affinity_key, netns_cookie, 18);
LBX_ASSERT_SIZE(struct lb_affinity_val, 16);
LBX_ASSERT_AT(struct lb_affinity_val, backend_id, 8);
LBX_ASSERT_SIZE(struct lb_affinity_match, 8);
LBX_ASSERT_AT(struct lb_affinity_match, rev_nat_id, 4);

LBX_ASSERT_SIZE(struct lb4_src_range_key, 12);
LBX_ASSERT_AT(struct lb4_src_range_key, rev_nat_id, 4);
LBX_ASSERT_AT(struct lb4_src_range_key, addr, 8);
LBX_ASSERT_SIZE(struct lb6_src_range_key, 24);
LBX_ASSERT_AT(struct lb6_src_range_key, rev_nat_id, 4);
LBX_ASSERT_AT(struct lb6_src_range_key, addr, 8);

LBX_ASSERT_SIZE(struct skip_lb4_key, 16);
LBX_ASSERT_AT(struct skip_lb4_key, address, 8);
LBX_ASSERT_AT(struct skip_lb4_key, port, 12);
LBX_ASSERT_SIZE(struct skip_lb6_key, 32);
LBX_ASSERT_AT(struct skip_lb6_key, address, 8);
LBX_ASSERT_AT(struct skip_lb6_key, pad32, 24);
LBX_ASSERT_AT(struct skip_lb6_key, port, 28);

#endif
