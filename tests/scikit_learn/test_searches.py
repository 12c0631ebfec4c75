"""Searches on several processes, joblib's own and Dask's: the same scores, a thread a fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from source_tree import ROOT
from ways_in import run_script, same_fastbp

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

EXAMPLE = ROOT / "examples" / "search_with_dask.py"

#: Each script is a process of its own: a cluster sets variables in the environment of the process
#: that starts it.
BEGINNING = """
import os, runpy, warnings
import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from fastbp.datasets import load_digits
from fastbp.sklearn import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)
os.environ["PYTHONWARNINGS"] = "ignore"  # the same in the workers
X, y = load_digits()
classifier = MLPClassifier(max_iter=10, random_state=0)
grid = {"hidden_layer_sizes": [(16,), (32,)], "alpha": [1e-4, 1e-2]}

def searched():
    found = cross_val_score(classifier, X, y, cv=3).tolist()
    for search in (GridSearchCV, HalvingGridSearchCV):
        numbered = {"random_state": 0} if search is HalvingGridSearchCV else {}
        fitted = search(classifier, grid, cv=3, **numbered).fit(X, y)
        scores = [v for k, v in fitted.cv_results_.items() if "score" in k and "time" not in k]
        found += [np.asarray(scores).tolist(), fitted.predict_proba(X).tolist()]
    return found

def look(_=None):
    from fastbp.training.threads import available, chooser
    big = chooser(None, (784, 2048, 10), 1000, "d", "adam")  # a step that all threads would share
    return os.getpid(), available(), big.next()[0]

alone = searched()
"""

LOKY = """
with joblib.parallel_config("loky", n_jobs=2):
    assert searched() == alone
    looks = joblib.Parallel()(joblib.delayed(look)() for _ in range(4))
assert os.getpid() not in {pid for pid, *_ in looks}
assert all(threads == [1, 1] for _, *threads in looks), looks
print("done")
"""

CLUSTER = """
from distributed import Client, LocalCluster

def cluster(processes):
    return LocalCluster(
        n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=None
    )

def looks(client):
    return [client.submit(look, workers=[w], pure=False).result() for w in client.ncores()]
"""

PROCESSES = """
with cluster(processes=True) as workers, Client(workers) as client:
    found = looks(client)
    assert len({pid for pid, *_ in found} - {os.getpid()}) == 2, found
    assert all(threads == [1, 1] for _, *threads in found), found
    with joblib.parallel_config("dask"):
        assert searched() == alone
    example = runpy.run_path(EXAMPLE)
    search = example["main"]([workers.scheduler_address])  # as its command line says
    assert search.best_score_ > 0.9, search.best_score_
print("done")
"""

THREADS = """
for name in ("OMP_NUM_THREADS", "FASTBP_NUM_THREADS"):
    os.environ.pop(name, None)
_, cores, team = look()
with cluster(processes=False) as workers, Client(workers) as client:
    assert "OMP_NUM_THREADS" not in os.environ
    assert [threads for _, *threads in looks(client)] == [[1, 1], [1, 1]]
    assert look()[1:] == (cores, team)  # beside the workers
print("done")
"""


@pytest.mark.slow
def test_searches_with_loky(tmp_path: Path) -> None:
    assert run_script(BEGINNING + LOKY, tmp_path, timeout=300).endswith("done\n")


@pytest.mark.slow
@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples/ is not beside tests/")
def test_searches_on_two_workers_of_a_dask_cluster(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    code = f"{BEGINNING}{CLUSTER}EXAMPLE = {str(EXAMPLE)!r}\n{PROCESSES}"
    assert run_script(code, tmp_path, timeout=300).endswith("done\n")


@pytest.mark.slow
def test_workers_of_a_dask_cluster_that_are_threads(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    assert run_script(BEGINNING + CLUSTER + THREADS, tmp_path, timeout=300).endswith("done\n")


@pytest.mark.slow
@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples/ is not beside tests/")
def test_the_example_starts_a_cluster_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    run = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        cwd=tmp_path,
        env=same_fastbp(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(": 1 thread a fit\n") == 2
    assert "4 settings in" in run.stdout
