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

/* Where a thread says that it has come to a barrier, a pair of cache lines each: it writes, others
 * read. Of the two numbers one is of this barrier, and the other of the one before, where another
 * thread may still wait. */
typedef struct {
    unsigned barrier[2];
    int asked[2];
    unsigned done; /* with its part of the call */
    int left_out;
    char padding[128 - 3 * sizeof(unsigned) - 3 * sizeof(int)];
} barrier_slot_t;

typedef void (*team_body_t)(void *argument, int rank);

typedef struct {
    int size;
    unsigned started;
    int asked;  /* team_stop's argument */
    int sleeps; /* of rank 0, some 0.15 ms each: more than a few, and a core is not free */
    int n_left_out;
    ptrdiff_t taken; /* of the things that team_take shares out */
    barrier_slot_t *slots;
    void *assignments; /* of all ranks but the caller's */
    team_body_t body;
    void *argument;
} team_t;

#if defined(__GNUC__) && !defined(_WIN32)
#include <string.h>
#include "workers.h"

enum { TEAM_YIELDS = 2000 };  /* about a millisecond with an idle core beside */

static void team_stop(team_t *team, int why) {
    __atomic_store_n(&team->asked, why, __ATOMIC_RELAXED);
}
static int team_asked(team_t *team) { return __atomic_load_n(&team->asked, __ATOMIC_RELAXED); }

/* The first of the next n things that no thread has taken yet. */
static ptrdiff_t team_take(team_t *team, ptrdiff_t n) {
    return __atomic_fetch_add(&team->taken, n, __ATOMIC_RELAXED);
}

/* Returns how often it slept. */
static int team_until(unsigned *slot, unsigned barrier) {
    const struct timespec a_while = {0, 100000};
    int sleeps = 0;
    for (int i = 0; __atomic_load_n(slot, __ATOMIC_ACQUIRE) != barrier; i++) {
        if (i < WORKER_SPINS)
            WORKER_PAUSE();
        else if (i < WORKER_SPINS + TEAM_YIELDS)
            sched_yield();
        else
            sleeps++, nanosleep(&a_while, NULL);
    }
    return sleeps;
}

/* For rank 0: whether a worker is left out, as it has not begun until now. */
static int team_leaves_out(team_t *team, int rank) {
    barrier_slot_t *slot = team->slots + rank;
    if (!slot->left_out && worker_gives_back(((assignment_t *) team->assignments)[rank]))
        slot->left_out = 1, team->n_left_out++;
    return slot->left_out;
}

/* Comes to a barrier in place of those that are left out. */
static void team_stand_in(team_t *team, unsigned barrier) {
    for (int rank = 1; rank < team->size; rank++)
        if (team->slots[rank].left_out)
            __atomic_store_n(&team->slots[rank].barrier[barrier % 2], barrier, __ATOMIC_RELEASE);
}

/* Waits for all threads at barrier 1, 2, ...; 0, or what team_stop was told before. */
static int team_barrier(team_t *team, int rank, unsigned barrier) {
    int i_slot = barrier % 2, asked, sleeps = 0;
    if (team->size == 1) return team->asked;
    asked = team->slots[rank].asked[i_slot] = team_asked(team);
    __atomic_store_n(&team->slots[rank].barrier[i_slot], barrier, __ATOMIC_RELEASE);
    if (rank == 0 && team->n_left_out) team_stand_in(team, barrier);
    for (int i = 0; i < team->size; i++) {
        sleeps += team_until(&team->slots[i].barrier[i_slot], barrier);
        if (team->slots[i].asked[i_slot] > asked) asked = team->slots[i].asked[i_slot];
    }
    if (rank == 0) team->sleeps += sleeps;
    return asked;
}

/* A worker's part. */
static void team_part(void *argument, int rank) {
    team_t *team = argument;
    team_until(&team->started, 1);  /* till the size is known */
    team->body(team->argument, rank);
    __atomic_store_n(&team->slots[rank].done, 1, __ATOMIC_RELEASE);
}

/* Runs `body` in every thread of a team of `size` (team->slots has as many), or of fewer where the
 * system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    assignment_t of_ranks[MAX_THREADS];
    *team = (team_t) {.size = 1, .slots = team->slots, .assignments = of_ranks, .body = body, .argument = argument};
    if (size > 1) {
        memset(team->slots, 0, size * sizeof *team->slots);
        team->size = workers_begin(size, team_part, team, of_ranks);
        __atomic_store_n(&team->started, 1, __ATOMIC_RELEASE);
    }
    body(argument, 0);
    for (int rank = 1; rank < team->size; rank++)
        if (!team_leaves_out(team, rank)) team_until(&team->slots[rank].done, 1);
}

#else

static const double WORKER_LINGER = 0;

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
    team->asked = team->sleeps = 0;
    team->taken = 0;
    (void) size;
    body(argument, 0);
}

#endif
#endif
