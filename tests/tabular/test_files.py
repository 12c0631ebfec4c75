"""Files of table models and ensembles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from model_files import Tensors, checksum, edit_json, read_tensors, write_tensors
from tabular_tables import table

from fastbp import AdamW, Ensemble, FileFormatError, Network, ShapeError, TableModel
from fastbp.schedules import Cosine
from fastbp.tables.as_source import as_source


@pytest.mark.parametrize("target", ["kind", "number"])
def test_a_saved_model_predicts_the_same_bits(tmp_path: Path, target: str) -> None:
    model = TableModel(members=3, seed=1, epochs=5, hidden=(16,)).fit(table(), target)
    model.card = {"rows": 40, "scores": {"accuracy": 0.5}}
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = TableModel.load(path)
    new = table(30, seed=5)
    assert model.schema is not None
    assert again.schema is not None
    assert np.array_equal(model.predict(new), again.predict(new))
    assert np.array_equal(
        model.outputs(model.schema.read(as_source(new))),
        again.outputs(again.schema.read(as_source(new))),
    )
    assert repr(again) == repr(model)
    assert (again.task, again.target, again.classes) == (model.task, model.target, model.classes)
    assert again.card == model.card
    assert again.inputs == model.inputs
    again.fit(table(), target)
    assert np.array_equal(model.predict(new), again.predict(new))
    again.save(path)


def test_the_wrong_loader_says_which_is_right(tmp_path: Path) -> None:
    paths = {name: tmp_path / name for name in ("net", "table", "ensemble")}
    net = Network([2, 3, 1], seed=0)
    net.save(paths["net"])
    TableModel(members=1, seed=0, epochs=1).fit(table(), "kind").save(paths["table"])
    Ensemble([net]).save(paths["ensemble"])
    for load, name, match in (
        (Network.load, "table", r"model of tables: load it with fastbp.TableModel.load"),
        (Network.load, "ensemble", r"ensemble: load it with fastbp.Ensemble.load"),
        (TableModel.load, "net", r"single network: load it with fastbp.Network.load"),
        (TableModel.load, "ensemble", r"load it with fastbp.Ensemble.load"),
        (Ensemble.load, "table", r"load it with fastbp.TableModel.load"),
        (Ensemble.load, "net", r"single network: load it with fastbp.Network.load"),
    ):
        with pytest.raises(FileFormatError, match=match) as caught:
            load(paths[name])  # type: ignore[operator]
        assert str(paths[name]) in str(caught.value)


def test_a_file_holds_no_optimizer_and_its_networks_train_on_afresh(tmp_path: Path) -> None:
    model = TableModel(members=2, seed=0, epochs=2, hidden=(8,)).fit(table(), "kind")
    path = tmp_path / "model.safetensors"
    model.save(path)
    tensors, metadata = read_tensors(path)
    assert {name.split(".")[1][0] for name in tensors if name[0].isdigit()} == {"w", "b"}
    assert metadata["version"] == "3"
    assert metadata["kind"] == "TableModel"
    assert {net.optimizer.name for net in TableModel.load(path).networks} == {"adam"}


def test_wide_tables_are_saved_and_loaded(tmp_path: Path) -> None:
    n = 5_000
    X = np.random.default_rng(0).normal(size=(12, n))
    names = [f"gene {i}" for i in range(n)]
    data = (np.column_stack([X, X[:, 0] > 0]), [*names, "y"])
    model = TableModel("classify", members=2, seed=0, epochs=1, hidden=2).fit(data, "y")
    path = tmp_path / "wide.safetensors"
    model.save(path)
    again = TableModel.load(path)
    assert again.features == tuple(names)
    assert np.array_equal(again.predict_proba(data), model.predict_proba(data))


def test_what_a_file_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(ValueError, match="not fitted yet"):
        TableModel().save(path)
    model = TableModel(members=1, seed=0, epochs=1).fit(table(), "kind")
    model.card = {"scores": (1, 2)}
    with pytest.raises(ValueError, match="card must be"):
        model.save(path)
    model.card = "made up"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="card must be a dict of plain values, got str"):
        model.save(path)
    assert not path.exists()


def test_options_that_json_holds_come_back(tmp_path: Path) -> None:
    options = {
        "hidden": (8, 4),
        "activation": ("leaky_relu", 0.1),
        "optimizer": AdamW(0.01, weight_decay=0.1),
        "schedule": Cosine(warmup=0.1),
        "epochs": 2,
        "batch_size": 16,
        "dropout": 0.1,
        "class_weight": {"yes": 2.0},
        "early_stopping": 3,
        "keep_best": "log_loss",
    }
    model = TableModel(members=1, seed=0, **options).fit(table(), "kind")  # type: ignore[arg-type]
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = TableModel.load(path)
    assert again.recipe == model.recipe
    again.save(path)
    assert TableModel.load(path).recipe == model.recipe


def test_a_loaded_model_reads_tables_as_the_saved_one_did(tmp_path: Path) -> None:
    data = table() | {"code": ["1", "2", "3", "-9"] * 10, "shirt": ["S", "M", "L", "S"] * 10}
    model = TableModel(
        "classify",
        members=1,
        seed=0,
        epochs=2,
        hidden=(4,),
        decimal=".",
        missing=["-9"],
        dates="dmy",
        ordered={"shirt": ["S", "M", "L"]},
        drop=["number"],
        kinds={"code": "words"},
    ).fit(data, "kind")
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = TableModel.load(path)
    assert again.schema_options == model.schema_options
    again.fit(data, "kind")
    assert str(again.explain_columns()) == str(model.explain_columns())
    assert np.array_equal(again.predict_proba(data), model.predict_proba(data))


# ---------------------------------------------------------------- hostile files

Edit = Callable[[Tensors, dict[str, str]], object]

EDITS: list[tuple[str, Edit]] = [
    ("lacks 'content'", lambda t, m: m.pop("content")),
    ("unknown key 'author'", lambda t, m: m.update(author="me")),
    ("its kind must be", lambda t, m: m.update(kind="os.system")),
    ("newer fastbp", lambda t, m: m.update(version="4")),
    ("lacks 'network'", lambda t, m: m.update(version="1")),
    ("must be '3'", lambda t, m: m.update(version="03")),
    ("networks must be a list", lambda t, m: m.update(networks="{}")),
    ("networks must be a list", lambda t, m: m.update(networks="[]")),
    ("not valid JSON", lambda t, m: m.update(networks="[{")),
    ("network 0: its description", lambda t, m: m.update(networks="[1, 2]")),
    ("does not belong", lambda t, m: m.update(networks=json.dumps(json.loads(m["networks"])[:1]))),
    ("tensor '2.w1'", lambda t, m: t.update({"2.w1": t["0.w1"]})),
    ("network 0: tensor 'w9'", lambda t, m: t.update({"0.w9": t["0.w1"]})),
    ("network 0: its network needs a tensor 'w1'", lambda t, m: t.pop("0.w1")),
    ("network 1: tensor 'w1' has shape", lambda t, m: t.update({"1.w1": t["1.w1"][:1]})),
    ("network 0: tensor 'w1' is float64", lambda t, m: t.update({"0.w1": t["0.w1"].astype("f8")})),
    ("memory", lambda t, m: t.update(
        {f"0.velocity.{n}": t[f"0.{n}"] for n in ("w1", "b1", "w2", "b2")})),
    ("0.w1.* is nan", lambda t, m: t["0.w1"].__setitem__((0, 0), np.nan)),
    ("must have target", lambda t, m: edit_json(m, "content", more=1)),
    ("classes must be", lambda t, m: edit_json(m, "content", classes=["yes", "yes"])),
    ("classes must be none", lambda t, m: edit_json(m, "content", classes=["yes"])),
    ("expected", lambda t, m: edit_json(m, "content", classes=["a", "b", "c"])),
    ("other classes", lambda t, m: edit_json(m, "content", classes=["a", "b"])),
    ("columns must be", lambda t, m: edit_json(m, "content", columns=["size"])),
    ("member 0", lambda t, m: edit_json(m, "content", columns=[["size"], ["number"]])),
    ("member 0", lambda t, m: edit_json(m, "content", columns=[["a", "b"], ["x", "y"]])),
    ("schema", lambda t, m: edit_json(m, "content", schema={"version": 1})),
    ("arguments", lambda t, m: edit_json(m, "content", arguments={"members": 2})),
    ("cannot be made", lambda t, m: edit_json(m, "content", options={"epochs": -1})),
    ("cannot be made", lambda t, m: edit_json(m, "content", options={"callbacks": "os.system"})),
    ("cannot be made", lambda t, m: edit_json(m, "content", options={"optimizer": "os.system"})),
    ("cannot be made", lambda t, m: edit_json(
        m, "content", arguments={"members": 2, "recipe": "secret", "seed": 0})),
    ("JSON objects", lambda t, m: edit_json(m, "content", reading=["drop"])),
    ("cannot be made", lambda t, m: edit_json(m, "content", reading={"kinds": {"a": "code"}})),
    ("cannot be made", lambda t, m: edit_json(m, "content", reading={"open": "/etc/passwd"})),
    ("card must be", lambda t, m: edit_json(m, "content", card=[1])),
    ("temperatures", lambda t, m: t.pop("content.temperatures")),
    ("temperatures", lambda t, m: t.update({"content.temperatures": np.zeros(2)})),
    ("temperatures", lambda t, m: t.update({"content.temperatures": np.array([np.nan, 1])})),
    ("scales", lambda t, m: t.update({"content.scales": np.ones((2, 4))})),
    ("must have the arrays", lambda t, m: t.pop("content.0.medians")),
    ("must have the arrays", lambda t, m: t.update({"content.0.more": np.ones(1)})),
    ("does not belong", lambda t, m: t.update({"content.7.medians": np.ones(1)})),
    ("does not belong", lambda t, m: t.update({"content.00.medians": np.ones(1)})),
    ("does not belong", lambda t, m: t.update({"content": np.ones(1)})),
    ("must be finite", lambda t, m: t.update({"content.0.medians": np.array([np.inf])})),
]  # fmt: skip


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("files") / "sound.safetensors"
    cells = {name: column for name, column in table().items() if name != "number"}
    TableModel(members=2, seed=0, epochs=1, hidden=2).fit(cells, "kind").save(path)
    return path.read_bytes()


@pytest.mark.parametrize(("match", "edit"), EDITS, ids=[match for match, _ in EDITS])
def test_sound_bytes_with_other_content_are_refused(
    tmp_path: Path, raw: bytes, match: str, edit: Edit
) -> None:
    path = tmp_path / "edited.safetensors"
    path.write_bytes(raw)
    tensors, metadata = read_tensors(path)
    edit(tensors, metadata)
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    with pytest.raises(FileFormatError, match=match) as caught:
        TableModel.load(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).count("cannot load") == 1
    assert len(str(caught.value)) < 700


def test_cut_and_changed_bytes_are_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "damaged.safetensors"
    rng = np.random.default_rng(0)
    for end in [0, 7, 8, 100, *rng.integers(0, len(raw), 40).tolist()]:
        path.write_bytes(raw[:end])
        with pytest.raises(FileFormatError):
            TableModel.load(path)
    header = 8 + int.from_bytes(raw[:8], "little")
    for place in [*range(0, 8), *rng.integers(8, len(raw), 200).tolist()]:
        damaged = bytearray(raw)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            TableModel.load(path)
        except FileFormatError:
            continue
        # A space of the padding may become another one that means the same.
        assert place < header, f"byte {place} is changed, and nobody minds"


def test_so_many_networks_that_a_small_file_takes_much_memory_are_refused(tmp_path: Path) -> None:
    net = Network([1, 1], seed=0)
    with pytest.raises(ValueError, match="1 to 1000 networks"):
        Ensemble([net] * 1001).save(tmp_path / "many.safetensors")


# ---------------------------------------------------------------- ensembles


def test_an_ensemble_is_the_mean_of_its_networks(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    nets = [Network([2, 3, 2], "relu", seed=seed) for seed in range(3)]
    ensemble = Ensemble(nets)
    expected = sum(net.predict(X).astype(np.float64) for net in nets) / 3
    np.testing.assert_allclose(ensemble.predict(X), expected, rtol=1e-12)
    assert np.array_equal(ensemble.predict_classes(X), expected.argmax(axis=1))
    path = tmp_path / "ensemble.safetensors"
    ensemble.save(path)
    again = Ensemble.load(path)
    assert np.array_equal(again.predict(X), ensemble.predict(X))
    assert repr(again) == "Ensemble(3 x [2, 3, 2])"


def test_networks_of_unlike_inputs_take_a_tuple() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    nets = [Network([3, 4, 1], seed=0), Network([2, 4, 1], dtype="float64", seed=1)]
    twins = [net.copy() for net in nets]
    ensemble = Ensemble(nets)
    histories = ensemble.fit((X, X[:, :2]), y, epochs=3)
    assert [history.epochs for history in histories] == [3, 3]
    for net, twin, inputs in zip(nets, twins, (X, X[:, :2]), strict=True):
        twin.fit(inputs, y, epochs=3)
        assert np.array_equal(net.parameters, twin.parameters)
    assert ensemble.predict((X, X[:, :2])).shape == (40, 1)
    with pytest.raises(ValueError, match="tuple of 3"):
        ensemble.predict((X, X, X))


def test_networks_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="as many outputs"):
        Ensemble([Network([2, 1]), Network([2, 3])])
    with pytest.raises(ValueError, match="at least one"):
        Ensemble([])
    with pytest.raises(TypeError, match=r"networks\[0\] must be a Network, got int"):
        Ensemble([1])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="must be a sequence of networks, got Network"):
        Ensemble(Network([2, 1]))  # type: ignore[arg-type]


def test_networks_of_other_class_names_are_refused(tmp_path: Path) -> None:
    nets = [Network([2, 2], seed=seed) for seed in range(2)]
    for net in nets:
        net.classes = ("cat", "dog")
    path = tmp_path / "ensemble.safetensors"
    Ensemble(nets).save(path)
    nets[1].classes = ("dog", "cat")
    with pytest.raises(ValueError, match="must have the same class names"):
        Ensemble(nets)
    tensors, metadata = read_tensors(path)
    networks = json.loads(metadata["networks"])
    networks[1]["classes"].reverse()
    metadata["networks"] = json.dumps(networks)
    metadata["checksum"] = checksum(tensors, metadata)
    write_tensors(path, tensors, metadata)
    with pytest.raises(FileFormatError, match="must have the same class names"):
        Ensemble.load(path)


def test_one_network_that_fails_ends_the_training_of_all() -> None:
    X = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    bad = Network([3, 1], seed=0)
    ensemble = Ensemble([Network([2, 1], seed=0), bad])
    with pytest.raises(ShapeError):
        ensemble.fit(X, X[:, 0], epochs=10**8, n_threads=2)
