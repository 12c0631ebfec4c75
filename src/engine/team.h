/* A team of threads for one call. Those that a call has started wait a moment for the next call,
 * then they end; before a fork they end at once, so that nothing is left for it to trip over.
 *
 * The caller has rank 0. Threads wait for each other at team_barrier; one that wants all to stop
 * calls team_stop before, and all learn it at the same barrier: none waits for one that has left.
 * A counter in one place would travel between the cores more often than the flags of each thread.
 * A wait spins for some microseconds, then yields, then sleeps: on a busy machine the others must
 * get the core. Without POSIX threads and GCC's atomics a team has one thread.
 */
#ifndef FASTBP_TEAM_H
#define FASTBP_TEAM_H

#include <stddef.h>

enum { MAX_THREADS = 64 };

/* For how many seconds a thread waits for the next call. To start one takes some 50 to 100 microseconds, and so
 * do calls that one makes in a row, one after the other, with little between them. */
static const double TEAM_LINGER = 200e-6;

/* Where a thread says that it has come to a barrier, a pair of cache lines each: it writes, others
 * read. Of the two numbers one is of this barrier, and the other of the one before, where another
 * thread may still wait. */
typedef struct {
    unsigned barrier[2];
    int asked[2];
    unsigned done; /* with its part of the call */
    char padding[128 - 3 * sizeof(unsigned) - 2 * sizeof(int)];
} barrier_slot_t;

typedef struct {
    int size;
    unsigned started;
    int asked;  /* team_stop's argument */
    int sleeps; /* of rank 0, some 0.15 ms each: more than a few, and a core is not free */
    ptrdiff_t taken; /* of the things that team_take shares out */
    barrier_slot_t *slots;
} team_t;

typedef void (*team_body_t)(void *argument, int rank);

#if defined(__GNUC__) && !defined(_WIN32)
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "clock.h"

#if defined(__x86_64__) || defined(__i386__)
#define TEAM_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define TEAM_PAUSE() __asm__ __volatile__("yield")
#else
#define TEAM_PAUSE() ((void) 0)
#endif

enum {
    TEAM_SPINS = 1000,   /* some 20 microseconds: longer than the parts of a small step differ */
    TEAM_YIELDS = 2000,  /* about a millisecond with an idle core beside */
    TEAM_STACK = 1 << 18,
    MAX_HELPERS = 256    /* of all teams of the process: calls may come from several threads */
};

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
        if (i < TEAM_SPINS)
            TEAM_PAUSE();
        else if (i < TEAM_SPINS + TEAM_YIELDS)
            sched_yield();
        else
            sleeps++, nanosleep(&a_while, NULL);
    }
    return sleeps;
}

/* Waits for all threads at barrier 1, 2, ...; 0, or what team_stop was told before. */
static int team_barrier(team_t *team, int rank, unsigned barrier) {
    int i_slot = barrier % 2, asked, sleeps = 0;
    if (team->size == 1) return team->asked;
    asked = team->slots[rank].asked[i_slot] = team_asked(team);
    __atomic_store_n(&team->slots[rank].barrier[i_slot], barrier, __ATOMIC_RELEASE);
    for (int i = 0; i < team->size; i++) {
        sleeps += team_until(&team->slots[i].barrier[i_slot], barrier);
        if (team->slots[i].asked[i_slot] > asked) asked = team->slots[i].asked[i_slot];
    }
    if (rank == 0) team->sleeps += sleeps;
    return asked;
}

/* Where a helper, a thread that is not the caller's, stands. */
enum {
    NO_HELPER, /* no thread has this place */
    IDLE,      /* it waits for a call, for a moment */
    TAKEN,     /* someone is about to say what it shall do */
    WORKING,
    LEAVING
};

typedef struct {
    int state, core;  /* where it waits; -1: any */
    pthread_t thread;
    team_t *team;
    team_body_t body;
    void *argument;
    int rank;
    char padding[128 - 4 * sizeof(int) - sizeof(pthread_t) - 3 * sizeof(void *)];
} helper_t;

static helper_t helpers[MAX_HELPERS];

static int helper_turns(helper_t *helper, int from, int to) {
    return __atomic_compare_exchange_n(&helper->state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Whether there is more to do. */
static int helper_lingers(helper_t *helper) {
    double end = 0;
    int state, i;
    for (i = 0; (state = __atomic_load_n(&helper->state, __ATOMIC_ACQUIRE)) < WORKING; i++) {
        if (i < TEAM_SPINS)
            TEAM_PAUSE();
        else if (end == 0)
            end = clock_seconds() + TEAM_LINGER;
        else if (clock_seconds() < end)
            sched_yield();
        else if (helper_turns(helper, IDLE, LEAVING)) {
            pthread_detach(helper->thread);
            __atomic_store_n(&helper->state, NO_HELPER, __ATOMIC_RELEASE);
            return 0;
        }
    }
    return state == WORKING;
}

static void *helper_runs(void *argument) {
    helper_t *self = argument;
    do {
        team_t *team = self->team;
        team_until(&team->started, 1);  /* till the size is known */
        if (self->rank < team->size) self->body(self->argument, self->rank);
#ifdef __GLIBC__
        if (self->core >= 0) self->core = sched_getcpu();
#endif
        barrier_slot_t *slot = team->slots + self->rank;
        /* Idle before it says that it is done: the next call finds it so. */
        __atomic_store_n(&self->state, IDLE, __ATOMIC_RELEASE);
        __atomic_store_n(&slot->done, 1, __ATOMIC_RELEASE);
    } while (helper_lingers(self));
    return NULL;
}

static void helpers_end_before_fork(void) {
    for (helper_t *helper = helpers; helper < helpers + MAX_HELPERS; helper++)
        if (helper_turns(helper, IDLE, TAKEN)) {
            __atomic_store_n(&helper->state, LEAVING, __ATOMIC_RELEASE);
            pthread_join(helper->thread, NULL);
            __atomic_store_n(&helper->state, NO_HELPER, __ATOMIC_RELEASE);
        }
}

static void helpers_after_fork(void) { memset(helpers, 0, sizeof helpers); }

static void helpers_watch_forks(void) {
    pthread_atfork(helpers_end_before_fork, NULL, helpers_after_fork);
}

/* Sets that the new thread keeps off the caller's core, if there are enough others; returns whether it
 * does. Linux may leave a thread beside its maker for tens of milliseconds while another core has
 * nothing to do; in such a time two threads took three times as long as one. */
static int team_elsewhere(pthread_attr_t *attributes, int here, int size) {
#ifdef __GLIBC__
    cpu_set_t cores;
    if (here < 0 || sched_getaffinity(0, sizeof cores, &cores) || CPU_COUNT(&cores) < size) return 0;
    CPU_CLR(here, &cores);
    return !pthread_attr_setaffinity_np(attributes, sizeof cores, &cores);
#else
    (void) attributes, (void) here, (void) size;
    return 0;
#endif
}

/* Starts a thread for a place that the caller has taken; returns whether there is one now. */
static int helper_starts(helper_t *helper, int here, int size) {
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed = 1;
    pthread_once(&watched, helpers_watch_forks);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
    __atomic_store_n(&helper->state, WORKING, __ATOMIC_RELEASE);
    for (int elsewhere = 1; failed && elsewhere >= 0; elsewhere--) {  /* a sandbox may forbid to choose cores */
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, TEAM_STACK);
        helper->core = elsewhere && team_elsewhere(&attributes, here, size) ? here : -1;
        failed = pthread_create(&helper->thread, &attributes, helper_runs, helper);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

/* Gives ranks from 1 on to helpers that wait for a call, and to new ones; returns the size of the team:
 * less than `size` where the system gives no more threads. */
static int team_gather(team_t *team, int size, team_body_t body, void *argument) {
    int rank = 1, here = -1;
#ifdef __GLIBC__
    here = sched_getcpu();
#endif
    for (helper_t *helper = helpers; rank < size && helper < helpers + MAX_HELPERS; helper++) {
        int waits = helper_turns(helper, IDLE, TAKEN);
        if (!waits && !helper_turns(helper, NO_HELPER, TAKEN)) continue;
        if (waits && helper->core >= 0 && helper->core == here) {
            __atomic_store_n(&helper->state, IDLE, __ATOMIC_RELEASE);  /* it would share this core */
            continue;
        }
        helper->team = team, helper->body = body, helper->argument = argument, helper->rank = rank;
        if (waits)
            __atomic_store_n(&helper->state, WORKING, __ATOMIC_RELEASE);
        else if (!helper_starts(helper, here, size)) {
            __atomic_store_n(&helper->state, NO_HELPER, __ATOMIC_RELEASE);
            break;
        }
        rank++;
    }
    return rank;
}

/* Runs `body` in every thread of a team of `size` (team->slots has as many), or of fewer where the
 * system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    *team = (team_t) {1, 0, 0, 0, 0, team->slots};
    if (size > 1) {
        memset(team->slots, 0, size * sizeof *team->slots);
        team->size = team_gather(team, size, body, argument);
        __atomic_store_n(&team->started, 1, __ATOMIC_RELEASE);
    }
    body(argument, 0);
    for (int rank = 1; rank < team->size; rank++) team_until(&team->slots[rank].done, 1);
}

#else

static void team_stop(team_t *team, int why) { team->asked = why; }
static int team_asked(team_t *team) { return team->asked; }
static ptrdiff_t team_take(team_t *team, ptrdiff_t n) { return (team->taken += n) - n; }
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
