/* Vectors of `real`, as GCC and Clang have them: one type, used with + - * / like a number.
 *
 * REAL_BITS (32 or 64) and VECTOR_BYTES come from setup.py. The width must be the instruction set's
 * own: wider vectors are split through memory and end far below plain loops.
 */
#ifndef FASTBP_SIMD_H
#define FASTBP_SIMD_H

#include <stdint.h>
#include <string.h>

#if REAL_BITS == 32
typedef float real_t;
typedef int32_t bits_t;
#define MANTISSA 23
#define BIAS 127
#else
typedef double real_t;
typedef int64_t bits_t;
#define MANTISSA 52
#define BIAS 1023
#endif

typedef real_t vec __attribute__((vector_size(VECTOR_BYTES)));
typedef bits_t ivec __attribute__((vector_size(VECTOR_BYTES)));
typedef real_t vec_in_memory
    __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real_t)), may_alias));

enum { LANES = VECTOR_BYTES / sizeof(real_t) };

static inline vec load(const real_t *p) { return *(const vec_in_memory *) p; }
static inline void store(real_t *p, vec v) { *(vec_in_memory *) p = v; }
static inline vec splat(real_t x) { return x - (vec) {0}; }

/* Where x < y (false for NaN) one value, elsewhere another. */
static inline vec where_less(vec x, vec y, vec then, vec otherwise) {
    ivec mask = (ivec) (x < y);
    return (vec) ((mask & (ivec) then) | (~mask & (ivec) otherwise));
}

static inline vec absolute(vec x) { return (vec) ((ivec) x & ~(ivec) splat(-(real_t) 0)); }
static inline vec with_sign_of(vec x, vec sign) {
    ivec bit = (ivec) splat(-(real_t) 0);
    return (vec) (((ivec) x & ~bit) | ((ivec) sign & bit));
}

/* 2^n for whole numbers n inside the range of normal exponents. */
static inline vec power_of_two(vec n) {
    vec shifted = n + splat((real_t) (((bits_t) 3 << (MANTISSA - 1)) + BIAS));
    return (vec) ((ivec) shifted << MANTISSA);
}
/* The nearest whole number, for |x| below 2^(MANTISSA - 1). */
static inline vec nearest(vec x) {
    vec magic = splat((real_t) ((bits_t) 3 << (MANTISSA - 1)));
    return (x + magic) - magic;
}

#endif
