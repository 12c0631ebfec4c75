"""What the explorer's page knows of a network: parameters, formulas, samples, and their traces."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastbp.errors import ShapeError
from fastbp.inputs import (
    as_batch,
    check_column_names,
    check_integer,
    check_number,
    is_sparse,
    short_repr,
)
from fastbp.inputs.frames import column_labels, is_frame
from fastbp.lessons.explorer.array_data import array_data
from fastbp.lessons.loss_factor import notated
from fastbp.lessons.networks import in_float64
from fastbp.model.trace import Trace
from fastbp.network import Network
from fastbp.operations import ACTIVATIONS

#: Samples on a page at most, and their numbers at most: of 784 inputs 76 samples.
MOST_SAMPLES, MOST_NUMBERS = 200, 60_000
#: Traces on a page at most: what the page walks where it cannot compute, and else compares with.
MOST_TRACES = 32


def network_data(
    net: Network,
    X: Any,
    y: Any,
    *,
    title: str,
    text: str = "",
    learning_rate: float = 0.5,
    batch_size: int = 1,
    image: Sequence[int] | None = None,
    inputs: Sequence[str] = (),
    left_out: int = 0,
) -> dict[str, Any]:
    """Describe a network and its samples for the page, as what JSON can hold.

    Parameters
    ----------
    net : Network
        It is not changed. Its numbers are taken in float64 where its activations are built in.
    X, y
        Samples and targets, as for :meth:`Network.gradients`. The first `MOST_SAMPLES` are taken.
    title, text : str
        What the page calls it and says of it.
    learning_rate : float
        That the page begins with.
    batch_size : int
        Likewise.
    image : (rows, columns) or None
        If each sample is an image, row by row.
    inputs : sequence of str
        What the inputs are called, where neither the network nor X knows it.
    left_out : int
        How many samples there are beyond those of X.
    """
    names = _feature_names(net, X) or list(map(str, inputs))
    rows, targets = _samples(net, X, y)
    n_shown = min(len(rows), most_samples(net.sizes[0]))
    has_table_rows = not set(net.activations) - set(ACTIVATIONS)
    copy = in_float64(net) if has_table_rows else net
    traces = [copy.trace(rows[i], targets[i]) for i in range(n_shown)]
    first = traces[0]
    return {
        "title": title,
        "text": text,
        "sizes": list(net.sizes),
        "layers": [None, *(_layer(first, l) for l in range(1, net.L + 1))],
        "loss": _loss(first),
        "bias": net.bias,
        "dtype": str(copy.dtype),
        "w": [None, *(array_data(first.w[l]) for l in range(1, net.L + 1))],
        "b": [None, *(array_data(first.b[l] if net.bias else []) for l in range(1, net.L + 1))],
        "X": array_data([trace.a[0] for trace in traces]),
        "Y": array_data([trace.y for trace in traces]),
        "left_out": left_out + len(rows) - n_shown,
        "inputs": names,
        "outputs": list(map(str, net.classes or ())),
        "image": _image(image, net.sizes[0]),
        "learning_rate": check_number("learning_rate", learning_rate, low=0),
        "batch_size": min(check_integer("batch_size", batch_size, low=1), n_shown),
        "traces": [_trace(trace) for trace in traces[:MOST_TRACES]],
    }


def most_samples(n_0: int) -> int:
    """How many samples of ``n_0`` inputs a page has at most.

    Examples
    --------
    >>> most_samples(2), most_samples(784)
    (200, 76)
    """
    return min(MOST_SAMPLES, max(1, MOST_NUMBERS // n_0))


def _samples(net: Network, X: Any, y: Any) -> tuple[Any, Any]:
    """The rows and their targets, as arrays or lists of the same length."""
    check_column_names(X, net.feature_names, "X")
    dense = X.toarray() if is_sparse(X) else X
    rows: Any = as_batch(dense, net.sizes[0], np.dtype("float64"))
    targets = y if isinstance(y, list) else np.asarray(y)
    if len(rows) == 0:
        raise ShapeError(f"X has no samples, shape {rows.shape}; give one at least")
    if np.ndim(targets) == 0 or len(targets) != len(rows):
        raise ShapeError(
            f"y: got {short_repr(y)}, expected a target for each of the {len(rows)} rows of X"
        )
    return rows, targets


def _feature_names(net: Network, X: Any) -> list[str]:
    names = net.feature_names
    if names is None and is_frame(X):
        names = tuple(column_labels(X))
    return list(map(str, names or ()))


def _image(image: Any, n_0: int) -> list[int] | None:
    if image is None:
        return None
    if not isinstance(image, Sequence) or isinstance(image, str) or len(image) != 2:
        raise ValueError(f"image must be (rows, columns) or None, got {short_repr(image)}")
    shape = [check_integer("image", side, low=1) for side in image]
    if shape[0] * shape[1] != n_0:
        raise ValueError(
            f"image: {shape[0]} x {shape[1]} are {shape[0] * shape[1]} pixels, and the network has "
            f"{n_0} inputs; give rows and columns whose product is {n_0}"
        )
    return shape


def _layer(trace: Trace, l: int) -> dict[str, Any]:
    row = trace.row(l)
    return {
        "activation": trace.activations[l],
        "label": trace.label(l),
        "numbers": list(trace.numbers[l].values()),
        "formula": notated(row) if row else "",  # of the caller's own none is known
        "derivative": row.derivative_formula.replace("^2", "²") if row else "",
    }


def _loss(trace: Trace) -> dict[str, Any]:
    row = trace.loss_row
    if row is None:
        return {"name": None, "label": "a loss of its own", "formula": "", "slope": "dC_0/da_j"}
    return {
        "name": row.name,
        "label": row.label,
        "formula": notated(row),
        "slope": row.slope_formula,
        "fused": not row.chain_rule,
        "words": row.slope_words,
    }


def _trace(trace: Trace) -> dict[str, Any]:
    """What the library computed of one sample; dC_0/dw_jk is a product of these."""
    # a^(0) is the sample; of softmax there is no g' of one node.
    numbers = {"z": trace.z, "delta": trace.delta, "g_prime": trace.g_prime, "dC_da": trace.dC_da}
    by_layer = {
        name: [None, *_up_to(trace.L, map(array_data, arrays))] for name, arrays in numbers.items()
    }
    a = [None, *(array_data(trace.a[l]) for l in range(1, trace.L + 1))]
    return {**by_layer, "a": a, "C": array_data([trace.C_0])}


def _up_to(L: int, arrays: Iterable[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """What layers 1 to L have; None where that ends earlier."""
    there = list(arrays)
    return [*there, *[None] * (L - len(there))]
