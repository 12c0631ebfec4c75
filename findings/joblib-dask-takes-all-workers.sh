#!/usr/bin/env bash
# Package: joblib 1.6.0 with distributed 2026.8.0 (and dask 2026.8.0), from PyPI.
#
# With joblib's Dask backend n_jobs has no effect: n_jobs=1, which with every other backend means to run here,
# one after the other, runs on all workers of the cluster, and so do n_jobs=None and 2. Whether n_jobs is an
# argument of Parallel or of parallel_config changes nothing. So an estimator's n_jobs=1 keeps no search
# off the cluster, and a share of a cluster must be asked for in another way.
#
# Seen, of six tasks and a cluster of three workers: how many processes ran them, and whether this one did.
#
#   loky n_jobs=None: 1, here
#   loky n_jobs=1: 1, here
#   loky n_jobs=2: 2
#   dask n_jobs=None: 3
#   dask n_jobs=1: 3
#   dask n_jobs=2: 3
#   dask n_jobs=1 of parallel_config: 3
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install \
    joblib==1.6.0 distributed==2026.8.0 dask==2026.8.0

cat > look.py << 'END'
import os
import time

from distributed import Client, LocalCluster
from joblib import Parallel, delayed, parallel_config


def process():
    time.sleep(0.5)  # so that each worker gets some
    return os.getpid()


def look(name, **options):
    pids = set(Parallel(**options)(delayed(process)() for _ in range(6)))
    print(f"{name}: {len(pids)}{', here' if os.getpid() in pids else ''}")


if __name__ == "__main__":
    for n_jobs in (None, 1, 2):
        with parallel_config("loky"):
            look(f"loky n_jobs={n_jobs}", n_jobs=n_jobs)
    with LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster):
            for n_jobs in (None, 1, 2):
                with parallel_config("dask"):
                    look(f"dask n_jobs={n_jobs}", n_jobs=n_jobs)
            with parallel_config("dask", n_jobs=1):
                look("dask n_jobs=1 of parallel_config")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
loky n_jobs=None: 1, here
loky n_jobs=1: 1, here
loky n_jobs=2: 2
dask n_jobs=None: 3
dask n_jobs=1: 3
dask n_jobs=2: 3
dask n_jobs=1 of parallel_config: 3
END
