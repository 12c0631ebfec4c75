/* Vectors of `real`, as GCC and Clang have them: one type, used with + - * / like a number.
 *
 * REAL_BITS (32 or 64) and VECTOR_BYTES come from setup.py. The width must be the instruction set's
 * own: wider vectors are split through memory and end far below plain loops.
 */
#ifndef FASTBP_SIMD_H
#define FASTBP_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

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

/* What x86-64 calls an operation on such vectors. */
#if defined(__AVX512F__) && REAL_BITS == 32
#define X86(operation) _mm512_##operation##_ps
#elif defined(__AVX512F__)
#define X86(operation) _mm512_##operation##_pd
#elif defined(__AVX2__) && REAL_BITS == 32
#define X86(operation) _mm256_##operation##_ps
#elif defined(__AVX2__)
#define X86(operation) _mm256_##operation##_pd
#endif

enum { LANES = VECTOR_BYTES / sizeof(real_t), MOST_SUMS = 28 * LANES };

static inline vec load(const real_t *p) { return *(const vec_in_memory *) p; }
static inline void store(real_t *p, vec v) { *(vec_in_memory *) p = v; }
static inline vec splat(real_t x) { return x - (vec) {0}; }

static inline vec where(ivec mask, vec then, vec otherwise) {
    return (vec) ((mask & (ivec) then) | (~mask & (ivec) otherwise));
}
/* Where x < y (false for NaN) one value, elsewhere another. */
static inline vec where_less(vec x, vec y, vec then, vec otherwise) {
    return where((ivec) (x < y), then, otherwise);
}
static inline vec where_equal(vec x, vec y, vec then, vec otherwise) {
    return where((ivec) (x == y), then, otherwise);
}

/* x, but at least so much; NaN stays NaN. A comparison and a choice take several times as long as the
 * one operation that x86-64 has for it, which in all doubt gives its second operand. */
static inline vec at_least(vec least, vec x) {
#ifdef X86
    return X86(max)(least, x);
#else
    return where_less(x, least, least, x);
#endif
}
/* And at most so much, likewise. */
static inline vec at_most(vec most, vec x) {
#ifdef X86
    return X86(min)(most, x);
#else
    return where_less(most, x, most, x);
#endif
}

static inline vec absolute(vec x) { return (vec) ((ivec) x & ~(ivec) splat(-(real_t) 0)); }
static inline vec with_sign_of(vec x, vec sign) {
    return (vec) ((ivec) x ^ (((ivec) x ^ (ivec) sign) & (ivec) splat(-(real_t) 0)));
}

static inline vec square_root(vec x) {
    for (int i = 0; i < LANES; i++)
        x[i] = REAL_BITS == 32 ? __builtin_sqrtf(x[i]) : __builtin_sqrt(x[i]);
    return x;
}

/* x as it is: a product that must not be fused into the sum it goes into. */
#if defined(__x86_64__)
#define IN_A_REGISTER(x) __asm__("" : "+v"(x))
#elif defined(__aarch64__)
#define IN_A_REGISTER(x) __asm__("" : "+w"(x))
#else
#define IN_A_REGISTER(x)
#endif
static inline vec no_fma(vec x) {
    IN_A_REGISTER(x);
    return x;
}
static inline double no_fma_double(double x) {
    IN_A_REGISTER(x);
    return x;
}

static inline void prefetch_l1(const char *p) { __builtin_prefetch(p); }
/* Into the second cache: the first one is full of what is in use. */
static inline void prefetch_l2(const char *p) { __builtin_prefetch(p, 0, 2); }

/* So large a number that its last bit counts ones: x + round_magic(k) is rounded to the nearest n,
 * with n + k and the bias of exponents in its last bits. */
static inline vec round_magic(bits_t k) {
    return splat((real_t) (((bits_t) 3 << (MANTISSA - 1)) + BIAS + k));
}
/* 2^(n + k) of such a sum, if that is a normal number. */
static inline vec power_of_two(vec n_in_bits) { return (vec) ((ivec) n_in_bits << MANTISSA); }

/* x = 2^n f with sqrt(1/2) <= f < sqrt(2), for positive normal numbers. */
static inline vec exponent(vec x) {
    ivec shifted = (ivec) x - (ivec) splat((real_t) 0.70710678118654752440);
    return __builtin_convertvector(shifted >> MANTISSA, vec);
}
static inline vec scaled_down(vec x, vec n) {
    vec shifted = n + splat((real_t) ((bits_t) 3 << (MANTISSA - 1)));
    return (vec) ((ivec) x - ((ivec) shifted << MANTISSA));
}

static inline ivec lane_numbers(void) {
    ivec lanes;
    for (int i = 0; i < LANES; i++) lanes[i] = i;
    return lanes;
}
/* The first n lanes of x, and `otherwise` in the rest. */
static inline vec first_lanes(vec x, ptrdiff_t n, vec otherwise) {
    return where(lane_numbers() < (bits_t) (n < LANES ? n : LANES), x, otherwise);
}

/* In how many of the first n lanes x = y. */
static inline ptrdiff_t count_equal(vec x, vec y, ptrdiff_t n) {
    ivec same = (ivec) (x == y) & (lane_numbers() < (bits_t) n);
    bits_t count = 0;
    for (int i = 0; i < LANES; i++) count -= same[i];
    return count;
}

static inline vec shuffled(vec a, vec b, ivec from) {
#ifdef __clang__
    vec r;
    for (int i = 0; i < LANES; i++) r[i] = from[i] < LANES ? a[from[i]] : b[from[i] - LANES];
    return r;
#else
    return __builtin_shuffle(a, b, from);
#endif
}
/* One stage of a transpose: the blocks of s lanes with an even number, those of b behind those of a;
 * and the odd ones. */
static inline vec even_blocks(vec a, vec b, bits_t s) {
    ivec i = lane_numbers(), odd = (i & s) != 0;
    return shuffled(a, b, (~odd & i) | (odd & (i - s + LANES)));
}
static inline vec odd_blocks(vec a, vec b, bits_t s) {
    ivec i = lane_numbers(), odd = (i & s) != 0;
    return shuffled(a, b, (~odd & (i + s)) | (odd & (i + LANES)));
}

/* One lane's number in all lanes. */
static inline vec lane(vec x, bits_t i) {
#ifdef __clang__
    return splat(x[i]);
#else
    return __builtin_shuffle(x, (ivec) {0} + i);
#endif
}

/* Over all lanes, in one fixed tree: lane i with lane i + LANES / 2, and so on. */
static inline real_t sum_of_lanes(vec x) {
    for (bits_t s = LANES / 2; s > 0; s /= 2) x += shuffled(x, x, lane_numbers() ^ s);
    return x[0];
}
static inline real_t largest_lane(vec x) {
    for (bits_t s = LANES / 2; s > 0; s /= 2) {
        vec y = shuffled(x, x, lane_numbers() ^ s);
        x = where_less(x, y, y, x);
    }
    return x[0];
}

/* A double for every lane of a vector: in one vector, or in two. */
typedef double doubles __attribute__((vector_size(VECTOR_BYTES)));
typedef struct { doubles part[64 / REAL_BITS]; } doubles_t;

static inline doubles_t in_double(vec x) {
    doubles_t to;
#if REAL_BITS == 32
    typedef real_t half __attribute__((vector_size(VECTOR_BYTES / 2)));
    half parts[2];
    memcpy(parts, &x, sizeof x);
    to.part[0] = __builtin_convertvector(parts[0], doubles);
    to.part[1] = __builtin_convertvector(parts[1], doubles);
#else
    to.part[0] = x;
#endif
    return to;
}
static inline doubles_t no_doubles(void) { return in_double(splat(0)); }
static inline doubles_t plus(doubles_t total, vec x) {
    doubles_t y = in_double(x);
    for (int i = 0; i < 64 / REAL_BITS; i++) total.part[i] += y.part[i];
    return total;
}
static inline doubles_t plus_squares(doubles_t total, vec x) {
    doubles_t y = in_double(x);
    for (int i = 0; i < 64 / REAL_BITS; i++) total.part[i] += y.part[i] * y.part[i];
    return total;
}
static inline double double_of_lane(doubles_t x, ptrdiff_t i) {
    double lanes[LANES];
    memcpy(lanes, &x, sizeof x);
    return lanes[i];
}

/* In one fixed order. */
static inline double sum_of_squares(vec x) {
    enum { N = VECTOR_BYTES / sizeof(double) };
    doubles_t all = plus_squares(no_doubles(), x);
    doubles squares = all.part[0];
    for (int i = 1; i < 64 / REAL_BITS; i++) squares += all.part[i];
    for (int s = N / 2; s > 0; s /= 2) {
        doubles others = squares;
        for (int i = 0; i < N; i++) others[i] = squares[i ^ s];
        squares += others;
    }
    return squares[0];
}

#endif
