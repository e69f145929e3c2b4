// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * family.h - one source for IPv4 and IPv6: what differs, under one name.
 *
 * xdp.bpf.c and tc.bpf.c are compiled once with LBX_FAMILY 4 and once with 6. The
 * headers behind them say addr_t, struct lbx_flow, lb_services, lbx_snat_addr and
 * mean those of the family they are compiled for: the names below stand for
 * lbx_flow4 or lbx_flow6 and so on (macros, so that BTF and user space see the real
 * ones). Programs are named by FAMILY_NAME(lbx_xdp_request).
 *
 * addr_t is an address in network order, handed around by pointer. Code that must
 * know the family (headers, checksums, ICMP) asks LBX_FAMILY; all other does not.
 */
#ifndef LBX_FAMILY_H
#define LBX_FAMILY_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <lbx/hash.h>
#include <lbx/structs.h>

#define FAMILY_PASTE(name, family)   name##family
#define FAMILY_PASTE_2(name, family) FAMILY_PASTE(name, family)
#define FAMILY_NAME(name)            FAMILY_PASTE_2(name, LBX_FAMILY)

/* For sizes. */
#define FAMILY_OF(v4, v6) (LBX_FAMILY == 4 ? (v4) : (v6))

/* An IPv4 address in ::ffff:0:0/96, for what both families share. */
static __always_inline void addr4_map(__be32 address, union v6addr *to)
{
	to->d[0] = 0;
	to->w[2] = bpf_htonl(0xffff);
	to->w[3] = address;
}

#if LBX_FAMILY == 4

#define addr_t __be32
typedef struct iphdr ip_t;

/* Cilium's layouts (structs.h) and maps (lb_maps.h). */
#define lb_key           lb4_key
#define lb_service       lb4_service
#define lb_backend       lb4_backend
#define lb_affinity_key  lb4_affinity_key
#define lb_src_range_key lb4_src_range_key
#define lb_services      lb4_services_v2
#define lb_backends      lb4_backends_v3
#define lb_affinity      lb4_affinity
#define lb_source_range  lb4_source_range
#define lb_maglev        lb4_maglev

/* The groups of lb_maps.h that the entry file asks for. */
#ifdef LBX_USE_SERVICES
#define LBX_USE_SERVICES4
#endif
#ifdef LBX_USE_AFFINITY
#define LBX_USE_AFFINITY4
#endif
#ifdef LBX_USE_SOURCE_RANGE
#define LBX_USE_SOURCE_RANGE4
#endif
#ifdef LBX_USE_MAGLEV
#define LBX_USE_MAGLEV4
#endif

/* Our own; the struct of a map's value has the name of the map. */
#define lbx_flow_key     lbx_flow4_key
#define lbx_flow         lbx_flow4
#define lbx_rev          lbx_rev4
#define lbx_rev_bucket   lbx_rev4_bucket
#define lbx_scratch      lbx_scratch4
#define lbx_icmp         lbx_icmp4
#define lbx_fragment_key lbx_fragment4_key
#define lbx_fragment     lbx_fragment4
#define lbx_fragments    lbx_fragments4
#define lbx_snat_addr    lbx_snat_addr4
#define lbx_hairpin_addr lbx_hairpin_addr4
#define lbx_maglev_seed  lbx_maglev_seed4

static __always_inline _Bool addr_equal(const addr_t *a, const addr_t *b)
{
	return *a == *b;
}

static __always_inline _Bool addr_is_zero(const addr_t *address)
{
	return !*address;
}

/* The value of a setting, which must be read as it is declared. */
static __always_inline addr_t addr_setting(const volatile addr_t *setting)
{
	return *setting;
}

/* The address in 32 bits; of IPv6 a hash. */
static __always_inline __u32 addr_word(const addr_t *address)
{
	return *address;
}

static __always_inline void addr_map(const addr_t *address, union v6addr *to)
{
	addr4_map(*address, to);
}

static __always_inline __u32 hash_endpoint(const addr_t *address, __be16 port, __u32 kind)
{
	return hash_endpoint4(*address, port, kind);
}

static __always_inline __u32 hash_maglev(const addr_t *client, __u32 ports, __u32 proto, __u32 seed)
{
	return hash_maglev4(*client, ports, proto, seed);
}

#elif LBX_FAMILY == 6

#define addr_t union v6addr
typedef struct ipv6hdr ip_t;

#define lb_key           lb6_key
#define lb_service       lb6_service
#define lb_backend       lb6_backend
#define lb_affinity_key  lb6_affinity_key
#define lb_src_range_key lb6_src_range_key
#define lb_services      lb6_services_v2
#define lb_backends      lb6_backends_v3
#define lb_affinity      lb6_affinity
#define lb_source_range  lb6_source_range
#define lb_maglev        lb6_maglev

#ifdef LBX_USE_SERVICES
#define LBX_USE_SERVICES6
#endif
#ifdef LBX_USE_AFFINITY
#define LBX_USE_AFFINITY6
#endif
#ifdef LBX_USE_SOURCE_RANGE
#define LBX_USE_SOURCE_RANGE6
#endif
#ifdef LBX_USE_MAGLEV
#define LBX_USE_MAGLEV6
#endif

#define lbx_flow_key     lbx_flow6_key
#define lbx_flow         lbx_flow6
#define lbx_rev          lbx_rev6
#define lbx_rev_bucket   lbx_rev6_bucket
#define lbx_scratch      lbx_scratch6
#define lbx_icmp         lbx_icmp6
#define lbx_fragment_key lbx_fragment6_key
#define lbx_fragment     lbx_fragment6
#define lbx_fragments    lbx_fragments6
#define lbx_snat_addr    lbx_snat_addr6
#define lbx_hairpin_addr lbx_hairpin_addr6
#define lbx_maglev_seed  lbx_maglev_seed6

static __always_inline _Bool addr_equal(const addr_t *a, const addr_t *b)
{
	return !((a->d[0] ^ b->d[0]) | (a->d[1] ^ b->d[1]));
}

static __always_inline _Bool addr_is_zero(const addr_t *address)
{
	return !(address->d[0] | address->d[1]);
}

static __always_inline addr_t addr_setting(const volatile addr_t *setting)
{
	addr_t address = {.d = {setting->d[0], setting->d[1]}};

	return address;
}

static __always_inline __u32 addr_word(const addr_t *address)
{
	return hash_endpoint6(address, 0, 0);
}

static __always_inline void addr_map(const addr_t *address, union v6addr *to)
{
	*to = *address;
}

static __always_inline __u32 hash_endpoint(const addr_t *address, __be16 port, __u32 kind)
{
	return hash_endpoint6(address, port, kind);
}

static __always_inline __u32 hash_maglev(const addr_t *client, __u32 ports, __u32 proto, __u32 seed)
{
	return hash_maglev6(client, ports, proto, seed);
}

#else
#error "compile with -DLBX_FAMILY=4 or -DLBX_FAMILY=6"
#endif

#endif
