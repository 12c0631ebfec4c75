"""Training on a stream: fit on an iterable of batches, and partial_fit.

Each batch is a call of the compiled loop for one step, which sums the losses on as it does from
batch to batch of arrays: the same batches give the same bits.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple, NoReturn

import numpy as np

from fastbp import _boundary
from fastbp.errors import DivergenceError, ShapeError
from fastbp.inputs import Targets, is_sparse, scaled_weights, short_repr
from fastbp.inputs.frames import is_frame
from fastbp.model.model import Model
from fastbp.model.training_plan import TrainingProgress
from fastbp.operations import LOSSES
from fastbp.training.fit import Run, check_watched
from fastbp.training.history import History
from fastbp.training.options import Options
from fastbp.training.samples import Samples, checked_samples
from fastbp.training.threads import chooser

#: What makes an object an array, whatever it iterates over.
_OF_ARRAYS = ("__array__", "__dlpack__", "shape", "tocsr", "collect_schema")
_A_BATCH = "a pair (X, y) or a triple (X, y, sample_weight)"


def partial_fit(model: Model, X: Any, y: Any, sample_weight: Any, options: Options) -> float:
    """One pass in the order of the rows; returns the mean C. See Network.partial_fit."""
    with model.training_lock.claim("partial_fit", model.snapshot):
        is_open = model.state.learned.target_kind is None
        decides = is_open and not _takes_numbers(model)
        training, _ = checked_samples(
            model, X, y, None, None, sample_weight, decides_kind=decides, check_precision=is_open
        )
        if is_open and not decides and _are_labels(training.y):
            model.learn(target_kind="classes")
        run = Run(model, training, None, options, counts_epochs=False)
        run.train(1, options.check_input)
        return run.history.loss[0]


def train_on_batches(model: Model, X: Any, sample_weight: Any, options: Options) -> History:
    """Train on an iterable of batches, a step each; see Network.fit, where y is left out."""
    _check_call(X, sample_weight, options)
    with model.training_lock.claim("fit", model.snapshot):
        return _BatchRun(model, X, options).go() if options.epochs else History()


def _check_call(X: Any, sample_weight: Any, options: Options) -> None:
    """Refuse what is no iterable of batches, and what does not go with one."""
    if not _are_batches(X):
        raise TypeError(
            f"y must be an array, got None. Pass net.fit(X, y), or instead of both an iterable "
            f"of batches, each {_A_BATCH}; X is {short_repr(X)}"
        )
    if sample_weight is not None:
        raise ValueError(
            "sample_weight must come with each batch where X is an iterable of batches: "
            "give triples (X, y, sample_weight)"
        )
    if options.batch_size is not None:
        raise ValueError(
            f"batch_size must be left out where X is an iterable of batches, got "
            f"{options.batch_size}: each of them is a step, whatever its size"
        )
    if options.class_weight is not None:
        raise ValueError(
            "class_weight must be left out where X is an iterable of batches: give triples "
            "(X, y, [w[label] for label in y])"
        )
    if options.validation is not None and not isinstance(options.validation, (tuple, list)):
        raise ValueError(
            f"validation must be (X, y) where X is an iterable of batches, got "
            f"{short_repr(options.validation)}: no share of rows can be held out that are not "
            f"there yet. Set some batches aside"
        )
    if options.epochs > 1 and hasattr(X, "__next__"):
        raise ValueError(
            f"epochs must be 1 where X is a {type(X).__name__}, which can be gone through only "
            f"once, got {options.epochs}. Pass epochs=1, or what begins anew in each epoch: a list "
            f"of the batches, or an object with a method __iter__ that returns a new generator"
        )


def _are_batches(X: Any) -> bool:
    """Whether X, which came without y, is an iterable of something else than rows of numbers."""
    if isinstance(X, (str, bytes, Mapping)) or not isinstance(X, Iterable):
        return False
    if any(hasattr(X, name) for name in _OF_ARRAYS) or is_frame(X):
        return False
    return not (isinstance(X, (list, tuple)) and len(X) > 0 and not _is_batch(X[0]))


def _is_batch(item: Any) -> bool:
    return (
        isinstance(item, (tuple, list))
        and len(item) in (2, 3)
        and not isinstance(item[0], (int, float, np.number, str))
    )


def _takes_numbers(model: Model) -> bool:
    """Whether zeros and ones may be numbers, as those of a squared error, by chance all alike."""
    return LOSSES[model.architecture.loss_row.name].targets == "numbers"


def _are_labels(y: Targets) -> bool:
    return y.array.ndim == 1 or y.classes is not None


class _Batch(NamedTuple):
    samples: Samples
    exponent: int  # of 2: what the weights of the samples are to be multiplied by


class _Reader:
    """The batches of an iterable, checked, epoch by epoch.

    Attributes
    ----------
    epoch, number
        Of the batch in hand, from 0.
    """

    def __init__(self, model: Model, batches: Iterable[Any]) -> None:
        self._model, self._batches = model, batches
        self.epoch, self.number = 0, -1
        self._is_open = model.state.learned.target_kind is None
        self._is_first = True

    def batches(self, epoch: int) -> Iterator[_Batch]:
        """Those of one epoch, without those that hold no sample or no weight."""
        self.epoch, count = epoch, 0
        for number, item in enumerate(self._batches):
            self.number = number
            batch = self._checked(item)
            if batch is not None:
                count += 1
                yield batch
        if count == 0:
            again = ". It is used up: pass epochs=1, or what begins anew in each epoch" * bool(
                epoch
            )
            raise ValueError(
                f"X must give at least one batch that holds samples; epoch {epoch} has none{again}"
            )
        self._is_open = False  # as of arrays, all samples have been seen

    def _checked(self, item: Any) -> _Batch | None:
        try:
            if not _is_batch(item):
                raise TypeError(f"a batch must be {_A_BATCH}, got {short_repr(item)}")
            return self._batch(*item)
        except (TypeError, ValueError) as error:
            self.refuse(error)

    def _batch(self, X: Any, y: Any, weights: Any = None) -> _Batch | None:
        if _is_empty(X) and _is_empty(y):
            return None
        model, exponent = self._model, 0
        if self._is_open:
            model.learn(target_kind=None)  # what the batches before have left open
        samples, _ = checked_samples(
            model, X, y, None, None, decides_kind=self._is_open, check_precision=self._is_first
        )
        if _are_labels(samples.y) or samples.y.kind == "numbers" or not _takes_numbers(model):
            self._is_open = False
        self._is_first = False
        if weights is not None:
            array, own_exponent = scaled_weights(weights, samples.n)
            if own_exponent is None:
                return None
            samples, exponent = samples._replace(weights=array), own_exponent
        return _Batch(samples, exponent)

    def refuse(self, error: Exception) -> NoReturn:
        """Raise an error about the batch in hand, with its number, and go back."""
        self._model.snapshot.request_rollback()
        if type(error) in (TypeError, ValueError, ShapeError):
            error.args = (f"{self.place}: {error}",)
        else:
            error.add_note(f"in {self.place}")
        raise error

    @property
    def place(self) -> str:
        """The batch in hand, for messages."""
        return f"batch {self.number}" + f" of epoch {self.epoch}" * (self.epoch > 0)


def _is_empty(value: Any) -> bool:
    if is_sparse(value):  # SciPy's refuse len()
        return bool(value.shape[0] == 0)
    return hasattr(value, "__len__") and len(value) == 0


class _BatchRun(Run):
    """A run whose epochs are passes over an iterable, of a step for each batch."""

    keeps_samples = False

    def __init__(self, model: Model, batches: Iterable[Any], options: Options) -> None:
        self._reader = _Reader(model, batches)
        rest = self._reader.batches(0)
        first = next(rest)
        samples, held_out = first.samples, None
        if options.validation is not None:
            _, held_out = checked_samples(
                model,
                samples.X,
                samples.y.array,
                options.validation,
                options.stopping,
                check_precision=False,
            )
        check_watched(options, model, samples)
        options = options._replace(batch_size=samples.n, shuffle=False)
        super().__init__(model, samples, held_out, options, counts_epochs=False)
        if options.label_smoothing:
            softened = samples.softened(model, options.label_smoothing, None).softening
            assert softened is not None
            self.data.softening = softened.padded(model.architecture.dtype)
        self._batches: Iterator[_Batch] = chain([first], rest)
        self.n_an_epoch = 0
        # A step takes whatever there is. The ends of its epochs are no ends of ours.
        self.plan = replace(self.plan, batch_size=sys.maxsize, check=options.check_input)
        self.changes.snapshot = None
        self.batch_sums = None
        self.progress = TrainingProgress.of(options.epochs, 1)
        #: The samples' number or weights of the epoch so far.
        self._total = self.progress.weight_sums = np.zeros(1)

    def train(self, n_epochs: int, check: bool) -> None:
        """Train until so many epochs are done; all batches are new, and so are checked."""
        while (epoch := self.progress.epochs_done) < n_epochs and not self.stopped:
            if epoch > 0:
                self.model.snapshot.take_epoch_end()
                self._batches = self._reader.batches(epoch)
            self._train_epoch(epoch)

    def _train_epoch(self, epoch: int) -> None:
        clock, progress, reporter = time.perf_counter(), self.progress, self.options.reporter
        total, counters = self._total, self.changes.counters
        on_batch_end = self.options.callbacks.on_batch_end
        sums = progress.losses, progress.n_correct, total
        progress.base, progress.n_epochs = epoch, epoch + 1
        for array in sums:
            array[0] = 0
        n_done = exponent = 0
        for samples, own_exponent in self._batches:
            if own_exponent != exponent:  # sum on in units of this batch's weights
                with np.errstate(under="ignore"):
                    for array in sums:
                        np.ldexp(array, exponent - own_exponent, out=array)
                exponent = own_exponent
            if n_done and self.optimizer.rule.full_batch:
                self._refuse_parts()
            self._take(samples)
            progress.epochs_done, progress.first = epoch, 0
            before, step = [float(array[0]) for array in sums], int(counters[0])
            for array in sums:
                array[0] = 0
            while (status := self.train_slice()) == _boundary.UNFINISHED:
                pass
            if status != _boundary.FINISHED:
                for array, so_far in zip(sums, before, strict=True):
                    array[0] = so_far
                self._fail_batch(status)
            if samples.weights is None:
                total[0] += samples.n
            C = float(progress.losses[0] / total[0])
            for array, so_far in zip(sums, before, strict=True):
                array[0] += so_far
            n_done += samples.n
            if reporter is not None:
                reporter.advance(n_done)
            if on_batch_end is not None and self._batch_end(step - self.steps_before, C):
                progress.epochs_done, progress.first = epoch, n_done
                return
        with self.model.state_lock.hold():
            self.model.state.current.counters[1] += 1
        loss, n_correct = ((array / total).tolist() for array in sums[:2])
        self.history.loss += loss
        if self.training.y.has_accuracy:
            self.history.accuracy += n_correct
        self.history.learning_rate.append(float(progress.rates[0]))
        self.history.seconds.append(time.perf_counter() - clock)

    def _take(self, samples: Samples) -> None:
        """Make a batch the one that the next step takes."""
        before, self.training = self.training, samples
        data = self.data
        data.X, data.y, data.weights = samples.X, samples.y.array, samples.weights
        if samples.n != before.n:
            self.changes.gradient, self.changes.part = self.model.scratch.arrays(samples.n)
            sizes = self.model.architecture.sizes
            self.chooser = chooser(self.n_threads, sizes, samples.n, *self.kind, stepwise=True)
        if samples.y.kind != before.y.kind:
            self.plan = replace(self.plan, count=samples.y.count_id)
            if self.held_out is not None:
                y = samples.y._replace(array=self.held_out.y.array, classes=None)
                self.held_out = self.held_out._replace(y=y)

    def _fail_batch(self, status: int) -> NoReturn:
        try:
            self.fail(status)
        except ValueError as error:
            self._reader.refuse(error)
        except DivergenceError as error:
            error.add_note(f"in {self._reader.place}")
            raise

    def _refuse_parts(self) -> NoReturn:
        name = type(self.optimizer).__name__
        self._reader.refuse(
            ValueError(
                f"{name} takes all samples in a step, and needs them in one batch; this is "
                f"another. Pass arrays, fit(X, y), or another optimizer"
            )
        )
