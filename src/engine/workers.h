/* Threads of calls, each of which waits a moment for the next call and then ends.
 *
 * Before a fork those that wait end at once, so that nothing is left for it to trip over. Needs POSIX
 * threads and GCC's atomics.
 */
#ifndef FASTBP_WORKERS_H
#define FASTBP_WORKERS_H

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include "clock.h"

#if defined(__x86_64__) || defined(__i386__)
#define WORKER_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define WORKER_PAUSE() __asm__ __volatile__("yield")
#else
#define WORKER_PAUSE() ((void) 0)
#endif

/* For how many seconds a thread waits for the next call. To start one takes some 50 to 100
 * microseconds, and so do calls that one makes in a row, with little between them. */
static const double WORKER_LINGER = 200e-6;

enum {
    WORKER_SPINS = 1000, /* some 20 microseconds: longer than the parts of a small step differ */
    WORKER_STACK = 1 << 18,
    MAX_WORKERS = 256    /* of the process: calls may come from several threads */
};

/* What has become of a place for a worker. */
enum {
    NO_WORKER,
    WAITING,
    TAKEN, /* by a thread that is about to say what it shall do */
    WORKING,
    LEAVING
};

typedef void (*worker_job_t)(void *argument, int rank);

typedef struct {
    int state, core; /* where it waits; -1: any */
    pthread_t thread;
    worker_job_t job;
    void *argument;
    int rank;
    char padding[128 - 4 * sizeof(int) - sizeof(pthread_t) - 2 * sizeof(void *)];
} worker_t;

static worker_t workers[MAX_WORKERS];

static void worker_becomes(worker_t *worker, int state) {
    __atomic_store_n(&worker->state, state, __ATOMIC_RELEASE);
}

/* Whether it was `from`, and is `to` now. */
static int worker_turns(worker_t *worker, int from, int to) {
    return __atomic_compare_exchange_n(&worker->state, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Waits for the next job; returns whether there is one. */
static int worker_waits(worker_t *worker) {
    double end = 0;
    int state;
    for (int i = 0; (state = __atomic_load_n(&worker->state, __ATOMIC_ACQUIRE)) < WORKING; i++) {
        if (i < WORKER_SPINS) {
            WORKER_PAUSE();
            continue;
        }
        if (i == WORKER_SPINS) end = clock_seconds() + WORKER_LINGER;
        if (clock_seconds() > end && worker_turns(worker, WAITING, LEAVING)) {
            pthread_detach(pthread_self());
            worker_becomes(worker, NO_WORKER);
            return 0;
        }
        sched_yield();
    }
    return state == WORKING;
}

static void *worker_runs(void *argument) {
    worker_t *worker = argument;
    do {
        worker->job(worker->argument, worker->rank);
#ifdef __GLIBC__
        if (worker->core >= 0) worker->core = sched_getcpu();
#endif
        worker_becomes(worker, WAITING);
    } while (worker_waits(worker));
    return NULL;
}

static void workers_leave(void) {
    for (worker_t *worker = workers; worker < workers + MAX_WORKERS; worker++)
        if (worker_turns(worker, WAITING, TAKEN)) {
            worker_becomes(worker, LEAVING);
            pthread_join(worker->thread, NULL);
            worker_becomes(worker, NO_WORKER);
        }
}

/* In a child: it has none of its parent's threads. */
static void workers_forget(void) { memset(workers, 0, sizeof workers); }

static void workers_watch_forks(void) { pthread_atfork(workers_leave, NULL, workers_forget); }

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
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed = 1;
    pthread_once(&watched, workers_watch_forks);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
    worker_becomes(worker, WORKING);
    for (int elsewhere = 1; failed && elsewhere >= 0; elsewhere--) {  /* a sandbox may forbid to choose cores */
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, WORKER_STACK);
        worker->core = elsewhere && worker_elsewhere(&attributes, here, size) ? here : -1;
        failed = pthread_create(&worker->thread, &attributes, worker_runs, worker);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) worker_becomes(worker, NO_WORKER);
    return !failed;
}

/* Gives `job` with ranks from 1 to size - 1 to workers that wait, and to new ones; returns the rank after
 * the last one: less than `size` where the system gives no more threads. */
static int workers_begin(int size, worker_job_t job, void *argument) {
    int rank = 1, here = -1;
#ifdef __GLIBC__
    here = sched_getcpu();
#endif
    for (worker_t *worker = workers; rank < size && worker < workers + MAX_WORKERS; worker++) {
        int waits = worker_turns(worker, WAITING, TAKEN);
        if (!waits && !worker_turns(worker, NO_WORKER, TAKEN)) continue;
        if (waits && worker->core >= 0 && worker->core == here) {
            worker_becomes(worker, WAITING);  /* it would share this core */
            continue;
        }
        worker->job = job, worker->argument = argument, worker->rank = rank;
        if (waits)
            worker_becomes(worker, WORKING);
        else if (!worker_starts(worker, here, size))
            break;
        rank++;
    }
    return rank;
}
#endif
