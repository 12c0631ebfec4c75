/* Seconds of a clock that never goes back. */
#ifndef FASTBP_CLOCK_H
#define FASTBP_CLOCK_H
#include <time.h>

static double clock_seconds(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return now.tv_sec + 1e-9 * now.tv_nsec;
}
#endif
