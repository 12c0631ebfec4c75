# Marks of what each thread did when (timeline.h), for benchmarks/thread_timeline.py.
#
# Needs: nothing.
# Gives: MARK_BACKWARD, MARK_BARRIER, MARK_FETCH, MARK_FORWARD, MARK_OUTPUT, MARK_START,
#   MARK_UPDATE, PHASES, take_timeline, timeline_mark.

cdef extern from "timeline.h" nogil:
    const int MARK_START, MARK_FETCH, MARK_FORWARD, MARK_OUTPUT, MARK_BACKWARD, MARK_UPDATE
    const int MARK_BARRIER, TIMELINE_RANKS
    void timeline_mark(int rank, int phase, long layer)
    unsigned timeline_count(int rank)
    long long timeline_time(int rank, unsigned i)
    int timeline_phase(int rank, unsigned i)
    int timeline_layer(int rank, unsigned i)
    void timeline_clear(int rank)

PHASES = ("start", "fetch", "forward", "output", "backward", "update", "barrier")


def take_timeline():
    """Each thread's marks since the last call, (nanoseconds, phase, layer), where one ended.

    They are empty unless the boundary was compiled with -DFASTBP_TIMELINE.
    """
    cdef int rank
    cdef unsigned i
    marks = []
    for rank in range(TIMELINE_RANKS):
        marks.append([(timeline_time(rank, i), PHASES[timeline_phase(rank, i)],
                       timeline_layer(rank, i)) for i in range(timeline_count(rank))])
        timeline_clear(rank)
    return marks
