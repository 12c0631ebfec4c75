"""What the whole process takes from malloc, seen and spoilt by a library that is loaded first.

tracemalloc sees only Python's own allocator. It is written for glibc, whose functions have second
names under which the first ones can be replaced.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from ways_in import run_script

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

long calls;      /* of all the functions below, by anyone */
long watched;    /* whether the following three are kept: it takes time */
long asked;      /* allocations that fastbp's own modules asked for */
long fail_at;    /* which of them fails; 0: none */
long alive;      /* those they have not given back */
static void *mine[1 << 12];

static int refused(void *caller) {
    Dl_info from;
    if (!watched || !dladdr(caller, &from) || !strstr(from.dli_fname, "/fastbp/_")) return -1;
    if (++asked != fail_at) return 0;
    errno = ENOMEM;
    return 1;
}

static void *noted(void *memory) {
    for (int i = 0; memory && i < 1 << 12; i++)
        if (!mine[i]) { mine[i] = memory; alive++; break; }
    return memory;
}

static void forget(void *memory) {
    for (int i = 0; memory && alive && i < 1 << 12; i++)
        if (mine[i] == memory) { mine[i] = NULL; alive--; break; }
}

#define TAKEN(memory) \
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED); \
    int no = refused(__builtin_return_address(0)); \
    return no == 1 ? NULL : no == 0 ? noted(memory) : (memory)

void *malloc(size_t n) { TAKEN(__libc_malloc(n)); }
void *calloc(size_t n, size_t size) { TAKEN(__libc_calloc(n, size)); }
void *memalign(size_t a, size_t n) { TAKEN(__libc_memalign(a, n)); }
void *aligned_alloc(size_t a, size_t n) { TAKEN(__libc_memalign(a, n)); }
void *realloc(void *old, size_t n) { forget(old); TAKEN(__libc_realloc(old, n)); }
int posix_memalign(void **to, size_t a, size_t n) {
    *to = memalign(a, n);
    return *to ? 0 : ENOMEM;
}
void free(void *memory) {
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    forget(memory);
    __libc_free(memory);
}
"""

# The counters, for the scripts.
PRELUDE = """
import ctypes
def counter(name):
    return ctypes.c_long.in_dll(ctypes.CDLL(None), name)
calls, watched, asked, fail_at, alive = map(
    counter, ("calls", "watched", "asked", "fail_at", "alive"))
"""


def run_counted(code: str, folder: Path) -> str:
    """The output of a script that finds the counters of ``SOURCE``, with their C names."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("the counting library is compiled here, and there is no C compiler")
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("the counting library replaces glibc's malloc, and this is another libc")
    if "LD_PRELOAD" in os.environ:
        pytest.skip("another library is loaded first: a sanitizer, which has a malloc of its own")
    source, library = folder / "allocations.c", folder / "liballocations.so"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return run_script(PRELUDE + code, folder, timeout=600, LD_PRELOAD=str(library))
