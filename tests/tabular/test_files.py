"""Files of table models and ensembles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastbp import Ensemble, FileFormatError, Network, TableModel
from fastbp.tables.as_source import as_source


def table(n: int = 40, seed: int = 0) -> dict[str, list[object]]:
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    colours = rng.choice(["red", "green", "blue"], n)
    kind = np.where(size + (colours == "red") > 0.3, "yes", "no")
    sizes = [None if i % 7 == 0 else float(x) for i, x in enumerate(size)]
    return {
        "size": sizes,
        "colour": list(map(str, colours)),
        "kind": list(map(str, kind)),
        "number": list(map(float, size * 3 + 1)),
    }


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
        (Ensemble.load, "net", r"load it with fastbp.Network.load"),
    ):
        with pytest.raises(FileFormatError, match=match) as caught:
            load(paths[name])  # type: ignore[operator]
        assert str(paths[name]) in str(caught.value)
