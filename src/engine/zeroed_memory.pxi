# Memory that starts as zeros, in the system's huge pages where they pay.
#
# Products read a row of a matrix here and a row there. With pages of 4 kB the processor looks up
# most of them in a table of the system's, and in a virtual machine in two. NumPy asks Linux for
# pages of 2 MB from 4 MB on, at places of malloc's choice; networks of two to four gain most.
#
# Needs: boundary.pyx.
# Gives: LEAST_IN_HUGE_PAGES, zeroed.

import mmap

cdef enum:
    HUGE_PAGE = 1 << 21
    IDLE = HUGE_PAGE // 4  # bytes that the last one may have to spare; else small ones

# In bytes. A test changes it.
LEAST_IN_HUGE_PAGES = HUGE_PAGE - IDLE


def zeroed(nbytes):
    """An array of so many bytes of 0. tracemalloc does not see huge pages."""
    if nbytes < LEAST_IN_HUGE_PAGES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return numpy.zeros(nbytes, "B")
    huge = (nbytes + IDLE) // HUGE_PAGE * HUGE_PAGE
    try:
        pages = mmap.mmap(-1, max(nbytes, huge) + HUGE_PAGE,
                          mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError):  # there may be room without the page that is for alignment
        return numpy.zeros(nbytes, "B")
    memory = numpy.frombuffer(pages, "B")
    skip = -memory.ctypes.data % HUGE_PAGE
    try:
        pages.madvise(mmap.MADV_HUGEPAGE, skip, huge)
    except OSError:
        pass  # a system without them
    return memory[skip:skip + nbytes]
