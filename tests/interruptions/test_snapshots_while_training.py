"""A file, a copy or a pickle made while another thread trains holds the weights of one moment.

Which one is known: a network trains here on a course that a second one has gone before, step by
step, and every state of that is on record. What was snapped must be one of them, all of it.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from network_state import count_an_epoch, differences, digest_of, generator_of, state_of
from silent_progress import Silent

from fastbp import SGD, Adam, DivergenceError, Network
from fastbp.training.threads import Exactly

# Random targets cannot be learnt, which a fit may say.
pytestmark = [pytest.mark.threads, pytest.mark.filterwarnings("ignore::UserWarning")]

# Of one network and one way of training it; with nine of these the night makes some 3,000 of each
# kind. Where nothing held training up meanwhile, one in ten was torn, or more.
SHORT, LONG = 30, 340
# In the smallest of these a copy takes some 0.1 ms of steps of 0.1 ms, in the others more.
SIZES = ([64, 512, 10], [512, 1024, 10], [64, 2000, 10])
BATCH_SIZE, SAMPLES, EPOCHS = 32, 640, 2
# What each fit of a network trains with: the first is its own.
OPTIMIZERS: dict[str, list[Any]] = {
    "SGD": [SGD(0.01)] * 3,
    "Adam": [Adam(0.001)] * 3,
    "changing": [SGD(0.01, 0.9), Adam(0.001), SGD(0.01)],
}


def _through_a_file(net: Any, folder: Path) -> Any:
    net.save(folder / "model")  # the same each time: an old one is replaced
    return Network.load(folder / "model")


SNAPS: dict[str, Callable[[Any, Path], Any]] = {
    "save": _through_a_file,
    "copy": lambda net, folder: net.copy(),
    "deepcopy": lambda net, folder: copy.deepcopy(net),
    "pickle": lambda net, folder: pickle.loads(pickle.dumps(net)),
}


def samples(sizes: Sequence[int]) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.random((SAMPLES, sizes[0]), np.float32), rng.integers(0, 10, SAMPLES)


def slices_of_a_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNKNOWN", "LONGEST"):
        monkeypatch.setattr(f"fastbp.training.thread_trials.{name}", 1e-5)


def fresh(sizes: Sequence[int]) -> Any:
    return Network(list(sizes), activation="relu", dtype="float32", seed=0)


@cache
def moments(sizes: tuple[int, ...], optimizers: str) -> list[int]:
    """Digests of the states of the training, all from the first to the last, by single steps."""
    net, (X, y) = fresh(sizes), samples(sizes)
    record = [digest_of(net)]
    for optimizer in OPTIMIZERS[optimizers]:
        net.optimizer = optimizer
        record.append(digest_of(net))
        for _ in range(EPOCHS):
            order = generator_of(net).permutation(SAMPLES)
            for start in range(0, SAMPLES, BATCH_SIZE):
                rows = order[start : start + BATCH_SIZE]
                net.train_step(X[rows], y[rows])
                if start + BATCH_SIZE == SAMPLES:
                    count_an_epoch(net)
                record.append(digest_of(net))
    return record


def train(net: Any, optimizers: str, **options: Any) -> None:
    X, y = samples(net.sizes)
    for optimizer in OPTIMIZERS[optimizers]:
        net.fit(X, y, epochs=EPOCHS, batch_size=BATCH_SIZE, optimizer=optimizer, **options)


class Looking(Silent):
    """Looks at the network after every slice of work, from the thread that trains."""

    def __init__(self, net: Any) -> None:
        self.net, self.digests = net, [digest_of(net)]

    def advance(self, samples_done: int) -> None:
        self.digests.append(digest_of(self.net))


@pytest.mark.parametrize("optimizers", OPTIMIZERS)
def test_the_moments_on_record_are_those_of_fit(optimizers: str) -> None:
    sizes = SIZES[0]
    record, net = moments(tuple(sizes), optimizers), fresh(sizes)
    # Setting the optimizer that is there already changes nothing; each step does.
    assert len(set(record)) >= len(record) - len(OPTIMIZERS[optimizers])
    looking = Looking(net)
    train(net, optimizers, progress=looking)
    assert set(looking.digests) <= set(record)
    assert looking.digests[0] == record[0]
    assert looking.digests[-1] == digest_of(net) == record[-1]


def check_snapshots(snap: str, sizes: list[int], optimizers: str, count: int, folder: Path) -> None:
    record, snapshots, n_threads = (
        set(moments(tuple(sizes), optimizers)),
        0,
        cycle([None, 1, Exactly(2)]),
    )
    with ThreadPoolExecutor(1) as pool:
        while snapshots < count:
            net = fresh(sizes)
            training = pool.submit(train, net, optimizers, n_threads=next(n_threads))
            while not training.done() and snapshots < count:
                snapshots += 1
                on_record = digest_of(SNAPS[snap](net, folder)) in record
                assert on_record, f"snapshot {snapshots} holds what the network never held"
            training.result()
            assert digest_of(net) in record


@pytest.mark.parametrize("optimizers", OPTIMIZERS)
@pytest.mark.parametrize("snap", SNAPS)
def test_a_snapshot_of_a_network_in_training_is_of_one_moment(
    snap: str, optimizers: str, tmp_path: Path
) -> None:
    check_snapshots(snap, SIZES[0], optimizers, SHORT, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("optimizers", OPTIMIZERS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("snap", SNAPS)
def test_hundreds_of_snapshots_are_each_of_one_moment(
    snap: str, sizes: list[int], optimizers: str, tmp_path: Path
) -> None:
    check_snapshots(snap, sizes, optimizers, LONG, tmp_path)


class Diverging(Silent):
    """Makes the weights not finite in the middle of an epoch, and snaps then."""

    def __init__(self, net: Any, epoch: int, snap: Callable[[Any], Any]) -> None:
        self.net, self.left, self.snap = net, epoch, snap
        self.expected = state_of(net)
        self.snapped: Any = None
        self.snapped_learned: Any = None

    def advance(self, samples_done: int) -> None:
        if self.left == 0 and samples_done < SAMPLES and self.snapped is None:
            self.net.weights[0][...] = np.nan
            twin = self.snap(self.net)
            self.snapped, self.snapped_learned = state_of(twin), twin._model.state.learned

    def epoch_end(self, history: Any) -> None:
        self.left -= 1
        self.expected = state_of(self.net)


@pytest.mark.parametrize("kind", SNAPS)
@pytest.mark.parametrize("epoch", [0, 2])
@pytest.mark.parametrize("optimizer", [None, Adam(0.01), SGD(0.01, 0.9)])
def test_a_snapshot_of_a_diverging_epoch_is_what_training_goes_back_to(
    kind: str, epoch: int, optimizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices_of_a_few_steps(monkeypatch)
    net = Network([5, 7, 1], output_activation="identity", seed=1)
    rng = np.random.default_rng(1)
    X, y = rng.random((SAMPLES, 5)), rng.random(SAMPLES)
    net.fit(X, y, epochs=1, optimizer=Adam(0.01))
    diverging = Diverging(net, epoch, lambda net: SNAPS[kind](net, tmp_path))
    with pytest.raises(DivergenceError):
        net.fit(X, y, epochs=4, optimizer=optimizer, progress=diverging, shuffle=False)
    assert not differences(diverging.expected, state_of(net))
    assert not differences(diverging.expected, diverging.snapped)
    net.weights[0][...] = np.nan  # no training is under way: what there is, is kept
    assert not np.isfinite(net.copy().parameters).all()


@pytest.mark.parametrize("kind", SNAPS)
def test_a_snapshot_of_a_diverging_first_fit_holds_nothing_that_its_data_taught(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices_of_a_few_steps(monkeypatch)
    net = Network([5, 7, 2], output_activation="softmax", loss="cross_entropy", seed=1)
    rng = np.random.default_rng(1)
    X, y = rng.random((SAMPLES, 5)), np.array(["no", "yes"])[rng.integers(0, 2, SAMPLES)]
    before, learned = state_of(net), net._model.state.learned
    names: list[Any] = []

    def snap(net: Any) -> Any:
        names.append(net.classes)
        return SNAPS[kind](net, tmp_path)

    diverging = Diverging(net, 0, snap)
    with pytest.raises(DivergenceError):
        net.fit(X, y, epochs=2, validation=0.25, progress=diverging)  # shuffles, and has split
    assert names == [("no", "yes")]
    assert not differences(before, diverging.snapped)
    assert diverging.snapped_learned == learned
    assert not differences(before, state_of(net))
    assert net._model.state.learned == learned


def test_training_adds_nothing_to_the_architecture_that_pickles_read() -> None:
    net = Network([3, 4, 2], dropout=0.5, seed=0)
    before = set(vars(net._model.architecture))
    net.fit(np.zeros((4, 3)), [0, 1, 0, 1], epochs=1, validation=0.5)
    net.predict_classes(np.zeros((4, 3)))
    assert set(vars(net._model.architecture)) == before
