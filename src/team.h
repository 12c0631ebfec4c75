/* A team of threads that lives as long as one call: nothing is left behind for fork to trip over.
 *
 * The caller is member 0. Members meet at team_wait; whoever wants all of them to stop says so with
 * team_stop before, and all learn it at the same meeting, so that none waits for one that has left.
 * A wait spins for some microseconds, then yields, then sleeps: on a busy machine the others must
 * get the core. Without POSIX threads and GCC's atomics a team has one member.
 */
#ifndef FASTBP_TEAM_H
#define FASTBP_TEAM_H

enum { MOST_MEMBERS = 64 };

typedef struct {
    int size;
    int arrived;
    unsigned meeting;  /* counts the meetings */
    int asked;         /* team_stop's argument, until the next meeting */
    int stopped;       /* what that meeting found */
} team_t;

typedef void (*team_body_t)(void *argument, int member);

#if defined(__GNUC__) && !defined(_WIN32)
#include <pthread.h>
#include <sched.h>
#include <signal.h>
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

static void team_until(unsigned *place, unsigned old) {
    const struct timespec a_while = {0, 100000};
    for (int i = 0; __atomic_load_n(place, __ATOMIC_ACQUIRE) == old; i++) {
        if (i < TEAM_SPINS)
            TEAM_PAUSE();
        else if (i < TEAM_SPINS + TEAM_YIELDS)
            sched_yield();
        else
            nanosleep(&a_while, NULL);
    }
}

/* Waits for all members; 0, or what team_stop was told before. */
static int team_wait(team_t *team) {
    if (team->size > 1) {
        unsigned meeting = __atomic_load_n(&team->meeting, __ATOMIC_RELAXED);
        if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->size) {
            __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
            team->stopped = team_asked(team);
            __atomic_store_n(&team->meeting, meeting + 1, __ATOMIC_RELEASE);
        } else
            team_until(&team->meeting, meeting);
        return team->stopped;
    }
    return team->asked;
}

static void *team_member(void *argument) {
    team_member_t *me = argument;
    team_until(&me->team->meeting, 0);  /* till the size is known */
    if (me->number < me->team->size) me->body(me->argument, me->number);
    return NULL;
}

/* Runs `body` in every member of a team of `size`, or of fewer where the system gives no more. */
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    pthread_t threads[MOST_MEMBERS];
    team_member_t members[MOST_MEMBERS];
    int count = 1;
    *team = (team_t) {1, 0, 0, 0, 0};
    if (size > 1) {
        pthread_attr_t attributes;
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  /* signals are the interpreter's threads' */
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, TEAM_STACK);
        for (; count < size && count < MOST_MEMBERS; count++) {
            members[count] = (team_member_t) {team, body, argument, count};
            if (pthread_create(&threads[count], &attributes, team_member, &members[count])) break;
        }
        pthread_attr_destroy(&attributes);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        team->size = count;
        __atomic_store_n(&team->meeting, 1, __ATOMIC_RELEASE);
    }
    body(argument, 0);
    while (--count > 0) pthread_join(threads[count], NULL);
}

#else

static void team_stop(team_t *team, int why) { team->asked = why; }
static int team_asked(team_t *team) { return team->asked; }
static int team_wait(team_t *team) { return team->asked; }
static void team_run(team_t *team, int size, team_body_t body, void *argument) {
    team->size = 1;
    team->asked = 0;
    (void) size;
    body(argument, 0);
}

#endif
#endif
