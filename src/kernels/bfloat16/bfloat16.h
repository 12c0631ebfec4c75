/* Vectors of pairs: two neighbouring terms of a sum as bfloat16 numbers in one 32-bit lane, the first
 * in its lower half. A bfloat16 number is the upper half of a float32: rounding to it, to nearest
 * with ties to even, is all that costs accuracy here.
 *
 * Pairs travel as `vec`, whose bits no load, store or shuffle changes. Where the processor has no
 * products of pairs, they are taken apart again: the same sums, at less than float32's speed.
 */
#ifndef FASTBP_BFLOAT16_H
#define FASTBP_BFLOAT16_H

#include "simd.h"

/* One pair in all lanes. */
static inline vec pair_in_all_lanes(const real_t *p) {
    bits_t bits;
    memcpy(&bits, p, sizeof bits);
    return (vec) ((ivec) {0} + bits);
}

#ifdef __AVX512BF16__

enum { PAIR_SLICE_WORK = 1 << 29 }; /* for kernels.pxd: multiply-adds in some 5 ms */

/* Neighbours in a row: of the vector a, and then of the vector b that follows it. */
static inline vec pairs_along(vec a, vec b) {
    return (vec) _mm512_cvtne2ps_pbh((__m512) b, (__m512) a);
}
/* Neighbours in a column: lane by lane of the rows a and b. */
static inline vec pairs_across(vec a, vec b) {
    ivec places = lane_numbers() * 0x10001 + (LANES << 16); /* of halves: i, LANES + i */
    return (vec) _mm512_permutexvar_epi16((__m512i) places, (__m512i) pairs_along(a, b));
}
/* c + x_1 y_1 + x_0 y_0. Subnormal numbers count as zeros here, also as results. */
static inline vec plus_products(vec c, vec x, vec y) {
    return (vec) _mm512_dpbf16_ps((__m512) c, (__m512bh) x, (__m512bh) y);
}

#else

enum { PAIR_SLICE_WORK = 1 << 26 };

typedef uint32_t pairs_t __attribute__((vector_size(VECTOR_BYTES)));

static inline vec first_of_pairs(vec x) { return (vec) ((pairs_t) x << 16); }
static inline vec second_of_pairs(vec x) { return (vec) ((pairs_t) x & 0xffff0000u); }

static inline vec rounded_to_bfloat16(vec x) {
    pairs_t bits = (pairs_t) x;
    vec nearest = (vec) (bits + 0x7fff + (bits >> 16 & 1)); /* carries into the upper half */
    vec quiet = (vec) (bits | 0x00400000u);                 /* a NaN stays one */
    return second_of_pairs(where((ivec) (x == x), nearest, quiet));
}
static inline vec pairs_across(vec a, vec b) {
    pairs_t first = (pairs_t) rounded_to_bfloat16(a), second = (pairs_t) rounded_to_bfloat16(b);
    return (vec) (first >> 16 | second);
}
static inline vec pairs_along(vec a, vec b) {
    ivec even = lane_numbers() * 2;
    return pairs_across(shuffled(a, b, even), shuffled(a, b, even + 1));
}
/* In the processor's order. */
static inline vec plus_products(vec c, vec x, vec y) {
    c = c + second_of_pairs(x) * second_of_pairs(y);
    return c + first_of_pairs(x) * first_of_pairs(y);
}

#endif
#endif
