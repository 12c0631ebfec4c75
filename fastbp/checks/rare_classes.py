"""A class that is rare, and that the network misses."""

import numpy as np

from fastbp.inputs import Rows, Targets
from fastbp.model.model import Model
from fastbp.training.findings import THRESHOLDS, Finding

_IMBALANCE, _RECALL = (THRESHOLDS[name].value for name in ("imbalance", "recall"))
#: Rows of all, below which shares are chance; and rows of the rare class that are predicted.
_FEWEST, _MOST = 100, 512


def rare_class_findings(model: Model, X: Rows, y: Targets) -> list[Finding]:
    """The rarest class, if it is far rarer than the most frequent one and mostly missed."""
    if y.kind not in ("classes", "one_hot") or len(X) < _FEWEST:
        return []
    n_L, labels = model.architecture.sizes[-1], y.array
    if labels.ndim == 2:
        labels = labels[:, 0] >= 0.5 if n_L == 1 else labels.argmax(axis=1)
    labels = labels.astype(np.intp)
    counts = np.bincount(labels, minlength=max(n_L, 2))
    rare = int(np.where(counts > 0, counts, len(labels) + 1).argmin())
    ratio = float(counts.max() / counts[rare])
    if ratio < _IMBALANCE:
        return []
    rows = np.flatnonzero(labels == rare)[:_MOST]
    a = np.empty((len(rows), n_L), model.architecture.dtype)
    model.program.predict(X[rows], a)
    predicted = a[:, 0] >= 0.5 if n_L == 1 else a.argmax(axis=1)
    recall = float((predicted.astype(np.intp) == rare).mean())
    if recall >= _RECALL:
        return []
    name = str(rare) if model.classes is None else repr(model.classes[rare])
    text = (
        f"Class {name} is rare, {counts[rare]:,} of {len(labels):,} rows, 1 to {ratio:.0f} of the "
        f"most frequent one, and the network finds {recall:.0%} of its rows"
    )
    L, node = len(model.architecture.sizes) - 1, rare if n_L > 1 else 0
    remedy = "fit(class_weight='balanced')"
    return [Finding("class_imbalance", text, remedy, L, (node,), ratio)]
