// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * mem.h - copy, clear and compare small fixed-size memory.
 *
 * clang lowers memcpy() and friends to byte loops or to calls that BPF does not
 * have. These are unrolled into the widest loads that the caller allows, and the
 * compiler's own are an error from here on: include this header LAST among the
 * system and libbpf headers. (scripts/build-bpf.ts also rejects objects in which
 * a call to one of them survived, e.g. from a large struct assignment.)
 *
 * mem_copyN(dst, src, len), mem_zeroN(dst, len), mem_equalN(a, b, len):
 *   N is the widest access in bytes (8, 4, 2); the tail is done in smaller ones.
 *   len must be a compile-time constant. The stack is always checked for
 *   alignment by the verifier: there N must not exceed the object's alignment.
 *   Packet data and map values may be accessed at any alignment.
 * mem_copy(dst, src), mem_zero(dst), mem_equal(a, b):
 *   the same for whole typed objects; N is taken from their alignment.
 * mem_equal* give 1 when equal, else 0.
 */
#ifndef LBX_MEM_H
#define LBX_MEM_H

#include <linux/types.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __u64 __attribute__((may_alias)) mem_u64;
typedef __u32 __attribute__((may_alias)) mem_u32;
typedef __u16 __attribute__((may_alias)) mem_u16;
typedef __u8 __attribute__((may_alias)) mem_u8;

/* Do `body` for each chunk: as many of `type` as fit from `at` on. */
#define LBX_MEM_CHUNKS(step, type, body)                                               \
	if ((step) >= sizeof(type)) {                                                  \
		_Pragma("unroll") for (; at + sizeof(type) <= len; at += sizeof(type)) \
		{                                                                      \
			body;                                                          \
		}                                                                      \
	}

static __always_inline void mem_copy_by(void *dst, const void *src, const __u32 len,
					const __u32 step)
{
	__u32 at = 0;

#define LBX_MEM_COPY(type) \
	LBX_MEM_CHUNKS(step, type, *(type *)(dst + at) = *(const type *)(src + at))
	LBX_MEM_COPY(mem_u64)
	LBX_MEM_COPY(mem_u32)
	LBX_MEM_COPY(mem_u16)
	LBX_MEM_COPY(mem_u8)
#undef LBX_MEM_COPY
}

static __always_inline void mem_zero_by(void *dst, const __u32 len, const __u32 step)
{
	__u32 at = 0;

#define LBX_MEM_ZERO(type) LBX_MEM_CHUNKS(step, type, *(type *)(dst + at) = 0)
	LBX_MEM_ZERO(mem_u64)
	LBX_MEM_ZERO(mem_u32)
	LBX_MEM_ZERO(mem_u16)
	LBX_MEM_ZERO(mem_u8)
#undef LBX_MEM_ZERO
}

static __always_inline int mem_equal_by(const void *a, const void *b, const __u32 len,
					const __u32 step)
{
	__u64 differ = 0;
	__u32 at = 0;

#define LBX_MEM_DIFF(type) \
	LBX_MEM_CHUNKS(step, type, differ |= *(const type *)(a + at) ^ *(const type *)(b + at))
	LBX_MEM_DIFF(mem_u64)
	LBX_MEM_DIFF(mem_u32)
	LBX_MEM_DIFF(mem_u16)
	LBX_MEM_DIFF(mem_u8)
#undef LBX_MEM_DIFF
	return differ == 0;
}

#define mem_copy8(dst, src, len) mem_copy_by(dst, src, len, 8)
#define mem_copy4(dst, src, len) mem_copy_by(dst, src, len, 4)
#define mem_copy2(dst, src, len) mem_copy_by(dst, src, len, 2)
#define mem_zero8(dst, len)      mem_zero_by(dst, len, 8)
#define mem_zero4(dst, len)      mem_zero_by(dst, len, 4)
#define mem_zero2(dst, len)      mem_zero_by(dst, len, 2)
#define mem_equal8(a, b, len)    mem_equal_by(a, b, len, 8)
#define mem_equal4(a, b, len)    mem_equal_by(a, b, len, 4)
#define mem_equal2(a, b, len)    mem_equal_by(a, b, len, 2)

#define LBX_MEM_STEP(a, b) \
	(__alignof__(*(a)) < __alignof__(*(b)) ? __alignof__(*(a)) : __alignof__(*(b)))

#define mem_copy(dst, src)                                                                  \
	({                                                                                  \
		_Static_assert(sizeof(*(dst)) == sizeof(*(src)), "mem_copy: sizes differ"); \
		mem_copy_by(dst, src, sizeof(*(dst)), LBX_MEM_STEP(dst, src));              \
	})
#define mem_zero(dst) mem_zero_by(dst, sizeof(*(dst)), __alignof__(*(dst)))
#define mem_equal(a, b)                                                                  \
	({                                                                               \
		_Static_assert(sizeof(*(a)) == sizeof(*(b)), "mem_equal: sizes differ"); \
		mem_equal_by(a, b, sizeof(*(a)), LBX_MEM_STEP(a, b));                    \
	})

#pragma GCC poison memcpy memmove memset memcmp bcmp bzero
#pragma GCC poison __builtin_memcpy __builtin_memmove __builtin_memset __builtin_memcmp
#pragma GCC poison __builtin_memcpy_inline __builtin_memset_inline __builtin_bcmp __builtin_bzero

#endif
