"""Running the command line, and a table of flowers to give it."""

import csv
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from fastbp.cli.command import main
from fastbp.tables.as_source import as_source


def write(name, rows, header=None):
    with open(name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows] if header else rows)


def flowers(n=90):
    """Three well separated classes of two features."""
    rng = np.random.default_rng(0)
    centres = {"rose": (0, 0), "lily": (30, 500), "daisy": (60, -500)}
    return [
        [f"{x:.3f}", f"{y:.3f}", name]
        for i in range(n)
        for name, (x, y) in [list(centres.items())[i % 3]]
        for x, y in [rng.normal((x, y), (3, 50))]
    ]


FLOWERS = ("length", "weight", "kind")


#: What trains two networks soon, and well enough for the flowers.
QUICK = ("--members", "2", "--epochs", "40")


@cache
def flowers_model():
    """The file of a model trained on the flowers, which is the same bytes each time."""
    with tempfile.TemporaryDirectory() as folder:
        table = str(Path(folder) / "flowers.csv")
        write(table, flowers(), FLOWERS)
        model = Path(folder) / "m"
        arguments = ["train", table, "--target", "kind", "--model", str(model), "--quiet", *QUICK]
        assert main(arguments) == 0
        return model.read_bytes()


def train_flowers():
    """Write the flowers as a table, and a model trained on them."""
    write("flowers.csv", flowers(), FLOWERS)
    Path("flowers.safetensors").write_bytes(flowers_model())


def table_inputs(model, cells):
    """What the first network of a table's model takes of a row, given as cells by column."""
    typed = model.schema.read(as_source({name: [cell] for name, cell in cells.items()}))
    return model.fitted_members[0].encoder.transform(typed.columns)[0]


def refused(capsys, *arguments):
    """Run a command that must fail; return its one line on standard error."""
    capsys.readouterr()
    assert main(list(arguments)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert error.startswith("fastbp")
    return error


def run(*arguments, **how):
    return subprocess.Popen(
        [sys.executable, "-m", "fastbp", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **how,
    )
