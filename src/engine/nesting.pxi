# Compiled calls within compiled calls, of one thread.
#
# An activation or a loss of the caller's own, or a signal's handler, may call any network, which
# calls one again. Python counts its own frames, but knows nothing of the C stack that a call takes
# here: 2.3 kB a level of `predict`, 3.1 kB of `gradients`, so that a thread of 128 kB crashed at
# level 52 or 37, long before Python's limit of 1,000 frames. 16 levels take less than half of it.
#
# Needs: nothing.
# Gives: enter_call, leave_call.

cdef extern from *:
    """
    #ifdef _MSC_VER
    static __declspec(thread) int nested_calls;
    #else
    static __thread int nested_calls;
    #endif
    """
    int nested_calls

cdef int MOST_NESTED_CALLS = 16


cdef int enter_call() except -1:
    """Count a call that begins; RecursionError where too many are under way in this thread."""
    global nested_calls
    if nested_calls >= MOST_NESTED_CALLS:
        raise RecursionError(
            f"{MOST_NESTED_CALLS} calls of networks are under way in this thread, each made from "
            f"within the one before: by an activation or a loss of your own, or a signal's "
            f"handler. What these call must end without calling them again")
    nested_calls += 1
    return 0


cdef void leave_call() noexcept nogil:
    global nested_calls
    nested_calls -= 1
