/* A team of threads that lives as long as one call: nothing is left behind for fork to trip over.
 *
 * The caller is member 0. Members meet at team_wait; whoever wants all of them to stop says so with
 * team_stop before, and all learn it at the same meeting, so that none waits for one that has left.
 * A counter in one place would travel between the cores more often than the flags of each member.
 * A wait spins for some microseconds, then yields, then sleeps: on a busy machine the others must
 * get the core. Without POSIX threads and GCC's atomics a team has one member.
 */
#ifndef FASTBP_TEAM_H
#define FASTBP_TEAM_H

enum { MOST_MEMBERS = 64 };

/* Where a member says that it has come, a pair of cache lines each: it writes, the others read. Of
 * the two slots one is of this meeting, and the other of the one that somebody may still be at. */
typedef struct {
    unsigned meeting[2];
    int asked[2];
    char unshared[128 - 2 * (sizeof(unsigned) + sizeof(int))];
} team_place_t;

typedef struct {
    int size;
    unsigned started;
    int asked;  /* team_stop's argument */
    team_place_t *places;
} team_t;

typedef void (*team_body_t)(void *argument, int member);

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
    int number;
} team_member_t;

static void team_stop(team_t *team, int why) {
    __atomic_store_n(&team->asked, why, __ATOMIC_RELAXED);
}
static int team_asked(team_t *team) { return __atomic_load_n(&team->asked, __ATOMIC_RELAXED); }

static void team_until(unsigned *place, unsigned meeting) {
    const struct timespec a_while = {0, 100000};
    for (int i = 0; __atomic_load_n(place, __ATOMIC_ACQUIRE) != meeting; i++) {
        if (i < TEAM_SPINS)
            TEAM_PAUSE();
        else if (i < TEAM_SPINS + TEAM_YIELDS)
            sched_yield();
        else
            nanosleep(&a_while, NULL);
    }
}

/* Waits for all members at meeting 1, 2, ...; 0, or what team_stop was told before. */
static int team_wait(team_t *team, int me, unsigned meeting) {
    int slot = meeting % 2, asked;
    if (team->size == 1) return team->asked;
    asked = team->places[me].asked[slot] = team_asked(team);
    __atomic_store_n(&team->places[me].meeting[slot], meeting, __ATOMIC_RELEASE);
    for (int i = 0; i < team->size; i++) {
        team_until(&team->places[i].meeting[slot], meeting);
        if (team->places[i].asked[slot] > asked) asked = team->places[i].asked[slot];
    }
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

static void *team_member(void *argument) {
    team_member_t *me = argument;
    team_until(&me->team->started, 1);  /* till the size is known */
    if (me->number < me->team->size) me->body(me->argument, me->number);
    return NULL;
}

/* Runs `body` in every member of a team of `size` (team->places has as many), or of fewer where the
 * system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    pthread_t threads[MOST_MEMBERS];
    team_member_t members[MOST_MEMBERS];
    int count = 1;
    *team = (team_t) {1, 0, 0, team->places};
    if (size > 1) {
        pthread_attr_t attributes, elsewhere;
        sigset_t all, before;
        memset(team->places, 0, size * sizeof *team->places);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
        team_attributes(&attributes);
        team_attributes(&elsewhere);
        team_elsewhere(&elsewhere, size);
        for (; count < size && count < MOST_MEMBERS; count++) {
            members[count] = (team_member_t) {team, body, argument, count};
            if (pthread_create(&threads[count], &elsewhere, team_member, &members[count])
                /* where a sandbox forbids to choose cores */
                && pthread_create(&threads[count], &attributes, team_member, &members[count]))
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
static int team_wait(team_t *team, int me, unsigned meeting) {
    (void) me, (void) meeting;
    return team->asked;
}
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    team->size = 1;
    team->asked = 0;
    (void) size;
    body(argument, 0);
}

#endif
#endif
