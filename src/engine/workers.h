/* Threads of calls, each of which waits a moment for the next call and then ends.
 *
 * Before a fork those that wait end at once, so that nothing is left for it to trip over. Needs POSIX
 * threads and GCC's atomics.
 */
#ifndef FASTBP_WORKERS_H
#define FASTBP_WORKERS_H

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include "clock.h"

#if defined(__x86_64__) || defined(__i386__)
#define WORKER_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define WORKER_PAUSE() __asm__ __volatile__("yield")
#else
#define WORKER_PAUSE() ((void) 0)
#endif

/* For how many seconds a thread waits for the next call: to start one takes 50 to 100 microseconds. */
static const double WORKER_LINGER = 200e-6;

enum {
    WORKER_SPINS = 1000, /* 20 microseconds on x86-64: longer than the parts of a small step differ */
    WORKER_STACK = 1 << 18,
    MAX_WORKERS = 256    /* of the process: calls may come from several threads */
};

/* What a place for a worker holds. Its `state` is that and, times KINDS, the number of its last job, by
 * which a call knows its own job from a later one. */
enum {
    NO_WORKER,
    WAITING,
    TAKEN, /* by the one thread that may change the place now */
    ASSIGNED, /* it has a job, and may not have a core */
    WORKING,
    TOLD_TO_END,
    ENDING, /* by itself; whoever takes the place waits for its end */
    KINDS = 8
};

/* Returns a flag, which is 1 as soon as the worker waits again. */
typedef unsigned *(*worker_job_t)(void *argument, int rank);

typedef struct {
    unsigned state;
    int core; /* where it waits; INT_MAX: not known yet, -1: any */
    /* It works for that thread alone, whose affinity, priority and floating-point mode it began with. */
    pthread_t maker;
    pthread_t thread;
    worker_job_t job;
    void *argument;
    int rank;
    char padding[128 - 3 * sizeof(int) - 2 * sizeof(pthread_t) - 2 * sizeof(void *) - 8];
} worker_t;

static worker_t workers[MAX_WORKERS];
static int n_places;   /* those behind have never had a worker */
static unsigned n_forks; /* between this process and the first one */

static unsigned worker_is(const worker_t *worker) {
    return __atomic_load_n(&worker->state, __ATOMIC_ACQUIRE) % KINDS;
}

/* By the one thread that may change the place now. */
static void worker_becomes(worker_t *worker, unsigned kind) {
    unsigned state = __atomic_load_n(&worker->state, __ATOMIC_RELAXED);
    __atomic_store_n(&worker->state, state - state % KINDS + kind, __ATOMIC_RELEASE);
}

/* By any thread: whether the state was `from`, and is of that kind now. */
static int worker_turns(worker_t *worker, unsigned from, unsigned kind) {
    return __atomic_compare_exchange_n(&worker->state, &from, from - from % KINDS + kind, 0,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* The same from any state of a kind. */
static int worker_goes(worker_t *worker, unsigned from, unsigned kind) {
    unsigned state = __atomic_load_n(&worker->state, __ATOMIC_RELAXED);
    return state % KINDS == from && worker_turns(worker, state, kind);
}

/* Waits for the next job, and begins it; returns whether there is one. */
static int worker_waits(worker_t *worker) {
    double end = 0;
    for (int i = 0;; i++) {
        if (worker_is(worker) == TOLD_TO_END) return 0;
        if (worker_goes(worker, ASSIGNED, WORKING)) return 1;
        if (i < WORKER_SPINS) {
            WORKER_PAUSE();
            continue;
        }
        if (i == WORKER_SPINS) end = clock_seconds() + WORKER_LINGER;
        if (clock_seconds() > end && worker_goes(worker, WAITING, ENDING)) return 0;
        sched_yield();
    }
}

static void *worker_runs(void *argument) {
    worker_t *worker = argument;
    while (worker_waits(worker)) {
        unsigned *done = worker->job(worker->argument, worker->rank);
#ifdef __GLIBC__
        if (worker->core >= 0) worker->core = sched_getcpu();
#endif
        /* First: the caller's next call, or fork, finds it waiting. */
        worker_becomes(worker, WAITING);
        __atomic_store_n(done, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Takes a place without a thread; waits first for the end of one that is ending. */
static int worker_place_is_taken(worker_t *worker) {
    if (worker_goes(worker, NO_WORKER, TAKEN)) return 1;
    return worker_goes(worker, ENDING, TAKEN) && !pthread_join(worker->thread, NULL);
}

/* Also those that are ending, but none that a call has taken: Python 3.12 warns of a fork beside any
 * other thread. */
static void workers_end(void) {
    for (worker_t *worker = workers; worker < workers + MAX_WORKERS; worker++) {
        if (worker_goes(worker, WAITING, TAKEN))
            worker_becomes(worker, TOLD_TO_END);
        else if (!worker_goes(worker, ENDING, TAKEN))
            continue;
        pthread_join(worker->thread, NULL);
        worker_becomes(worker, NO_WORKER);
    }
}

/* In a child: it has none of its parent's threads. */
static void workers_forget(void) {
    n_forks++;
    for (worker_t *worker = workers; worker < workers + MAX_WORKERS; worker++)
        worker_becomes(worker, NO_WORKER);
}

/* To be called once, before a worker can be; 0 if it went well. */
static int workers_watch_forks(void) { return pthread_atfork(workers_end, NULL, workers_forget); }

/* Keeps a new thread off the caller's core, if there are `size` cores; returns whether it does. Linux
 * may leave a thread beside its maker for tens of milliseconds while another core has nothing to do; in
 * such a time two threads took three times as long as one. */
static int worker_elsewhere(pthread_attr_t *attributes, int here, int size) {
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

/* Starts a thread in a place that is taken; returns whether there is one now. */
static int worker_starts(worker_t *worker, int here, int size) {
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed = 1;
    worker->maker = pthread_self();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
    for (int elsewhere = 1; failed && elsewhere >= 0; elsewhere--) {  /* a sandbox may forbid to choose cores */
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, WORKER_STACK);
        worker->core = elsewhere && worker_elsewhere(&attributes, here, size) ? INT_MAX : -1;
        failed = pthread_create(&worker->thread, &attributes, worker_runs, worker);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed;
}

/* A job that a worker was given, and its state then. */
typedef struct {
    worker_t *worker;
    unsigned state;
} assignment_t;

/* Gives a job to a worker that is taken. */
static assignment_t worker_gets(worker_t *worker, worker_job_t job, void *argument, int rank) {
    unsigned last = __atomic_load_n(&worker->state, __ATOMIC_RELAXED) / KINDS;
    assignment_t given = {worker, (last + 1) * KINDS + ASSIGNED};
    worker->job = job, worker->argument = argument, worker->rank = rank;
    __atomic_store_n(&worker->state, given.state, __ATOMIC_RELEASE);
    return given;
}

/* Whether a job has not begun. */
static int worker_has_not_begun(assignment_t given) {
    return __atomic_load_n(&given.worker->state, __ATOMIC_ACQUIRE) == given.state;
}

/* Takes a job back; returns whether it had not begun. */
static int worker_gives_back(assignment_t given) {
    return worker_turns(given.worker, given.state, WAITING);
}

/* Takes a worker of this thread's that waits on another core than `here`; returns whether it has. */
static int worker_is_taken(worker_t *worker, int here) {
    if (!worker_goes(worker, WAITING, TAKEN)) return 0;
    if (pthread_equal(worker->maker, pthread_self()) && (worker->core < 0 || worker->core != here)) return 1;
    worker_becomes(worker, WAITING);
    return 0;
}

/* Gives `job` with ranks from 1 to size - 1 to workers that wait, then to new ones. Returns the rank after
 * the last one: less than `size` where the system gives no more threads; `n_new` are new ones. */
static int workers_begin(int size, worker_job_t job, void *argument, assignment_t *of_ranks, int *n_new) {
    int rank = 1, here = -1, used = __atomic_load_n(&n_places, __ATOMIC_RELAXED);
#ifdef __GLIBC__
    here = sched_getcpu();
#endif
    for (int i = 0; rank < size && i < used; i++)
        if (worker_is_taken(workers + i, here)) {
            of_ranks[rank] = worker_gets(workers + i, job, argument, rank);
            rank++;
        }
    *n_new = 0;
    for (int i = 0; rank < size && i < MAX_WORKERS; i++) {
        if (!worker_place_is_taken(workers + i)) continue;
        if (!worker_starts(workers + i, here, size)) {
            worker_becomes(workers + i, NO_WORKER);
            break;
        }
        of_ranks[rank] = worker_gets(workers + i, job, argument, rank);
        rank++, ++*n_new;
        while (used <= i && !__atomic_compare_exchange_n(&n_places, &used, i + 1, 0, __ATOMIC_RELAXED,
                                                         __ATOMIC_RELAXED)) {}
    }
    return rank;
}
#endif
