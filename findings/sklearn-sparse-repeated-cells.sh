#!/usr/bin/env bash
# Package: scikit-learn 1.9.1, from PyPI, with scipy 1.17.1.
#
# A CSR matrix may store a cell more than once, and its number is then the sum: SciPy's page on csr_matrix
# counts the words of documents so, storing a 1 each time that a word comes. SciPy sums, and so do the
# products of scikit-learn's networks. But much of scikit-learn takes each stored number for a cell of its
# own, without a warning. Of "hello world hello", "goodbye cruel world" and "hello":
#
# StandardScaler and VarianceThreshold find no variance in hello, which is there 2, 0 and 1 times;
# normalize makes a row of norm 1.291; TfidfTransformer counts hello in three documents; to NearestNeighbors
# and KMeans the first document is the third. MaxAbsScaler, normalize(norm="l1"), chi2 and decision trees
# give what they give for the sums. X.sum_duplicates() before is the remedy.
#
# Seen:
#
#   MaxAbsScaler: [2.0, 1.0, 1.0, 1.0] of stored numbers, [2.0, 1.0, 1.0, 1.0] of sums
#   StandardScaler, the variance of hello: 0.0 of stored numbers, 0.6667 of sums
#   normalize, the norm of a row: 1.291 of stored numbers, 1.0 of sums
#   TfidfTransformer, hello: 1.0 of stored numbers, 1.2877 of sums
#   NearestNeighbors, from the third to the first: 0.0 of stored numbers, 1.4142 of sums
#   KMeans, the inertia of two clusters: 0.5 of stored numbers, 1.0 of sums
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install \
    scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import MaxAbsScaler, StandardScaler, normalize

warnings.simplefilter("error")
columns, indices, indptr = {}, [], [0]
for document in ("hello world hello", "goodbye cruel world", "hello"):
    indices += [columns.setdefault(word, len(columns)) for word in document.split()]
    indptr.append(len(indices))
stored = csr_matrix((np.ones(len(indices)), indices, indptr))
sums = stored.copy()
sums.sum_duplicates()
assert (stored.toarray() == sums.toarray()).all()


def to_the_first(X):
    distances, places = NearestNeighbors(n_neighbors=3, algorithm="brute").fit(X).kneighbors(X[2])
    return distances[places == 0][0]


looks = {
    "MaxAbsScaler": lambda X: MaxAbsScaler().fit(X).max_abs_,
    "StandardScaler, the variance of hello": lambda X: StandardScaler(with_mean=False).fit(X).var_[0],
    "normalize, the norm of a row": lambda X: np.linalg.norm(normalize(X).toarray()[0]),
    "TfidfTransformer, hello": lambda X: TfidfTransformer().fit(X).idf_[0],
    "NearestNeighbors, from the third to the first": to_the_first,
    "KMeans, the inertia of two clusters": lambda X: KMeans(2, random_state=0, n_init=10).fit(X).inertia_,
}
for name, look in looks.items():
    of_stored, of_sums = (np.round(look(X.copy()), 4).tolist() for X in (stored, sums))
    print(f"{name}: {of_stored} of stored numbers, {of_sums} of sums")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
MaxAbsScaler: [2.0, 1.0, 1.0, 1.0] of stored numbers, [2.0, 1.0, 1.0, 1.0] of sums
StandardScaler, the variance of hello: 0.0 of stored numbers, 0.6667 of sums
normalize, the norm of a row: 1.291 of stored numbers, 1.0 of sums
TfidfTransformer, hello: 1.0 of stored numbers, 1.2877 of sums
NearestNeighbors, from the third to the first: 0.0 of stored numbers, 1.4142 of sums
KMeans, the inertia of two clusters: 0.5 of stored numbers, 1.0 of sums
END
