"""Metrics of a network on some samples, block by block."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fastbp.inputs import Array, read_only, short_repr
from fastbp.model.model import Model
from fastbp.training.metrics import Metric, r2
from fastbp.training.prediction import output_blocks
from fastbp.training.samples import Samples

#: Rows of targets read together: bounds the memory.
_BLOCK = 65_536


class Evaluation:
    """Metrics of a network on some samples, as often as they are asked for.

    The network predicts block by block. Only for functions, which take all rows at once, are all
    outputs kept, an array of (m, n_L) for as long as they run.
    """

    def __init__(
        self,
        model: Model,
        metrics: tuple[Metric, ...],
        samples: Samples,
        most_threads: int | None = None,
    ) -> None:
        self._model = model
        if samples.divisors is not None:  # what a sample counts, smoothed or not
            samples = samples._replace(weights=samples.divisors)
        self._samples = samples
        self._most_threads = most_threads
        self._rows_of_table = [metric for metric in metrics if metric.function is None]
        self._functions = [metric for metric in metrics if metric.function is not None]
        self._names = [metric.name for metric in metrics]
        self._variances = np.empty(0)
        if any(metric.finish is r2 for metric in self._rows_of_table):
            self._variances = _variances(samples)

    def values(self) -> dict[str, float]:
        """Each metric by its name, with the network's present parameters."""
        outputs = self._empty_outputs() if self._functions else None
        means = _Means(len(self._rows_of_table))
        for block, a in self._blocks(outputs):
            if self._rows_of_table:
                self._add(means, block, a)
        values = {
            metric.name: means.value(i, metric, self._variances)
            for i, metric in enumerate(self._rows_of_table)
        }
        if outputs is not None:
            values |= self._of_functions(outputs)
        return {name: values[name] for name in self._names}

    def try_functions(self) -> None:
        """Call each function once, so that one that fails does so before anything is learnt.

        Samples that are not finite are left to training, whose errors name them.
        """
        if not self._functions:
            return
        outputs, y = self._empty_outputs(), _part(self._samples.y.array, self._samples.rows)
        for _ in self._blocks(outputs):
            pass
        if np.isfinite(outputs).all() and np.isfinite(y).all():
            self._of_functions(outputs)

    def _empty_outputs(self) -> Array:
        architecture = self._model.architecture
        return np.empty((self._samples.n, architecture.sizes[-1]), architecture.dtype)

    def _blocks(self, outputs: Array | None) -> Iterator[tuple[slice, Array]]:
        samples = self._samples
        return output_blocks(self._model, samples.X, samples.rows, outputs, self._most_threads)

    def _add(self, means: "_Means", block: slice, a: Array) -> None:
        samples = self._samples
        rows = block if samples.rows is None else samples.rows[block]
        y, w = samples.y.array[rows], None if samples.weights is None else samples.weights[rows]
        if w is not None and not w.all():
            a, y, w = a[w > 0], y[w > 0], w[w > 0]
        means.count(len(a), w, bool(np.isnan(a).any()))
        with np.errstate(all="ignore"):  # outputs near the largest number are infinitely far off
            for i, metric in enumerate(self._rows_of_table):
                assert metric.terms is not None
                means.add(i, metric.terms(a, y, samples.y.count_id), w)

    def _of_functions(self, outputs: Array) -> dict[str, float]:
        samples = self._samples
        y = read_only(_part(samples.y.given, samples.rows))
        a = outputs[:, 0] if y.ndim == 1 and outputs.shape[1] == 1 else outputs
        weights = samples.weights
        if weights is not None:
            weights = read_only(_part(weights, samples.rows))
        values = {}
        for metric in self._functions:
            assert metric.function is not None
            options = {}
            if metric.takes_weights and weights is not None:
                options["sample_weight"] = weights
            try:
                result = metric.function(y, a, **options)
            except Exception as error:
                error.add_note(
                    f"raised by the metric {metric.name!r}, called as f(y, a) with y of shape "
                    f"{y.shape} and a of shape {a.shape}"
                )
                raise
            values[metric.name] = _as_float(metric.name, result)
        return values


class _Means:
    """Weighted means of several metrics' terms, added up block by block."""

    def __init__(self, n: int) -> None:
        self._sums: list[Any] = [0.0] * n
        self._n = 0
        self._total = 0.0
        self._has_nan = False

    def count(self, n: int, weights: Array | None, has_nan: bool) -> None:
        self._n += n
        self._total += n if weights is None else float(weights.sum())
        self._has_nan |= has_nan

    def add(self, i: int, terms: Array, weights: Array | None) -> None:
        if weights is not None:
            terms = (weights if terms.ndim == 1 else weights.reshape(-1, 1)) * terms
        rows = np.ascontiguousarray(terms)  # y's layout must not decide the order of the sum
        self._sums[i] = self._sums[i] + rows.sum(axis=0, dtype=np.float64)

    def value(self, i: int, metric: Metric, variances: Array) -> float:
        """NaN where an output is NaN, which is neither right nor wrong."""
        if self._has_nan or (metric.finish is r2 and self._n < 2):
            return float("nan")
        with np.errstate(all="ignore"):
            return float(metric.finish(np.atleast_1d(self._sums[i]) / self._total, variances))


def _variances(samples: Samples) -> Array:
    """The weighted variance of each column of numbers y, in two passes over its rows."""
    counted = samples.counted()
    if counted.n == 0:
        return np.empty(0)
    y, rows = counted.y.array, counted.rows
    first = np.asarray(y[0 if rows is None else rows[0]], np.float64)
    total, mean = 0.0, np.zeros_like(first)

    def blocks() -> Iterator[tuple[Array, Array]]:
        for start in range(0, counted.n, _BLOCK):
            part: Any = slice(start, start + _BLOCK)
            part = part if rows is None else rows[part]
            # Equal numbers are their mean exactly; in the order of rows, whatever y's layout.
            block = np.array(y[part], np.float64, order="C") - first
            w = np.ones(len(block)) if counted.weights is None else counted.weights[part]
            yield block, w.reshape(-1, 1)

    with np.errstate(all="ignore"):
        for block, w in blocks():
            total += float(w.sum())
            mean = mean + (w * block).sum(axis=0)
        mean = mean / total
        squares = np.zeros_like(first)
        for block, w in blocks():
            squares = squares + (w * (block - mean) ** 2).sum(axis=0)
        return np.asarray(squares / total)


def _part(array: Array, rows: Array | None) -> Array:
    return array if rows is None else np.asarray(array[rows])


def _as_float(name: str, result: Any) -> float:
    number = np.asarray(result)
    if number.size != 1 or number.dtype.kind not in "biuf":
        what = f"an array of shape {number.shape}" if number.size != 1 else short_repr(result)
        raise TypeError(f"the metric {name!r} must return a number, got {what}")
    return float(number.reshape(()))
