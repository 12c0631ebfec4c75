"""benchmarks/engine.py: its tables, what it writes into docs/engine.md, and its command line."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from types import SimpleNamespace

import conditions
import numpy as np
import pytest
import rounds
import tables
from peers import Fastbp
from rung_peers import PEERS, NumPy
from source_tree import ROOT
from tasks import Prediction, ReferenceResults, Training, result
from workloads import TABLE, Workload

import engine
from fastbp.bench.protocol import Local
from fastbp.bench.worker import last_cores

# What is timed is noise: none can learn it.
pytestmark = pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")

SMALL = Workload("small", (3, 5, 4), "relu", "softmax", "cross_entropy", 6, "sgd")
INSTALLED = [name for name, kind in PEERS.items() if find_spec(kind.needs)]


def peer(time, **fields):
    return {"same": True, "right": True, "rounds": [time], **fields}


def written(text):
    """The (title, rows) of each table between the marks."""
    parts = text.split(tables.BEGIN)[1].split(tables.END)[0].split("\n\n")
    return [
        (title, [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines()])
        for title, part in pairwise(parts)
        if part.startswith("|")
    ]


def test_the_document_has_the_tables_of_the_code():
    by_title = written(tables.DOCUMENT.read_text(encoding="utf-8"))
    for task in (Training(), *map(Prediction, engine.options([]).predict)):
        of_task = [rows for title, rows in by_title if f" {task.unit}, float32, 1 thread." in title]
        assert len(of_task) == 1, f"run benchmarks/engine.py --write: no table of {task.name}"
        header, _, *rows = of_task[0]
        assert header == tables.columns(list(PEERS))
        assert [row[0] for row in rows] == [task.label(entry) for entry in TABLE]
        assert {len(row) for row in rows} == {len(header)}


def test_writing_replaces_what_is_between_the_marks_and_nothing_else(tmp_path):
    document = tmp_path / "engine.md"
    document.write_text(f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n", encoding="utf-8")
    table = tables.Table("Title.", ["", "a"], [["T1 xor", "1.0"]], ["Note."])
    for _ in range(2):
        tables.write([table], "Preface.", document)
    text = document.read_text(encoding="utf-8")
    assert written(text) == [("Title.", [["", "a"], ["---", "--:"], ["T1 xor", "1.0"]])]
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text


def test_a_document_without_marks_is_refused(tmp_path):
    document = tmp_path / "engine.md"
    document.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="must hold the lines"):
        tables.write([], "", document)
    assert document.read_text(encoding="utf-8") == "nothing"


def test_losses_are_named_in_the_record_the_cell_and_the_summary():
    times = {"fastbp": 2.0, "NumPy": 1.0, "PyTorch": 3.0, "JAX": 0.5}
    lost = result(Training(), SMALL, {name: peer(time) for name, time in times.items()})
    won = result(Training(), replace(SMALL, name="R2"), {"fastbp": peer(1.0), "NumPy": peer(2.0)})
    assert lost["lost to"] == {"NumPy": 0.5}  # JAX is no rival, if a peer
    assert lost["faster"] == 0.25
    assert tables.cell(lost, "NumPy") == "!1.00"
    assert tables.cell(lost, "PyTorch") == "3.00"
    assert tables.summary([lost, won]) == (
        "Against NumPy and PyTorch: won 1 of 2; losses: small to NumPy (0.500)."
    )
    assert tables.summary([won]) == "Against NumPy and PyTorch: won 1 of 1; losses: none."


def test_the_nearest_network_is_marked():
    marked = result(Training(), SMALL, {"sklearn": peer(5.0, same=False)})
    assert tables.cell(marked, "sklearn") == "~5.00"


def team(threads):
    return SimpleNamespace(threads=threads, calls={"fastbp": Local(Fastbp, threads)})


def mnist(folder, samples):
    """Write images that tell their digit."""
    digits = np.arange(samples, dtype=np.uint8) % 10
    images = np.zeros((samples, 784), np.uint8)
    images[np.arange(samples), 40 * digits + 5] = 255
    for name, header, content in (
        ("images-idx3", (0x803, samples, 28, 28), images),
        ("labels-idx1", (0x801, samples), digits),
    ):
        data = struct.pack(f">{len(header)}I", *header) + content.tobytes()
        (folder / f"train-{name}-ubyte").write_bytes(data)


@pytest.mark.slow
def test_mnist_is_trained_from_memory_beside_the_cache(tmp_path):
    mnist(tmp_path, 320)
    memory, references = Local(conditions.FromMemory), ReferenceResults(Local(NumPy))
    results, table = conditions.from_memory(
        tmp_path, TABLE, "float32", team(1), memory, references, 1, 0.001
    )
    assert [row[0].split()[0] for row in table.rows] == ["T2", "T5"]
    assert all(entry["microseconds"].keys() == {"in cache", "MNIST"} for entry in results)
    assert all(time > 0 for entry in results for time in entry["microseconds"].values())


def test_one_thread_and_all_are_timed_beside_a_busy_core():
    references = ReferenceResults(Local(NumPy))
    (result,), table = conditions.beside_a_busy_core(
        last_cores(2)[0], [SMALL], "float32", Local(Fastbp), team(2), references, 2, 0.001
    )
    assert list(result["rounds"]) == ["1", "all", "1, busy", "all, busy"]
    assert all(len(times) == 2 for times in result["rounds"].values())
    assert [len(row) for row in table.rows] == [len(table.columns)]


def test_after_numpy_each_turn_follows_products_and_no_rest(monkeypatch, capsys):
    log = []
    monkeypatch.setattr(rounds, "rest", lambda: log.append("rest"))
    monkeypatch.setattr(rounds, "start", lambda _, kind, *how: Local(kind))
    monkeypatch.setattr(conditions.Products, "work", lambda self: log.append("products"))
    shape = "--sizes 3-5-4 --rounds 2 --seconds 0.001 --predict --peers fastbp NumPy --after-numpy"
    assert engine.main(shape.split()) == 0
    assert log == ["products"] * 4 + ["rest"]  # two peers, two rounds; and before the barrier
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["T9"], "T9"),
        (["--busy"], "--threads"),
        (["--mnist", ".", "--peers", "NumPy"], "--peers"),
        (["--after-numpy", "--busy", "--threads", "2"], "--busy"),
        (["--write", "--after-numpy"], "T1 to T8"),
        (["--write", "T3"], "T1 to T8"),
        (["--write", "--random", "3"], "T1 to T8"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(arguments, complaint, capsys):
    with pytest.raises(SystemExit):
        engine.options(arguments)
    assert complaint in capsys.readouterr().err


@pytest.mark.slow
def test_the_script_measures_every_library_that_is_installed(tmp_path):
    shape = "--sizes 3-5-4 --batch 64 --rounds 1 --seconds 0.001 --optimizer adam --quick"
    file = tmp_path / "figures.json"
    ran = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "engine.py", *shape.split(), "--json", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert max(map(len, ran.stdout.splitlines())) <= 80
    record = json.loads(file.read_text(encoding="utf-8"))
    timed = [name for name in INSTALLED if name != "torch.compile"]  # --quick leaves it out
    assert [entry["task"] for entry in record["tables"]] == [
        "training",
        "prediction, batch 1",
        "prediction, batch 1024",
    ]
    for entry in record["tables"]:
        assert list(entry["results"][0]["microseconds"]) == timed
        assert (entry["threads"], entry["dtype"]) == (1, "float32")
        assert entry["bandwidth"].keys() == {"copy", "sum"}
