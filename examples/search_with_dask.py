"""A grid search on the workers of a Dask cluster, of this machine or of many.

python examples/search_with_dask.py                         # two worker processes here
python examples/search_with_dask.py tcp://SCHEDULER:8786    # the workers of that scheduler

Needs scikit-learn and dask.distributed: pip install "fastbp[sklearn]" distributed. On every machine
the same versions of Python, scikit-learn and fastbp must be installed.
"""

import sys
import time
import warnings

import joblib
from dask.distributed import Client
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from fastbp.datasets import load_digits
from fastbp.sklearn import MLPClassifier
from fastbp.training.threads import available

GRID = {"hidden_layer_sizes": [(16,), (32,)], "alpha": [1e-4, 1e-2]}


def connect(addresses):
    """A client of the scheduler that was named, or of a cluster of this machine's own."""
    if addresses:
        return Client(*addresses)
    return Client(n_workers=2, threads_per_worker=1, dashboard_address=None)


def main(addresses):
    """Search, and print what was found."""
    X, y = load_digits()
    search = GridSearchCV(MLPClassifier(max_iter=50, random_state=0), GRID, cv=3)
    with connect(addresses) as client:
        for worker in client.ncores():
            threads = client.submit(available, workers=[worker], pure=False).result()
            print(f"{worker}: {threads} thread{'s' * (threads > 1)} a fit")
        start = time.perf_counter()
        with joblib.parallel_config("dask"):
            search.fit(X, y)
    print(f"{len(search.cv_results_['params'])} settings in {time.perf_counter() - start:.1f} s")
    print(f"best: {search.best_params_}, accuracy {search.best_score_:.4f}")
    return search


if __name__ == "__main__":  # the workers import this file, too
    warnings.simplefilter("ignore", ConvergenceWarning)
    main(sys.argv[1:])
