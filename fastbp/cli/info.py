"""``fastbp info``: describe a model file, or this installation."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fastbp import show_config
from fastbp.cli.messages import print_item
from fastbp.model.model import Model
from fastbp.model_file.storage import load
from fastbp.tables.preprocessing import Preprocessing
from fastbp.text.formatting import list_names, truncate


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp info``."""
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a model file")


def run(args: Namespace) -> int:
    """Print the description; return the exit code."""
    if args.model is None:
        show_config()
        return 0
    model = load(args.model)
    print_item("model", f"{args.model}, {args.model.stat().st_size:,} bytes")
    for label, text in [*_network(model), *_training(model.state.description())]:
        print_item(label, text)
    preprocessing = Preprocessing.of(model.preprocessing, model.architecture.sizes[0])
    if preprocessing is not None:
        for label, text in _table(preprocessing):
            print_item(label, text)
    elif model.preprocessing is not None:
        print_item(
            "also",
            f"preprocessing of another program than fastbp: {list_names([*model.preprocessing])}",
        )
    return 0


def _network(model: Model) -> list[tuple[str, str]]:
    """Describe sizes, activations, loss and parameters."""
    config = model.config()
    products = f" with {config['compute']} products" if "compute" in config else ""
    bias = {True: "with biases", False: "without biases", "fixed": "with fixed biases"}
    parameters = model.state.parameters
    count = sum(array.size for array in (*parameters.weights, *parameters.biases))
    lines = [
        ("sizes", "-".join(map(str, config["sizes"]))),
        ("activation", ", ".join(model.architecture.labels)),
        ("loss", model.architecture.loss_row.label),
        (
            "parameters",
            f"{count:,}, {config['dtype']}{products}, {bias[config['bias']]}",
        ),
    ]
    if any(model.architecture.dropout):
        rates = map("{:g}".format, model.architecture.dropout)
        lines.append(("dropout", f"{', '.join(rates)} in training"))
    if model.classes is not None:
        names = [str(name) for name in model.classes]
        lines.append(("classes", f"{len(names)}: {list_names(names)}"))
    return lines


def _training(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Describe the optimizer and the number of steps."""
    if not state["steps"]:
        return [("training", "none yet")]
    optimizer = dict(state["optimizer"])
    name = optimizer.pop("name")
    settings = ", ".join(f"{key} {value}" for key, value in optimizer.items())
    return [
        ("training", f"{state['steps']:,} steps, {state['epochs']:,} epochs"),
        ("optimizer", f"{name}: {settings}"),
    ]


def _table(preprocessing: Preprocessing) -> list[tuple[str, str]]:
    """Describe the table that the model was trained on."""
    scaled = any(preprocessing.means) or any(scale != 1 for scale in preprocessing.scales)
    lookup = "by name" if preprocessing.header else "by position"
    features = f"{len(preprocessing.columns):,} columns, found {lookup}"
    features += ", scaled" * scaled + ", missing cells filled" * (preprocessing.fill is not None)
    lines = [
        ("target", f"{truncate(preprocessing.target)} ({preprocessing.task})"),
        ("features", f"{features}: {list_names(preprocessing.columns)}"),
    ]
    if preprocessing.task == "regress":
        unit = f"output * {preprocessing.target_scale:g} + {preprocessing.target_mean:g}"
        lines.append(("unit", f"{truncate(preprocessing.target)} = {unit}"))
    return lines
