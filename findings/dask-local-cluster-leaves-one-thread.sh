#!/usr/bin/env bash
# Package: distributed 2026.8.0 (with dask 2026.8.0), from PyPI.
#
# LocalCluster sets OMP_NUM_THREADS=1, MKL_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 not only for its worker
# processes, but in os.environ of the process that starts it, and does not take them back when it is closed.
# The docstring of Nanny says that its process may be "poisoned"; with LocalCluster, and so with Client()
# without an address, that process is the user's own.
#
# So what a program does after its cluster runs with one thread, where a library is first imported then, asks
# anew for each call, or runs in a process that is started then. With processes=False, and where a variable
# was set before, nothing is changed.
#
# Seen:
#
#   before: None
#   a worker process: 1
#   in this process, after close: 1
#   a process started after close: 1
#   set to 3 before: 3, a worker process: 3
#   after processes=False: None
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install distributed==2026.8.0 dask==2026.8.0

cat > look.py << 'END'
import os
import subprocess
import sys

from distributed import Client, LocalCluster

NAME = "OMP_NUM_THREADS"


def in_worker(**options):
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, **options) as cluster:
        with Client(cluster) as client:
            return client.submit(os.environ.get, NAME).result()


if __name__ == "__main__":
    os.environ.pop(NAME, None)
    print(f"before: {os.environ.get(NAME)}")
    print(f"a worker process: {in_worker()}")
    print(f"in this process, after close: {os.environ.get(NAME)}")
    code = f"import os; print(os.environ.get({NAME!r}))"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    print(f"a process started after close: {started.stdout.strip()}")
    os.environ[NAME] = "3"
    seen = in_worker()
    print(f"set to 3 before: {os.environ[NAME]}, a worker process: {seen}")
    del os.environ[NAME]
    in_worker(processes=False)
    print(f"after processes=False: {os.environ.get(NAME)}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
before: None
a worker process: 1
in this process, after close: 1
a process started after close: 1
set to 3 before: 3, a worker process: 3
after processes=False: None
END
