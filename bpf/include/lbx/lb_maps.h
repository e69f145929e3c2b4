// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * lb_maps.h - the load-balancing maps that hold Cilium's layouts (structs.h).
 *
 * An object declares a map only if it asks for its group: define the names below
 * before the first include of this header. The same name is the same map in every
 * object; user space creates it once and hands it to all of them, with its own
 * max_entries (those here are Cilium's defaults). BPF_F_RDONLY_PROG: programs
 * read, only user space writes.
 *
 *   LBX_USE_SERVICES4, LBX_USE_SERVICES6        lb*_services_v2, lb*_backends_v3
 *   LBX_USE_REVERSE_NAT4, LBX_USE_REVERSE_NAT6  lb*_reverse_nat
 *   LBX_USE_REVERSE_SK4, LBX_USE_REVERSE_SK6    lb*_reverse_sk
 *   LBX_USE_AFFINITY4, LBX_USE_AFFINITY6        lb*_affinity (and lb_affinity_match)
 *   LBX_USE_SOURCE_RANGE4, LBX_USE_SOURCE_RANGE6  lb*_source_range
 *   LBX_USE_MAGLEV4, LBX_USE_MAGLEV6            lb*_maglev
 *   LBX_USE_SKIP_LB4, LBX_USE_SKIP_LB6          skip_lb*
 */
#ifndef LBX_LB_MAPS_H
#define LBX_LB_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <lbx/structs.h>

#define LBX_LB_MAP_MAX      65536
#define LBX_REVERSE_SK_MAX  262144
#define LBX_SKIP_LB_MAX     100
#define LBX_MAGLEV_MAX_SIZE 131071 /* largest table a load-balancing map may hold */
#define LBX_MAGLEV_SIZE     16381  /* table size of the template; user space may change it */

#define LBX_HASH_RO (BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG)

#ifdef LBX_USE_SERVICES4
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb4_key);
	__type(value, struct lb4_service);
} lb4_services_v2 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, __u32);
	__type(value, struct lb4_backend);
} lb4_backends_v3 SEC(".maps");
#endif

#ifdef LBX_USE_SERVICES6
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb6_key);
	__type(value, struct lb6_service);
} lb6_services_v2 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, __u32);
	__type(value, struct lb6_backend);
} lb6_backends_v3 SEC(".maps");
#endif

#ifdef LBX_USE_REVERSE_NAT4
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, __u16); /* rev_nat id, network order */
	__type(value, struct lb4_reverse_nat);
} lb4_reverse_nat SEC(".maps");
#endif

#ifdef LBX_USE_REVERSE_NAT6
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, __u16); /* rev_nat id, network order */
	__type(value, struct lb6_reverse_nat);
} lb6_reverse_nat SEC(".maps");
#endif

#ifdef LBX_USE_REVERSE_SK4
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_REVERSE_SK_MAX);
	__type(key, struct ipv4_revnat_tuple);
	__type(value, struct ipv4_revnat_entry);
} lb4_reverse_sk SEC(".maps");
#endif

#ifdef LBX_USE_REVERSE_SK6
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_REVERSE_SK_MAX);
	__type(key, struct ipv6_revnat_tuple);
	__type(value, struct ipv6_revnat_entry);
} lb6_reverse_sk SEC(".maps");
#endif

#ifdef LBX_USE_AFFINITY4
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb4_affinity_key);
	__type(value, struct lb_affinity_val);
} lb4_affinity SEC(".maps");
#endif

#ifdef LBX_USE_AFFINITY6
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb6_affinity_key);
	__type(value, struct lb_affinity_val);
} lb6_affinity SEC(".maps");
#endif

#if defined(LBX_USE_AFFINITY4) || defined(LBX_USE_AFFINITY6)
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb_affinity_match);
	__type(value, __u8);
} lb_affinity_match SEC(".maps");
#endif

#ifdef LBX_USE_SOURCE_RANGE4
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb4_src_range_key);
	__type(value, __u8);
} lb4_source_range SEC(".maps");
#endif

#ifdef LBX_USE_SOURCE_RANGE6
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__type(key, struct lb6_src_range_key);
	__type(value, __u8);
} lb6_source_range SEC(".maps");
#endif

/*
 * Maglev: rev_nat id (network order) -> one-element array whose value is the
 * whole lookup table, __u32 backend id (host order) each. The size of the value
 * is the same for all services; user space sets it on the inner map before load.
 */
#define LBX_MAGLEV_INNER                                             \
	struct {                                                     \
		__uint(type, BPF_MAP_TYPE_ARRAY);                    \
		__uint(key_size, sizeof(__u32));                     \
		__uint(value_size, LBX_MAGLEV_SIZE * sizeof(__u32)); \
		__uint(max_entries, 1);                              \
	}

#ifdef LBX_USE_MAGLEV4
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__uint(key_size, sizeof(__u16));
	__uint(value_size, sizeof(__u32));
	__array(values, LBX_MAGLEV_INNER);
} lb4_maglev SEC(".maps");
#endif

#ifdef LBX_USE_MAGLEV6
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_LB_MAP_MAX);
	__uint(key_size, sizeof(__u16));
	__uint(value_size, sizeof(__u32));
	__array(values, LBX_MAGLEV_INNER);
} lb6_maglev SEC(".maps");
#endif

#ifdef LBX_USE_SKIP_LB4
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_SKIP_LB_MAX);
	__type(key, struct skip_lb4_key);
	__type(value, __u8);
} skip_lb4 SEC(".maps");
#endif

#ifdef LBX_USE_SKIP_LB6
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, LBX_HASH_RO);
	__uint(max_entries, LBX_SKIP_LB_MAX);
	__type(key, struct skip_lb6_key);
	__type(value, __u8);
} skip_lb6 SEC(".maps");
#endif

#endif
