# Memory that starts as zeros, in the system's huge pages where they pay.
#
# Products read a row of a matrix here and a row there. With pages of 4 kB the processor looks up
# most of them in a table of the system's, and in a virtual machine in two. NumPy asks Linux for
# pages of 2 MB from 4 MB on; networks of one to four gain most.
#
# Needs: boundary.pyx.
# Gives: LEAST_IN_HUGE_PAGES, zeroed.

import mmap

cdef enum:
    HUGE_PAGE = 1 << 21

# In bytes. On two cores of an Intel Xeon (family 6, model 167) predictions and steps of
# 784-512-512-10 take 3 to 9% less time. Most of a huge page may lie idle behind each array, so
# smaller ones are left to NumPy. A test changes it.
LEAST_IN_HUGE_PAGES = 1 << 20


def zeroed(nbytes):
    """An array of so many bytes of 0. tracemalloc does not see huge pages."""
    if nbytes < LEAST_IN_HUGE_PAGES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return numpy.zeros(nbytes, "B")
    try:
        pages = mmap.mmap(-1, nbytes + HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, OverflowError):
        raise MemoryError(f"no memory for {nbytes} bytes") from None
    try:
        pages.madvise(mmap.MADV_HUGEPAGE)
    except OSError:
        pass  # a system without them
    memory = numpy.frombuffer(pages, "B")
    skip = -memory.ctypes.data % HUGE_PAGE
    return memory[skip:skip + nbytes]
