/* Subnormal numbers as zeros, as operands and as results, for one thread and a while.
 *
 * Weights and moments of nodes that no longer learn decay towards 0, and an operation on subnormal
 * numbers takes some hundred cycles: a step of Adam in float32 became up to four times slower.
 * The flags are the thread's own; who sets them sets them back. */

#ifndef FASTBP_SUBNORMALS_H
#define FASTBP_SUBNORMALS_H

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>

typedef unsigned float_flags_t;

static inline float_flags_t float_flags(void) { return _mm_getcsr(); }
static inline void set_float_flags(float_flags_t flags) { _mm_setcsr(flags); }
/* Bits 15 and 6: results, and operands. */
static inline float_flags_t flushing(float_flags_t flags) { return flags | 0x8040u; }

#elif defined(__aarch64__)
#include <stdint.h>

typedef uint64_t float_flags_t;

static inline float_flags_t float_flags(void) {
    uint64_t flags;
    __asm__ volatile("mrs %0, fpcr" : "=r"(flags));
    return flags;
}
static inline void set_float_flags(float_flags_t flags) {
    __asm__ volatile("msr fpcr, %0" : : "r"(flags));
}
/* Bit 24: both. */
static inline float_flags_t flushing(float_flags_t flags) { return flags | (UINT64_C(1) << 24); }

#else /* they stay what they are */

typedef int float_flags_t;

static inline float_flags_t float_flags(void) { return 0; }
static inline void set_float_flags(float_flags_t flags) { (void)flags; }
static inline float_flags_t flushing(float_flags_t flags) { return flags; }

#endif
#endif
