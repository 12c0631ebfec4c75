"""Training of a table model's members: the recipe's numbers, threads, folds, interruption."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fastbp import Adam, Network
from fastbp.schedules import ReduceOnPlateau
from fastbp.tables.typed import NumberColumn, Target
from fastbp.tabular.encoder import Encoder
from fastbp.tabular.folds import folds
from fastbp.tabular.member import new_network, train_member
from fastbp.tabular.members import train_members
from fastbp.tabular.recipe import RECIPES, as_recipe
from fastbp.tabular.temperature import TEMPERATURES, best_temperature, tempered

GOOD = RECIPES["good"]


def number_columns(n: int, k: int = 3, seed: int = 0) -> tuple[NumberColumn, ...]:
    rng = np.random.default_rng(seed)
    return tuple(NumberColumn(f"c{j}", rng.normal(size=n)) for j in range(k))


def labels(columns: tuple[NumberColumn, ...], n_classes: int = 2) -> Target:
    score = columns[0].values + columns[1].values ** 2
    bounds = np.quantile(score, np.arange(1, n_classes) / n_classes)
    codes = np.searchsorted(bounds, score)
    return Target("y", codes.astype(np.int64), tuple("abcdefgh"[:n_classes]))


def numbers(columns: tuple[NumberColumn, ...]) -> Target:
    return Target("y", 100 + 5 * (columns[0].values + columns[1].values ** 2))


@pytest.mark.parametrize(
    ("n", "epochs"),
    [(10, 256), (255, 256), (1000, 256), (1024, 192), (3000, 70), (5000, 64), (100_000, 64)],
)
def test_epochs_follow_the_budget(n: int, epochs: int) -> None:
    assert GOOD.epochs_for(n) == epochs
    B = min(256, n)
    assert epochs == min(256, max(64, -(-768 // (n // B))))


def test_many_rows_are_passed_over_6_400_000_times_at_most() -> None:
    assert GOOD.epochs_for(800_000) == 8
    assert GOOD.epochs_for(100_001) == 63
    assert GOOD.epochs_for(10_000_000) == 1


def test_the_first_weights_are_the_recipes() -> None:
    net = new_network(GOOD, 50, "classify", ["a", "b", "c"], np.random.default_rng(0))
    assert net.sizes == (50, 128, 128, 128, 3)
    assert net.activations == ("relu", "relu", "relu", "softmax")
    for w, b, n_in in zip(net.weights[:-1], net.biases[:-1], net.sizes, strict=False):
        # Five standard errors of a standard deviation of so many numbers.
        assert w.std() == pytest.approx(n_in**-0.5, rel=5 / np.sqrt(2 * w.size))
        assert b.std() == pytest.approx(1, rel=5 / np.sqrt(2 * b.size))
    assert not net.weights[-1].any()
    assert not net.biases[-1].any()


def test_steps_are_the_recipes() -> None:
    optimizer = GOOD.optimizer
    assert optimizer.name == "adamw"
    assert optimizer.weight_decay == 0.01
    assert optimizer.rule.name == "adam"  # eps after the bias correction
    assert (optimizer.beta1, optimizer.beta2, optimizer.eps) == (0.9, 0.999, 1e-8)
    S = 768
    t = np.arange(S)
    expected = 0.004 * (0.5 - 0.5 * np.cos(2 * np.pi * np.log2(1 + 15 * t / S)))
    rates = optimizer.learning_rate * optimizer.schedule.factors(t, S)
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-15)


def test_only_weights_decay() -> None:
    net = Network([2, 3, 1], "relu", output_activation="identity", seed=0)
    net.biases[0][...] = 1
    w, b = net.weights[0].copy(), net.biases[0].copy()
    # Of inputs that are 0 and no error the gradient is 0: what moves is the decay.
    X = np.zeros((4, 2))
    net.fit(X, net.predict(X)[:, 0], epochs=1, batch_size=4, optimizer=GOOD.optimizer)
    assert np.array_equal(net.weights[0], w)  # of a single step the rate is 0
    net.fit(
        X, net.predict(X)[:, 0], epochs=1, batch_size=4,
        optimizer=replace(GOOD.optimizer, schedule=None),
    )  # fmt: skip
    np.testing.assert_allclose(net.weights[0], w * (1 - 0.004 * 0.01), rtol=1e-6)
    assert np.array_equal(net.biases[0], b)


def test_the_last_of_the_best_epochs_is_kept() -> None:
    columns = number_columns(120)
    target = labels(columns)
    fold = folds(120, 1, np.random.default_rng(0), labels=target.values)[0]
    recipe = as_recipe("good", epochs=12, hidden=8)
    member = train_member(columns, target, fold, recipe, piecewise=False, seed=3, n_threads=1)

    encoder = Encoder.fit(columns, fold.training)
    rng = np.random.default_rng(3)
    net = new_network(recipe, encoder.width, "classify", target.classes, rng)
    X, X_held = (encoder.transform(columns, rows) for rows in fold)
    y, y_held = (target.values[rows] for rows in fold)
    seen: list[tuple[float, Any]] = []

    def note(net: Network, epoch: int, history: Any) -> None:
        seen.append((float(np.mean(net.predict(X_held).argmax(1) == y_held)), net.parameters))

    net.fit(
        X, y, epochs=12, batch_size=256, optimizer=recipe.optimizer, label_smoothing=0.1,
        callbacks=note,
    )  # fmt: skip
    best = max(accuracy for accuracy, _ in seen)
    last = [parameters for accuracy, parameters in seen if accuracy == best][-1]
    assert np.array_equal(member.network.parameters, last)


@pytest.mark.threads
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_no_bit_depends_on_the_threads(kind: str) -> None:
    columns = number_columns(90)
    target = labels(columns, 3) if kind == "classes" else numbers(columns)
    recipe = as_recipe("good", epochs=5)
    results = [
        train_members(columns, target, recipe, members=5, seed=2, n_threads=n).outputs(columns, 90)
        for n in (1, 2, 5)
    ]
    assert all(np.array_equal(results[0], result) for result in results)


def test_odd_members_see_bins_and_all_have_folds_and_seeds_of_their_own() -> None:
    columns = number_columns(60)
    target, recipe = labels(columns), as_recipe("good", epochs=4)
    members = train_members(columns, target, recipe, members=4, seed=1).members
    assert [len(member.encoder.bins) > 0 for member in members] == [False, True, False, True]
    parts = folds(60, 4, np.random.default_rng([17, 1]), labels=target.values)
    for i, member in enumerate(members):
        twin = train_member(
            columns, target, parts[i], recipe, piecewise=i % 2 == 1, seed=1000 + i, n_threads=1
        )
        assert np.array_equal(member.network.parameters, twin.network.parameters)
        assert member.network.optimizer == Adam()  # no memory of AdamW's is kept


def test_first_weights_and_orders_follow_the_seed() -> None:
    columns = number_columns(30)
    target = labels(columns)
    fold = folds(30, 1, np.random.default_rng(0))[0]
    for epochs in (0, 4):
        recipe = as_recipe("good", epochs=epochs, batch_size=8)
        nets = [
            train_member(
                columns, target, fold, recipe, piecewise=False, seed=seed, n_threads=1
            ).network
            for seed in (1, 1, 2)
        ]
        assert np.array_equal(nets[0].parameters, nets[1].parameters)
        assert not (nets[0].weights[0] == nets[2].weights[0]).any()


def test_probabilities_have_the_temperature_of_the_validation_rows() -> None:
    columns = number_columns(80)
    target = labels(columns, 3)
    (fold,) = folds(80, 1, np.random.default_rng(0), labels=target.values)
    member = train_member(
        columns, target, fold, as_recipe("good"), piecewise=False, seed=0, n_threads=1
    )
    a = member.network.predict(member.encoder.transform(columns))
    T = best_temperature(a[fold.validation], target.values[fold.validation])
    assert member.temperature == T
    assert T != 1
    np.testing.assert_allclose(member.outputs(columns, 80), tempered(a, T), rtol=1e-6)
    plain = train_member(
        columns, target, fold, as_recipe("plain", epochs=1), piecewise=False, seed=0, n_threads=1
    )
    assert plain.temperature == 1


def test_numbers_stay_within_those_of_the_training_rows() -> None:
    columns = number_columns(50, k=2)
    target = numbers(columns)
    trained = train_members(columns, target, as_recipe("good"), members=2, seed=0)
    far = tuple(NumberColumn(column.name, 1e6 * column.values) for column in columns)
    out = trained.outputs(far, 50)
    assert out.min() >= target.values.min()
    assert out.max() <= target.values.max()


def test_the_temperature_is_the_best_of_the_grid() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 3, (40, 3))
    y = rng.integers(0, 3, 40)
    a = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    losses = [-np.log(tempered(a, T)[np.arange(40), y]).mean() for T in TEMPERATURES]
    assert best_temperature(a, y) == TEMPERATURES[int(np.argmin(losses))]
    assert len(TEMPERATURES) == 61
    assert TEMPERATURES[[0, 30, 60]] == pytest.approx([0.2, 1, 5])


# ---------------------------------------------------------------- folds


@pytest.mark.parametrize("members", [1, 2, 3, 5])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9, 100])
def test_every_number_of_rows_can_be_divided(n: int, members: int) -> None:
    codes = np.arange(n) % 3
    for part in folds(n, members, np.random.default_rng(0), labels=codes):
        assert sorted([*part.training, *part.validation]) == list(range(n))
        assert len(part.training) > 0
        assert len(part.validation) == 0 or len(part.validation) >= 2


def test_folds_are_stratified_and_cover_all_rows() -> None:
    codes = np.repeat([0, 1, 2], [50, 30, 7])
    parts = folds(87, 5, np.random.default_rng(0), labels=codes)
    assert sorted(np.concatenate([part.validation for part in parts])) == list(range(87))
    counts = np.array([np.bincount(codes[part.validation], minlength=3) for part in parts])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_a_single_member_holds_a_fifth_out_but_no_class_as_a_whole() -> None:
    codes = np.repeat([0, 1, 2], [60, 39, 1])
    for seed in range(20):
        (part,) = folds(100, 1, np.random.default_rng(seed), labels=codes)
        assert len(part.validation) == 20
        assert set(codes[part.training]) == {0, 1, 2}


def test_groups_stay_together() -> None:
    groups = np.repeat(np.arange(12), np.arange(1, 13)).astype(str)
    for members in (1, 3, 5):
        for part in folds(len(groups), members, np.random.default_rng(1), groups=groups):
            assert not set(groups[part.training]) & set(groups[part.validation])
            assert len(part.validation) > 0
    parts = folds(len(groups), 5, np.random.default_rng(1), groups=groups)
    sizes = [len(part.validation) for part in parts]
    assert max(sizes) - min(sizes) <= 4  # of 78 rows, in groups of up to 12
    with pytest.raises(ValueError, match="at least two different groups"):
        folds(5, 3, np.random.default_rng(0), groups=np.zeros(5))


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_groups_may_be_of_several_types_and_rows_without_one_are_one(missing: object) -> None:
    groups = np.array([missing, "a", 1, missing, 1.0, "a", 2, missing], object)
    for part in folds(8, 3, np.random.default_rng(0), groups=groups):
        for together in ({0, 3, 7}, {1, 5}, {2, 4}):
            assert len(together & set(part.validation.tolist())) in (0, len(together))


def test_groups_are_divided_alike_whatever_holds_them() -> None:
    groups = np.repeat(["b", "a", "d", "c"], 3)
    divided = [
        [part.validation.tolist() for part in folds(12, 3, np.random.default_rng(0), groups=held)]
        for held in (groups, groups.astype(object))
    ]
    assert divided[0] == divided[1]


def test_a_class_of_one_row_has_its_output_in_every_member() -> None:
    columns = number_columns(40)
    codes = np.zeros(40, np.int64)
    codes[20:39], codes[39] = 1, 2
    target = Target("y", codes, ("a", "b", "rare"))
    trained = train_members(columns, target, as_recipe("good", epochs=3), members=5, seed=0)
    assert trained.outputs(columns, 40).shape == (40, 3)


def test_a_rate_that_follows_the_validation_loss_has_rows_to_validate_on() -> None:
    columns = number_columns(40)
    recipe = as_recipe("plain", epochs=3, schedule=ReduceOnPlateau())
    trained = train_members(columns, numbers(columns), recipe, members=2, seed=0)
    history = trained.members[0].history
    assert history is not None
    assert len(history.validation_loss) == 3


@pytest.mark.parametrize("n", range(2, 9))
@pytest.mark.parametrize("recipe", ["good", "plain"])
@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_tables_of_a_few_rows_are_learnt(n: int, recipe: str) -> None:
    columns, narrow = number_columns(n), as_recipe(recipe, hidden=(16, 16))
    for target in (Target("y", np.arange(n) % 2, ("a", "b")), numbers(columns)):
        for members in (1, 5):
            trained = train_members(columns, target, narrow, members=members, seed=0)
            assert np.isfinite(trained.outputs(columns, n)).all()


def test_a_table_without_rows_or_with_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="no row with a target"):
        train_members(number_columns(0), Target("y", np.empty(0)), GOOD, members=1, seed=0)
    target = Target("y", np.zeros(5, np.int64), ("only",))
    with pytest.raises(ValueError, match="'y' is 'only' in every row"):
        train_members(number_columns(5), target, GOOD, members=1, seed=0)


# ---------------------------------------------------------------- interruption and progress


class Signals:
    """Progress that interrupts the process once the training runs."""

    def begin(self, samples: int, seconds: float) -> None:
        self.finished = self.sent = False

    def advance(self, samples: int) -> None:
        if not self.sent:
            self.sent = True
            signal.raise_signal(signal.SIGINT)

    def finish(self) -> None:
        self.finished = True


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_interrupt_stops_all_members(n_threads: int) -> None:
    columns = number_columns(2000)
    progress = Signals()
    recipe = as_recipe("good", epochs=10**6)  # hours
    with pytest.raises(KeyboardInterrupt):
        train_members(
            columns, labels(columns), recipe, members=3, seed=0, n_threads=n_threads,
            progress=progress,
        )  # fmt: skip
    assert progress.finished
    for thread in threading.enumerate():
        if thread.name.startswith("fastbp"):  # without a job
            thread.join(1)
            assert not thread.is_alive()


def test_progress_hears_of_every_row_once() -> None:
    class Count:
        def begin(self, samples: int, seconds: float) -> None:
            self.samples, self.done = samples, 0
            assert seconds > 0

        def advance(self, samples: int) -> None:
            self.done += samples

        def finish(self) -> None:
            self.finished = True

    columns = number_columns(300)
    progress = Count()
    recipe = as_recipe("good", epochs=4)
    train_members(columns, labels(columns), recipe, members=3, seed=0, progress=progress)
    assert progress.done == progress.samples == 3 * 4 * 200
    assert progress.finished
