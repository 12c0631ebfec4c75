/* What each thread of a team did when, for benchmarks/thread_timeline.py: compiled in with
 * -DFASTBP_TIMELINE alone. Without the macro a mark is nothing. */
#ifndef FASTBP_TIMELINE_H
#define FASTBP_TIMELINE_H
#include "clock.h"

typedef struct {
    double seconds;
    int phase;  /* that ends then */
    int layer;
} timeline_mark_t;

enum { TIMELINE_RANKS = 8 };

#ifdef FASTBP_TIMELINE
enum { TIMELINE_MARKS = 1 << 18 };
static timeline_mark_t timeline_marks[TIMELINE_RANKS][TIMELINE_MARKS];
static unsigned timeline_counts[TIMELINE_RANKS][32];  /* a pair of cache lines each */

static inline void timeline_mark(int rank, int phase, long layer) {
    if (rank < TIMELINE_RANKS && timeline_counts[rank][0] < TIMELINE_MARKS)
        timeline_marks[rank][timeline_counts[rank][0]++] =
            (timeline_mark_t) {clock_seconds(), phase, (int) layer};
}

/* A thread's marks, and how many; the next is the first again. */
static inline const timeline_mark_t *timeline_take(int rank, unsigned *count) {
    *count = timeline_counts[rank][0];
    timeline_counts[rank][0] = 0;
    return timeline_marks[rank];
}
#else
static inline void timeline_mark(int rank, int phase, long layer) {
    (void) rank, (void) phase, (void) layer;
}
static inline const timeline_mark_t *timeline_take(int rank, unsigned *count) {
    (void) rank;
    *count = 0;
    return 0;
}
#endif
#endif
