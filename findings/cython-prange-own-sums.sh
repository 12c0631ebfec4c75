#!/usr/bin/env bash
# Package: Cython 3.3.1 and 3.1.8, from PyPI; GCC with OpenMP.
#
# In a loop over prange a variable that is updated in place (total += x[i]) is a reduction. Written
# as total = total + x[i], or best = max(best, x[i]), it is a variable of each thread, which begins with
# the value from before the loop, and what stands there after the loop is the part of the thread that
# had the last rows. Cython 3.1.8 refused such a function: "local variable 'total' referenced before
# assignment". Cython 3.3.1 compiles it without an error or a warning, and the sum of 4,096 ones by two
# threads is 2048. With one thread it is right, so a test on one core sees nothing.
#
# Seen:
#
#   Cython 3.1.8: local variable 'total' referenced before assignment
#   Cython 3.3.1 compiles it
#   total += x[i], 2 threads: 4096.0
#   total = total + x[i], 1 thread: 4096.0
#   total = total + x[i], 2 threads: 2048.0
#   best = max(best, x[i]) of 7 and then zeros, 2 threads: 0.0
#
# Needs Python 3.11 or newer, its headers, and GCC. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 3.1.8 3.3.1; do
    python3 -m venv "cython-$version"
    "cython-$version/bin/pip" --quiet --disable-pip-version-check install "cython==$version"
done

cat > sums.pyx << 'END'
# cython: boundscheck=False, wraparound=False
from cython.parallel cimport prange


def in_place(const double[::1] x, int threads):
    cdef double total = 0
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=threads, schedule="static"):
        total += x[i]
    return total


def assigned(const double[::1] x, int threads):
    cdef double total = 0
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=threads, schedule="static"):
        total = total + x[i]
    return total


def largest(const double[::1] x, int threads):
    cdef double best = 0
    cdef Py_ssize_t i
    for i in prange(x.shape[0], nogil=True, num_threads=threads, schedule="static"):
        best = max(best, x[i])
    return best
END

{
    { cython-3.1.8/bin/cython -3 sums.pyx -o old.c 2>&1 || true; } \
        | grep -o "local variable 'total' referenced before assignment" | head -1 \
        | sed 's/^/Cython 3.1.8: /'
    cython-3.3.1/bin/cython -3 -Wextra sums.pyx > said 2>&1
    [ ! -s said ] && echo "Cython 3.3.1 compiles it"
    include=$(cython-3.3.1/bin/python -c 'import sysconfig; print(sysconfig.get_path("include"))')
    gcc -O2 -w -fopenmp -shared -fPIC "-I$include" sums.c -o sums.so
    cython-3.3.1/bin/python -c '
from array import array
from sums import assigned, in_place, largest

ones = array("d", [1.0]) * 4096
first = array("d", [7.0] + [0.0] * 4095)
print("total += x[i], 2 threads:", in_place(ones, 2))
print("total = total + x[i], 1 thread:", assigned(ones, 1))
print("total = total + x[i], 2 threads:", assigned(ones, 2))
print("best = max(best, x[i]) of 7 and then zeros, 2 threads:", largest(first, 2))
'
} | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
Cython 3.1.8: local variable 'total' referenced before assignment
Cython 3.3.1 compiles it
total += x[i], 2 threads: 4096.0
total = total + x[i], 1 thread: 4096.0
total = total + x[i], 2 threads: 2048.0
best = max(best, x[i]) of 7 and then zeros, 2 threads: 0.0
END
