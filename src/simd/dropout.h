/* Dropout's draws: a hash of (key, step, layer, row, node), so that they depend on no order.
 *
 * The first four are hashed once a row, to 64 bits (the finalizer of SplitMix64). With these two
 * seeds a node's 32 bits take two multiplications, in vectors of 32-bit numbers whatever `real` is:
 * the masks of all kernel sets and number types are the same.
 */
#ifndef FASTBP_DROPOUT_H
#define FASTBP_DROPOUT_H

#include <stdint.h>

static inline uint64_t seed_of(uint64_t seed, uint64_t n) {
    uint64_t x = seed + (n + 1) * 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

enum { NODE_STEP = 0x3779B97F };

#ifdef VECTOR_BYTES
typedef uint32_t hash_t __attribute__((vector_size(4 * LANES)));
#else
typedef uint32_t hash_t;
#endif

/* The hashes of node j and of those in the next lanes.
 *
 * The lowest six bits of two nodes in a row are related, by half a percent at most; they decide once
 * in 2^26 draws, and one more step that mixes them would cost an eighth. The bits are a promise.
 */
static inline hash_t node_hash(uint64_t row_seed, uint32_t j) {
    hash_t x;
#ifdef VECTOR_BYTES
    for (uint32_t i = 0; i < LANES; i++) x[i] = i * (uint32_t) NODE_STEP;
    x += j * (uint32_t) NODE_STEP;
#else
    x = j * (uint32_t) NODE_STEP;
#endif
    x ^= (uint32_t) row_seed;
    x = (x ^ x >> 16) * 0x7FEB352Du + (uint32_t) (row_seed >> 32);
    return (x ^ x >> 15) * 0x846CA68Bu;
}

/* x of nodes that are kept. It must not be -0.0, which marks the others. */
#ifdef VECTOR_BYTES
static inline vec kept_or_marked(uint64_t row_seed, uint32_t j, uint32_t threshold, vec x) {
    ivec kept = __builtin_convertvector(node_hash(row_seed, j) >= threshold, ivec);
    return where(kept, x, splat(-(real_t) 0));
}
/* x, but 0 where `a` has the mark. */
static inline vec zero_where_marked(vec a, vec x) {
    return where((ivec) a == (ivec) splat(-(real_t) 0), splat(0), x);
}
#else
static inline double kept_or_marked(uint64_t row_seed, uint32_t j, uint32_t threshold, double x) {
    return node_hash(row_seed, j) >= threshold ? x : -0.0;
}
static inline double zero_where_marked(double a, double x) {
    return a == 0 && __builtin_signbit(a) ? 0 : x;
}
#endif

#endif
