/* A team of threads for one call: the caller, of rank 0, and workers (workers.h).
 *
 * They wait for each other at team_barrier; one that wants all to stop calls team_stop before, and all
 * learn it at the same barrier: none waits for one that has left. A counter in one place would travel
 * between the cores more often than the flags of each thread. A wait spins for some microseconds, then
 * yields, then sleeps: on a busy machine the others must get the core. A worker that has not begun may
 * be left out: another library's thread may spin on its core. Without POSIX threads and GCC's
 * atomics a team has one thread.
 */
#ifndef FASTBP_TEAM_H
#define FASTBP_TEAM_H

#include <stddef.h>

enum { MAX_THREADS = 64 };

/* Where a thread says that it has come to a barrier, a pair of cache lines each: it writes, or rank 0
 * for one that is left out, and others read. Of the two numbers one is of this barrier, and the other
 * of the one before, where another thread may still wait. */
typedef struct {
    unsigned barrier[2];
    int asked[2];
    unsigned done; /* with its part of the call */
    int left_out; /* rank 0 does its part */
    char padding[128 - 3 * sizeof(unsigned) - 3 * sizeof(int)];
} barrier_slot_t;

typedef void (*team_body_t)(void *argument, int rank);

typedef struct {
    int size;
    unsigned started;
    int asked;  /* team_stop's argument */
    double waited; /* seconds of rank 0's long waits: more than a few milliseconds, and a core is not free */
    int n_left_out;
    int lost;         /* the process is a child that was forked within the call: it has no other threads */
    unsigned n_forks; /* when the call began */
    double patience;  /* till when those that were started for the call may begin */
    ptrdiff_t taken; /* of the things that team_take shares out */
    barrier_slot_t *slots;
    void *assignments; /* of all ranks but the caller's */
    unsigned long mode; /* of floating-point numbers: the caller's */
    team_body_t body;
    void *argument;
} team_t;

#if defined(__GNUC__) && !defined(_WIN32)
#include <string.h>
#include "workers.h"

enum { TEAM_YIELDS = 2000 };  /* about a millisecond with an idle core beside */
static const double TEAM_PATIENCE = 100e-6; /* seconds from a thread's start to its beginning, or so */
static const double LONG_WAIT = 1e-3;       /* longer than the parts of a large layer differ */

static void team_stop(team_t *team, int why) {
    __atomic_store_n(&team->asked, why, __ATOMIC_RELAXED);
}
static int team_asked(team_t *team) { return __atomic_load_n(&team->asked, __ATOMIC_RELAXED); }

/* The first of the next n things that no thread has taken yet. */
static ptrdiff_t team_take(team_t *team, ptrdiff_t n) {
    return __atomic_fetch_add(&team->taken, n, __ATOMIC_RELAXED);
}

/* Returns for how many seconds it waited, or 0 where it only spun. */
static double team_until(team_t *team, unsigned *slot, unsigned barrier) {
    const struct timespec a_while = {0, 100000};
    double start = 0;
    for (int i = 0; __atomic_load_n(slot, __ATOMIC_ACQUIRE) != barrier && !team->lost; i++) {
        if (i == WORKER_SPINS) start = clock_seconds();
        if (i < WORKER_SPINS)
            WORKER_PAUSE();
        else if (i < WORKER_SPINS + TEAM_YIELDS)
            sched_yield(); /* a millisecond or more, if another process wants this core */
        else if (team->n_forks != n_forks)
            team->lost = 1;
        else
            nanosleep(&a_while, NULL);
    }
    return start > 0 ? clock_seconds() - start : 0;
}

/* For rank 0: whether a worker is left out, as it has not begun until now. */
static int team_takes_back(team_t *team, int rank) {
    barrier_slot_t *slot = team->slots + rank;
    if (!slot->left_out && worker_gives_back(((assignment_t *) team->assignments)[rank]))
        slot->left_out = 1, team->n_left_out++;
    return slot->left_out;
}

/* The same after a moment for those that were started for the call: one that was waiting for it, and has
 * not begun, has no core. */
static int team_leaves_out(team_t *team, int rank) {
    assignment_t given = ((assignment_t *) team->assignments)[rank];
    while (team->patience > 0 && worker_has_not_begun(given) && clock_seconds() < team->patience)
        WORKER_PAUSE();
    return team_takes_back(team, rank);
}

/* Comes to a barrier in place of those that are left out. */
static void team_stand_in(team_t *team, unsigned barrier) {
    for (int rank = 1; rank < team->size; rank++)
        if (team->slots[rank].left_out)
            __atomic_store_n(&team->slots[rank].barrier[barrier % 2], barrier, __ATOMIC_RELEASE);
}

/* Waits for all threads at barrier 1, 2, ...; 0, or what team_stop was told before. */
static int team_barrier(team_t *team, int rank, unsigned barrier) {
    int i_slot = barrier % 2, asked;
    if (team->size == 1) return team->asked;
    asked = team->slots[rank].asked[i_slot] = team_asked(team);
    __atomic_store_n(&team->slots[rank].barrier[i_slot], barrier, __ATOMIC_RELEASE);
    if (rank == 0 && team->n_left_out) team_stand_in(team, barrier);
    for (int i = 0; i < team->size; i++) {
        double waited = team_until(team, &team->slots[i].barrier[i_slot], barrier);
        if (rank == 0 && waited > LONG_WAIT) team->waited += waited;
        if (team->slots[i].asked[i_slot] > asked) asked = team->slots[i].asked[i_slot];
    }
    return team->lost ? 1 : asked;
}

/* The floating-point mode: what is done with subnormal numbers changes bits. */
static unsigned long team_mode(void) {
#if defined(__x86_64__)
    return __builtin_ia32_stmxcsr() & ~0x3fu; /* without the flags of what has happened */
#elif defined(__aarch64__)
    unsigned long mode;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(mode));
    return mode;
#else
    return 0;
#endif
}

static void team_take_mode(unsigned long mode) {
    if (mode == team_mode()) return;
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr((unsigned) mode);
#elif defined(__aarch64__)
    __asm__ __volatile__("msr fpcr, %0" : : "r"(mode));
#endif
}

/* A worker's part; returns where it is said to be done. */
static unsigned *team_part(void *argument, int rank) {
    team_t *team = argument;
    unsigned *done = &team->slots[rank].done;
    team_until(team, &team->started, 1);  /* till the size is known */
    team_take_mode(team->mode);
    team->body(team->argument, rank);
    return done;
}

/* Runs `body` in every thread of a team of `size` (team->slots has as many), or of fewer where the
 * system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    assignment_t of_ranks[MAX_THREADS];
    int n_new;
    *team = (team_t) {.size = 1, .slots = team->slots, .body = body, .argument = argument};
    if (size > 1) {
        memset(team->slots, 0, size * sizeof *team->slots);
        team->assignments = of_ranks, team->n_forks = n_forks, team->mode = team_mode();
        team->size = workers_begin(size, team_part, team, of_ranks, &n_new);
        if (n_new > 0) team->patience = clock_seconds() + TEAM_PATIENCE;
        __atomic_store_n(&team->started, 1, __ATOMIC_RELEASE);
    }
    body(argument, 0);
    for (int rank = 1; rank < team->size; rank++)
        if (!team_takes_back(team, rank)) team_until(team, &team->slots[rank].done, 1);
}

#else

static const double WORKER_LINGER = 0;
static int workers_watch_forks(void) { return 0; }

static void team_stop(team_t *team, int why) { team->asked = why; }
static int team_asked(team_t *team) { return team->asked; }
static ptrdiff_t team_take(team_t *team, ptrdiff_t n) { return (team->taken += n) - n; }
static int team_leaves_out(team_t *team, int rank) { return (void) team, (void) rank, 0; }
static int team_barrier(team_t *team, int rank, unsigned barrier) {
    (void) rank, (void) barrier;
    return team->asked;
}
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    team->size = 1;
    team->asked = 0;
    team->waited = 0;
    team->taken = 0;
    (void) size;
    body(argument, 0);
}

#endif
#endif
