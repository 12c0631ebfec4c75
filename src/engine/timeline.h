/* What each thread of a team did when, for benchmarks/thread_timeline.py: compiled in with
 * -DFASTBP_TIMELINE alone. A mark ends a phase; without the macro it is nothing. */
#ifndef FASTBP_TIMELINE_H
#define FASTBP_TIMELINE_H

enum { MARK_START, MARK_FETCH, MARK_FORWARD, MARK_OUTPUT, MARK_BACKWARD, MARK_UPDATE, MARK_BARRIER };
enum { TIMELINE_RANKS = 8, TIMELINE_MARKS = 1 << 18 };

#ifdef FASTBP_TIMELINE
#include <time.h>

typedef struct {
    long long nanoseconds;
    int phase;
    int layer;
} timeline_mark_t;

static timeline_mark_t timeline_marks[TIMELINE_RANKS][TIMELINE_MARKS];
static unsigned timeline_counts[TIMELINE_RANKS][32];  /* a pair of cache lines each */

static inline void timeline_mark(int rank, int phase, long layer) {
    struct timespec now;
    if (rank >= TIMELINE_RANKS || timeline_counts[rank][0] == TIMELINE_MARKS) return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    timeline_marks[rank][timeline_counts[rank][0]++] =
        (timeline_mark_t) {now.tv_sec * 1000000000ll + now.tv_nsec, phase, (int) layer};
}
static inline unsigned timeline_count(int rank) { return timeline_counts[rank][0]; }
static inline long long timeline_time(int rank, unsigned i) {
    return timeline_marks[rank][i].nanoseconds;
}
static inline int timeline_phase(int rank, unsigned i) { return timeline_marks[rank][i].phase; }
static inline int timeline_layer(int rank, unsigned i) { return timeline_marks[rank][i].layer; }
static inline void timeline_clear(int rank) { timeline_counts[rank][0] = 0; }
#else
static inline void timeline_mark(int rank, int phase, long layer) {
    (void) rank, (void) phase, (void) layer;
}
static inline unsigned timeline_count(int rank) { (void) rank; return 0; }
static inline long long timeline_time(int rank, unsigned i) { (void) rank, (void) i; return 0; }
static inline int timeline_phase(int rank, unsigned i) { (void) rank, (void) i; return 0; }
static inline int timeline_layer(int rank, unsigned i) { (void) rank, (void) i; return 0; }
static inline void timeline_clear(int rank) { (void) rank; }
#endif
#endif
