/* A team of threads that lives as long as one call: nothing is left behind for fork to trip over.
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

/* Where a thread says that it has come to a barrier, a pair of cache lines each: it writes, others
 * read. Of the two numbers one is of this barrier, and the other of the one before, where another
 * thread may still wait. */
typedef struct {
    unsigned barrier[2];
    int asked[2];
    char padding[128 - 2 * (sizeof(unsigned) + sizeof(int))];
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
#include <time.h>

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
    TEAM_STACK = 1 << 18
};

typedef struct {
    team_t *team;
    team_body_t body;
    void *argument;
    int rank;
} team_thread_t;

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

static void team_attributes(pthread_attr_t *attributes) {
    pthread_attr_init(attributes);
    pthread_attr_setstacksize(attributes, TEAM_STACK);
}

/* Keeps new threads off the caller's core, if there are enough others. Linux may leave a thread beside
 * its maker for tens of milliseconds while another core has nothing to do; in such a time two threads
 * took three times as long as one. */
static void team_elsewhere(pthread_attr_t *attributes, int size) {
#ifdef __GLIBC__
    cpu_set_t cores;
    int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof cores, &cores) || CPU_COUNT(&cores) < size) return;
    CPU_CLR(here, &cores);
    pthread_attr_setaffinity_np(attributes, sizeof cores, &cores);
#else
    (void) attributes, (void) size;
#endif
}

static void *team_thread(void *argument) {
    team_thread_t *self = argument;
    team_until(&self->team->started, 1);  /* till the size is known */
    if (self->rank < self->team->size) self->body(self->argument, self->rank);
    return NULL;
}

/* Runs `body` in every thread of a team of `size` (team->slots has as many), or of fewer where the
 * system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    pthread_t threads[MAX_THREADS];
    team_thread_t arguments[MAX_THREADS];
    int count = 1;
    *team = (team_t) {1, 0, 0, 0, 0, team->slots};
    if (size > 1) {
        pthread_attr_t attributes, elsewhere;
        sigset_t all, before;
        memset(team->slots, 0, size * sizeof *team->slots);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
        team_attributes(&attributes);
        team_attributes(&elsewhere);
        team_elsewhere(&elsewhere, size);
        for (; count < size && count < MAX_THREADS; count++) {
            arguments[count] = (team_thread_t) {team, body, argument, count};
            if (pthread_create(&threads[count], &elsewhere, team_thread, &arguments[count])
                /* where a sandbox forbids to choose cores */
                && pthread_create(&threads[count], &attributes, team_thread, &arguments[count]))
                break;
        }
        pthread_attr_destroy(&attributes);
        pthread_attr_destroy(&elsewhere);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        team->size = count;
        __atomic_store_n(&team->started, 1, __ATOMIC_RELEASE);
    }
    body(argument, 0);
    while (--count > 0) pthread_join(threads[count], NULL);
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
