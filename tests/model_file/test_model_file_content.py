"""Files whose bytes are sound and whose content is not: rows 83, 84, 87 and 88."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_files import edit_json, edited, file_bytes, refuse, split

from fastbp import Network
from fastbp.model_file import storage

Edit = Callable[[dict[str, Any], dict[str, str]], object]

MOMENTUM_ALONE = {"name": "sgd", "momentum": 0.9}

UNKNOWN: list[tuple[str, Edit]] = [
    ("key 'author'", lambda t, m: m.update(author="someone")),
    ("tensor 'w3'", lambda t, m: t.update(w3=t["w1"])),
    ("tensor 'w01'", lambda t, m: t.update(w01=t["w1"])),
    ("tensor '__class__'", lambda t, m: t.update(__class__=t["w1"])),
    ("tensor 'velocity.w3'", lambda t, m: t.update({"velocity.w3": t["w1"]})),
    ("tensor 'moment.w1'", lambda t, m: t.update({"moment.w1": t["w1"]})),
    ("needs a tensor 'velocity.b2'", lambda t, m: t.pop("velocity.b2")),
    ("cannot be made", lambda t, m: edit_json(m, "network", plugin="os")),
    ("cannot be made", lambda t, m: edit_json(m, "network", activation=["os.system"])),
    ("cannot be made", lambda t, m: edit_json(m, "network", activation=["__init__"])),
    ("cannot be made", lambda t, m: edit_json(m, "network", activation=[["tanh"]])),
    ("cannot be made", lambda t, m: edit_json(m, "network", activation="tanh")),
    ("cannot be made|must read", lambda t, m: edit_json(m, "network", dtype="<f4")),
    ("cannot be made", lambda t, m: edit_json(m, "network", output_activation="sigmoids")),
    ("cannot be made", lambda t, m: edit_json(m, "network", loss="hinge")),
    ("cannot be made", lambda t, m: edit_json(m, "network", loss=None)),
    ("cannot be made", lambda t, m: edit_json(m, "network", bias=1)),
    ("cannot be made", lambda t, m: edit_json(m, "network", bias="frozen")),
    ("cannot be made", lambda t, m: edit_json(m, "network", dtype="float16")),
    ("cannot be made", lambda t, m: edit_json(m, "network", dtype="object")),
    ("cannot be made", lambda t, m: edit_json(m, "network", classes=["one"])),
    ("cannot be made", lambda t, m: edit_json(m, "network", classes=[1, 2])),
    ("cannot be made", lambda t, m: edit_json(m, "network", classes="ab")),
    ("its network is float64", lambda t, m: edit_json(m, "network", dtype="float64")),
    ("optimizer must have", lambda t, m: edit_json(m, "optimizer", hook="os.system")),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", steps=-1)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", steps=1.5)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", steps=10**400)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", epochs=True)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", epochs=None)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", description=None)),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", description=[])),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", description={"name": "lion"})),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", description={"name": ["sgd"]})),
    ("cannot be restored", lambda t, m: edit_json(m, "optimizer", description={"name": "adam"})),
    ("must be described", lambda t, m: edit_json(m, "optimizer", description=MOMENTUM_ALONE)),
    ("no optimizer", lambda t, m: m.pop("optimizer")),
    ("state of a 'Secret'", lambda t, m: edit_json(m, "random", bit_generator="Secret")),
    ("state of a None", lambda t, m: edit_json(m, "random", bit_generator=None)),
    ("exactly the keys", lambda t, m: edit_json(m, "random", bit_generator="MT19937")),
    ("has_uint32 must be", lambda t, m: edit_json(m, "random", has_uint32=2)),
    ("has_uint32 must be", lambda t, m: edit_json(m, "random", has_uint32=True)),
    ("exactly the keys", lambda t, m: edit_json(m, "random", state={"inc": 1})),
    ("state.inc must be", lambda t, m: edit_json(m, "random", state={"inc": 2**128, "state": 1})),
    ("a JSON object", lambda t, m: m.update(preprocessing="[1]")),
    ("not valid JSON", lambda t, m: m.update(preprocessing='{"mean": NaN}')),
    ("not valid JSON", lambda t, m: m.update(network="sizes=[4,3,2]")),
    ("too deeply", lambda t, m: m.update(random='{"a":' * 9_000 + "1" + "}" * 9_000)),
    ("lacks 'network'", lambda t, m: m.pop("network")),
    ("not one of fastbp", lambda t, m: m.update(format="pt")),
]


@pytest.mark.parametrize(("match", "edit"), UNKNOWN)
def test_row_83_unknown_keys_tensors_and_names(tmp_path: Path, match: str, edit: Edit) -> None:
    refuse(edited(tmp_path, edit), match)


LONG = "x" * 100_000


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("network", {"loss": LONG}),
        ("network", {"activation": [LONG]}),
        ("network", {"classes": {LONG: 1}}),
        ("network", {"sizes": [LONG]}),
        ("network", {LONG: 1}),
        ("optimizer", {"description": {"name": LONG}}),
        ("optimizer", {"description": {"name": "sgd", "learning_rate": [LONG]}}),
        ("optimizer", {"steps": 10**4_000}),
        ("random", {"bit_generator": LONG}),
    ],
)
def test_row_83_a_file_does_not_choose_how_long_a_message_is(
    tmp_path: Path, key: str, changes: dict[str, Any]
) -> None:
    refuse(edited(tmp_path, lambda t, m: edit_json(m, key, **changes)), None)


def test_row_83_a_position_outside_the_key_of_a_generator(tmp_path: Path) -> None:
    net = Network([2, 1], seed=np.random.Generator(np.random.MT19937(3)))
    raw = file_bytes(tmp_path, net)
    state = json.loads(split(raw)[0]["__metadata__"]["random"])
    for change in ({"pos": 625}, {"pos": -1}, {"key": [0] * 623}, {"key": [2**32] * 624}):
        wrong = {"bit_generator": "MT19937", "state": state["state"] | change}
        path = edited(tmp_path, lambda t, m, wrong=wrong: m.update(random=json.dumps(wrong)))
        refuse(path, "MT19937.state")


@pytest.mark.parametrize(
    ("version", "match"),
    [
        ("4", "written by format 4, this fastbp reads <= 3"),
        ("3", "its kind must be 'TableModel' or 'Ensemble', got ''"),
        ("2", "written in format 1, but the file says format 2"),
        ("0", "version must be '1'"),
        ("01", "version must be '1'"),
        ("-1", "version must be '1'"),
        ("1.0", "version must be '1'"),
        ("²", "version must be '1'"),
        ("9" * 5000, "version must be '1'"),
        (None, "version must be '1'"),
    ],
)
def test_row_84_another_format_version(tmp_path: Path, version: str | None, match: str) -> None:
    def edit(tensors: object, metadata: dict[str, str]) -> None:
        del metadata["version"]
        if version is not None:
            metadata["version"] = version

    refuse(edited(tmp_path, edit), match)


INCONSISTENT: list[tuple[str, Edit]] = [
    ("'w1' has shape", lambda t, m: t.update(w1=t["w1"].T)),
    ("'w1' has shape", lambda t, m: t.update(w1=t["w1"].reshape(-1))),
    ("'b1' has shape", lambda t, m: t.update(b1=t["b1"].reshape(1, -1))),
    ("'b1' has shape", lambda t, m: t.update(b1=t["b1"][:0])),
    ("needs a tensor 'w2'", lambda t, m: t.pop("w2")),
    ("its network is float32", lambda t, m: t.update(w2=t["w2"].astype(np.float64))),
    ("'w1' has shape", lambda t, m: edit_json(m, "network", sizes=[4, 4, 2])),
    ("'w1' has shape", lambda t, m: edit_json(m, "network", sizes=[10**9, 10**9, 2])),
    ("needs a tensor 'w3'", lambda t, m: edit_json(m, "network", sizes=[4, 3, 2, 2])),
    ("does not belong", lambda t, m: edit_json(m, "network", sizes=[4, 3])),
    ("does not belong", lambda t, m: edit_json(m, "network", bias=False)),
    *(
        ("list of widths", lambda t, m, sizes=sizes: edit_json(m, "network", sizes=sizes))
        for sizes in ([4, -3, 2], [4, 3.0, 2], [4, True, 2], [4, 0, 2], "432", None, {"4": 3})
    ),
]


@pytest.mark.parametrize(("match", "edit"), INCONSISTENT)
def test_row_87_shapes_not_those_of_the_sizes(tmp_path: Path, match: str, edit: Edit) -> None:
    refuse(edited(tmp_path, edit), match)


@pytest.mark.parametrize("name", ["w2", "b1", "velocity.w2"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_row_88_nonfinite_numbers(tmp_path: Path, name: str, value: float) -> None:
    path = edited(tmp_path, lambda t, m: t[name].__setitem__(-1, value))
    refuse(path, rf"{name}\[.*\] is -?(nan|inf)")
    net = Network.load(path, allow_nonfinite=True)
    if name == "w2":
        np.testing.assert_array_equal(net.weights[1][-1], np.full(3, value, np.float32))
    assert len(net._model.state.current.memory) == (0 if name.startswith("velocity") else 1)


@pytest.mark.parametrize("path", [None, 3, b"model", True, ["model"]])
def test_a_path_is_a_str_or_a_path_object(path: Any) -> None:
    with pytest.raises(TypeError, match=r"path must be a str or os\.PathLike, got"):
        Network.load(path)
    with pytest.raises(TypeError, match=r"path must be a str or os\.PathLike, got"):
        Network([2, 1], seed=0).save(path)


def test_loading_imports_nothing_that_runs_code_from_files() -> None:
    folder = Path(storage.__file__).parent
    for path in (*folder.glob("*.py"), folder.parent / "model" / "random_state.py"):
        text = path.read_text()
        for word in ("pickle", "eval(", "exec(", "importlib", "__import__", "setattr("):
            assert word not in text.replace('"a pickle"', ""), (path, word)
