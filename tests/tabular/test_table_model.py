"""TableModel: columns by name, predictions, options, scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tabular_tables import QUICK, table

import fastbp
from fastbp import SGD, TableModel, evaluate_table
from fastbp.schedules import CosLog


@pytest.fixture(scope="module")
def classifier() -> TableModel:
    return TableModel(seed=0, **QUICK).fit(table(), "kind")


@pytest.fixture(scope="module")
def regressor() -> TableModel:
    return TableModel(seed=0, **QUICK).fit(table(), "number")


def test_the_order_of_columns_is_no_matter_and_the_target_may_be_absent(
    classifier: TableModel,
) -> None:
    new = table(30, seed=1)
    expected = classifier.predict(new)
    others = {name: new[name] for name in reversed(list(new)) if name != "kind"}
    assert np.array_equal(classifier.predict(others), expected)


def test_missing_columns_are_named(classifier: TableModel) -> None:
    new = {name: cells for name, cells in table().items() if name != "colour"}
    with pytest.raises(ValueError, match="lacks 1 column that the model needs: colour"):
        classifier.predict(new)


def test_unknown_columns_are_named_and_left_out(classifier: TableModel) -> None:
    new = table(10, seed=2)
    expected = classifier.predict(new)
    with pytest.warns(UserWarning, match="not used: shoe"):
        assert np.array_equal(classifier.predict(new | {"shoe": [1] * 10}), expected)


def test_a_cell_that_fits_nothing_is_an_error_with_row_and_column(classifier: TableModel) -> None:
    new = table(10, seed=2)
    new["size"] = [*new["size"][:4], "many", *new["size"][5:]]
    with pytest.raises(ValueError, match=r"row 4 \(from 0\), column 'size'"):
        classifier.predict(new)


def test_classes_are_text_and_probabilities_are_of_them(classifier: TableModel) -> None:
    new = table(30, seed=1)
    P = classifier.predict_proba(new)
    assert classifier.classes == ("no", "yes")
    assert P.shape == (30, 2)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    predicted = classifier.predict(new)
    assert predicted.dtype == object
    assert predicted.tolist() == [classifier.classes[i] for i in P.argmax(axis=1)]


def test_the_prediction_is_the_mean_of_the_members(regressor: TableModel) -> None:
    from fastbp.tables.as_source import as_source

    assert regressor.schema is not None
    typed = regressor.schema.read(as_source(table(20, seed=3)))
    y = np.array(table()["number"], float)
    total = np.zeros(20)
    members = regressor._trained.members  # type: ignore[union-attr]
    for member, net in zip(members, regressor.networks, strict=True):
        z = net.predict(member.encoder.transform(typed.columns))[:, 0].astype(float)
        assert member.scale is not None
        assert y.min() <= member.scale.low < member.scale.high <= y.max()
        numbers = z * member.scale.scale + member.scale.mean
        total += np.clip(numbers, member.scale.low, member.scale.high)
    predicted = regressor.predict(table(20, seed=3))
    np.testing.assert_allclose(predicted, total / len(members), rtol=1e-12)
    with pytest.raises(ValueError, match="'number' is a number, which has no classes"):
        regressor.predict_proba(table())


def test_the_networks_are_an_ensemble_of_what_encode_gives(classifier: TableModel) -> None:
    new = table(20, seed=3)
    inputs = classifier.encode(new)
    assert [X.shape for X in inputs] == [(20, len(names)) for names in classifier.inputs]
    outputs = classifier.ensemble.predict(inputs)
    expected = [net.predict(X) for net, X in zip(classifier.networks, inputs, strict=True)]
    np.testing.assert_allclose(outputs, np.mean(expected, axis=0, dtype=float), rtol=1e-12)


def test_scores_are_the_accuracy_and_r2(classifier: TableModel, regressor: TableModel) -> None:
    new = table(50, seed=4)
    right = np.array(new["kind"]) == classifier.predict(new)
    assert classifier.score(new) == pytest.approx(right.mean())
    y = np.array(new["number"], float)
    r2 = 1 - np.sum((y - regressor.predict(new)) ** 2) / np.sum((y - y.mean()) ** 2)
    assert regressor.score(new) == pytest.approx(r2)


@pytest.mark.parametrize("unit", [1e307, 1e-307])
def test_targets_of_any_size_are_learnt_predicted_and_scored(unit: float) -> None:
    x = np.linspace(-1, 1, 100)
    data = {"x": x, "y": 8 * x**3 * unit}
    model = TableModel(members=3, seed=0, epochs=100).fit(data)
    assert np.isfinite(model.predict(data)).all()
    assert 0.9 < model.score(data) < 1
    found = evaluate_table(model, data)
    assert 0.9 < found.scores["r2"].value < 1
    assert found.importance is not None
    assert found.importance.columns[0].drop > 0.5


def test_columns_of_the_largest_numbers_are_no_warning() -> None:
    x = np.linspace(-1.7, 1.7, 40)
    data = {"x": x * 1e308, "y": np.where(x > 0, "yes", "no")}
    assert TableModel(members=1, seed=0, epochs=30).fit(data).score(data) > 0.9


def test_it_learns_what_there_is_to_learn() -> None:
    model = TableModel(members=2, seed=0).fit(table(200), "kind")
    assert model.score(table(200, seed=9)) > 0.9
    model = TableModel(members=2, seed=0).fit(table(200), "number")
    assert model.score(table(200, seed=9)) > 0.8


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    gaps = table(60)
    gaps["kind"] = [None if i < 7 else cell for i, cell in enumerate(gaps["kind"])]
    rest = {name: cells[7:] for name, cells in table(60).items()}
    model = TableModel(seed=0, **QUICK).fit(gaps, "kind")
    assert any("7 rows of 60" in note for note in model.notes)
    expected = TableModel(seed=0, **QUICK).fit(rest, "kind").predict_proba(table())
    assert np.array_equal(model.predict_proba(table()), expected)


def test_a_model_that_is_not_fitted_says_so() -> None:
    model = TableModel()
    assert repr(model) == "TableModel(task='auto', members=5, recipe='good', seed=None): not fitted"
    for call in (
        lambda: model.predict(table()),
        lambda: model.score(table()),
        lambda: model.networks,
        lambda: model.explain_columns(),
        lambda: model.classes,
    ):
        with pytest.raises(ValueError, match="not fitted yet"):
            call()


def test_a_fit_that_fails_leaves_the_model_as_it_was(classifier: TableModel) -> None:
    expected = classifier.predict_proba(table())
    with pytest.raises(ValueError, match="sise"):
        classifier.fit(table(), "sise")
    assert np.array_equal(classifier.predict_proba(table()), expected)


def test_a_first_fit_that_fails_draws_no_seed() -> None:
    class Failing:
        def begin(self, samples: int, seconds: float) -> None: ...
        def finish(self) -> None: ...

        def advance(self, samples: int) -> None:
            raise RuntimeError("the terminal is gone")

    model = TableModel(**QUICK)
    with pytest.raises(RuntimeError, match="the terminal is gone"):
        model.fit(table(), "kind", progress=Failing())
    assert model.seed is None
    assert repr(model).endswith("not fitted")


def test_a_drawn_seed_repeats_the_model() -> None:
    first = TableModel(**QUICK).fit(table(), "kind")
    again = TableModel(seed=first.seed, **QUICK).fit(table(), "kind")
    assert np.array_equal(first.predict_proba(table()), again.predict_proba(table()))
    assert TableModel(**QUICK).fit(table(), "kind").seed != first.seed


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"task": "cluster"}, ValueError, "task"),
        ({"members": 0}, ValueError, "members"),
        ({"recipe": "best"}, ValueError, "recipe"),
        ({"seed": -1}, ValueError, "seed"),
        ({"hidden": (0,)}, ValueError, "hidden"),
        ({"hidden": 1.5}, TypeError, "hidden"),
        ({"hidden": "128"}, TypeError, "hidden"),
        ({"activation": "relo"}, ValueError, "activation"),
        ({"epochs": -1}, ValueError, "epochs"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"optimizer": "adamm"}, ValueError, "optimizer"),
        ({"learning_rate": -1}, ValueError, "learning_rate"),
        ({"schedule": "coslog"}, TypeError, "schedule"),
        ({"dropout": 1}, ValueError, "dropout"),
        ({"ema": 2}, ValueError, "ema"),
        ({"l2": -1}, ValueError, "l2"),
        ({"class_weight": "even"}, ValueError, "class_weight"),
        ({"initializer": "xavier"}, ValueError, "initializer"),
        ({"compute": "float8"}, ValueError, "compute"),
        ({"early_stopping": 0}, ValueError, "early_stopping"),
        ({"keep_best": "loss"}, ValueError, "keep_best"),
        ({"n_threads": 0}, ValueError, "n_threads"),
        ({"decimal": ";"}, ValueError, "decimal"),
    ],
)
def test_bad_options_are_named_before_anything_is_read(
    options: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        TableModel(**options)


def test_options_take_the_place_of_the_recipes() -> None:
    recipe = TableModel(hidden=7, learning_rate=0.1).recipe
    assert recipe.hidden == (7,)
    assert recipe.optimizer.learning_rate == 0.1
    assert recipe.optimizer.name == "adamw"
    assert recipe.optimizer.schedule == CosLog()
    by_name = TableModel(optimizer="sgd").recipe.optimizer
    assert (by_name.name, by_name.schedule) == ("sgd", CosLog())
    assert TableModel(optimizer=SGD(0.3)).recipe.optimizer == SGD(0.3)
    assert TableModel(schedule=False).recipe.optimizer.schedule is None
    assert TableModel(initializer="he_normal").recipe.random_start is False


@pytest.mark.parametrize("optimizer", sorted(set(fastbp.optimizers.OPTIMIZERS) - {"lbfgs"}))
@pytest.mark.parametrize("recipe", ["good", "plain"])
@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_every_optimizer_trains(optimizer: str, recipe: str) -> None:
    model = TableModel(members=1, seed=0, recipe=recipe, optimizer=optimizer, epochs=2)
    assert (4 if recipe == "good" else 2) == model.fit(table(), "kind").networks[0].L


@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_the_plain_recipe_is_a_plain_network() -> None:
    model = TableModel(members=1, recipe="plain", seed=0).fit(table(), "kind")
    (net,) = model.networks
    assert net.sizes[1:] == (100, 2)
    assert model.recipe.epochs_for(40) == 400
    assert model.recipe.epochs_for(640) == 50
    assert model.recipe.epochs_for(10**6) == 40
    (inputs,) = model.inputs
    assert "size" in inputs
    assert not any("bin" in name for name in inputs)


def test_class_weights_go_by_names_and_move_predictions() -> None:
    counts = {}
    for weights in ({"yes": 0.02}, {"yes": 50.0}):
        model = TableModel(seed=0, class_weight=weights, **QUICK).fit(table(80), "kind")
        counts[weights["yes"]] = int((model.predict(table(80)) == "yes").sum())
    assert counts[0.02] < counts[50.0]
    model = TableModel(seed=0, class_weight="balanced", **QUICK)
    assert model.fit(table(80), "kind").networks
    with pytest.raises(ValueError, match="'maybe', which is none of the classes"):
        TableModel(class_weight={"maybe": 2}).fit(table(), "kind")
    with pytest.raises(ValueError, match="target is a number"):
        TableModel(class_weight="balanced").fit(table(), "number")
    by_number = {"x": [0.5, 1.5] * 10, "y": [0, 1] * 10}
    weights = [
        TableModel(class_weight={key: 9}, seed=0, **QUICK).fit(by_number).predict_proba(by_number)
        for key in (1, 1.0, "1")
    ]
    assert np.array_equal(weights[0], weights[1])
    assert np.array_equal(weights[0], weights[2])
    with pytest.raises(ValueError, match="names the class '1' twice"):
        TableModel(class_weight={"1": 2, 1: 3}).fit(by_number)
    for weight, error in ((-1, ValueError), (float("nan"), ValueError), ("2", TypeError)):
        with pytest.raises(error, match=r"^class_weight\['yes'\] must be"):
            TableModel(class_weight={"yes": weight}).fit(table(), "kind")


def test_members_whose_validation_rows_hardly_weigh_keep_the_last_epoch() -> None:
    kinds = ["a"] * 6 + ["b"] * 30 + ["c"] * 1
    data = {"x": [float(i) for i in range(37)], "y": kinds}
    model = TableModel(seed=0, class_weight={"b": 0, "c": 0}, epochs=3, hidden=(8,)).fit(data)
    assert model.predict({"x": [1.0]}).tolist() == ["a"]


def test_groups_have_one_for_each_row_of_the_table() -> None:
    groups = [f"patient {i // 4}" for i in range(40)]
    model = TableModel(seed=0, **QUICK).fit(table(), "kind", groups=groups)
    other = TableModel(seed=0, **QUICK).fit(table(), "kind")
    assert not np.array_equal(model.predict_proba(table()), other.predict_proba(table()))
    with pytest.raises(ValueError, match="groups must have one for each of the 40 rows"):
        TableModel(seed=0, **QUICK).fit(table(), "kind", groups=groups[:10])
    with pytest.raises(ValueError, match="groups must have one for each of the 40 rows"):
        TableModel(seed=0, **QUICK).fit(table(), "kind", groups=[*groups, "patient 0"])


def test_progress_is_checked() -> None:
    with pytest.raises(TypeError, match="progress must be True, False or None"):
        TableModel(seed=0, **QUICK).fit(table(), "kind", progress=3)


def test_files_and_frames_give_the_same_model(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(table())
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    expected = TableModel(seed=0, **QUICK).fit(table(), "kind").predict_proba(table(30, seed=1))
    for source in (frame, path, str(path)):
        model = TableModel(seed=0, **QUICK).fit(source, "kind")
        assert np.array_equal(model.predict_proba(table(30, seed=1)), expected)
