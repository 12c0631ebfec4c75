# Marks of what each thread did when (timeline.h), for benchmarks/thread_timeline.py.
#
# Needs: nothing.
# Gives: MARK_BACKWARD, MARK_BARRIER, MARK_FETCH, MARK_FORWARD, MARK_OUTPUT, MARK_START,
#   MARK_UPDATE, PHASES, take_timeline, timeline_mark.

cdef extern from "timeline.h" nogil:
    const int TIMELINE_RANKS
    ctypedef struct timeline_mark_t:
        double seconds
        int phase
        int layer
    void timeline_mark(int rank, int phase, long layer)
    const timeline_mark_t *timeline_take(int rank, unsigned *count)

cdef enum:
    MARK_START, MARK_FETCH, MARK_FORWARD, MARK_OUTPUT, MARK_BACKWARD, MARK_UPDATE, MARK_BARRIER
PHASES = ("start", "fetch", "forward", "output", "backward", "update", "barrier")


def take_timeline():
    """Each thread's marks since the last call, (seconds, phase, layer), where one ended.

    They are empty unless the boundary was compiled with -DFASTBP_TIMELINE.
    """
    cdef int rank
    cdef unsigned i, count = 0
    cdef const timeline_mark_t *marks
    timelines = []
    for rank in range(TIMELINE_RANKS):
        marks = timeline_take(rank, &count)
        timelines.append([(marks[i].seconds, PHASES[marks[i].phase], marks[i].layer)
                          for i in range(count)])
    return timelines
