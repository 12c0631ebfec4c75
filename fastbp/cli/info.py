"""``fastbp info``: describe a model file, or this installation."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastbp import Ensemble, TableModel, show_config
from fastbp.cli.messages import print_item
from fastbp.model.model import Model
from fastbp.model_file import several
from fastbp.model_file.storage import load
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tabular.open_model import open_model
from fastbp.text.formatting import list_names, truncate


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp info``."""
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL", help="a model file")


def run(args: Namespace) -> int:
    """Print the description; return the exit code."""
    if args.model is None:
        show_config()
        return 0
    kind = several.kind_of(args.model)
    print_item("model", f"{args.model}, {args.model.stat().st_size:,} bytes")
    lines = _single(load(args.model)) if kind is None else _several(open_model(args.model))
    for label, text in lines:
        print_item(label, text)
    return 0


def _single(model: Model) -> list[tuple[str, str]]:
    """Describe a file of one network."""
    lines = [*_network(model), *_training(model.state.description())]
    old = Preprocessing.of(model.preprocessing, model.architecture.sizes[0])
    if old is not None:
        return lines + _old_table(old)
    if model.preprocessing is not None:
        names = list_names([*model.preprocessing])
        lines.append(("also", f"preprocessing of another program than fastbp: {names}"))
    return lines


def _several(model: object) -> list[tuple[str, str]]:
    """Describe a file of several networks."""
    assert isinstance(model, TableModel | Ensemble)
    networks = model.networks
    first = networks[0]
    sizes = Counter("-".join(map(str, net.sizes)) for net in networks)
    shapes = ", ".join(f"{n} x {size}" for size, n in sizes.items())
    count = sum(net.parameters.size for net in networks)
    activations = ", ".join(dict.fromkeys(first.activations))
    lines = [
        ("networks", f"{len(networks)}, whose outputs are averaged: {shapes}; {activations}"),
        ("loss", first.loss if isinstance(first.loss, str) else str(first.loss)),
        ("parameters", f"{count:,}, {first.dtype}"),
    ]
    if isinstance(model, TableModel):
        return _of_table(model) + lines + _card(model.card or {})
    if first.classes is not None:
        names = [str(name) for name in first.classes]
        lines.append(("classes", f"{len(names)}: {list_names(names)}"))
    return lines


def _of_table(model: TableModel) -> list[tuple[str, str]]:
    """Describe the table that a model was trained on."""
    schema = model.schema
    assert schema is not None, "a model of a file has a schema"
    lookup = "by name" if schema.named else "by position"
    lines = [("target", f"{truncate(model.target)} ({model.task})")]
    if model.classes:
        lines.append(("classes", f"{len(model.classes)}: {list_names(model.classes)}"))
    reports = schema.explain()
    used = [report for report in reports if report.kind not in ("target", "left out")]
    names = list_names([r.name for r in used], [r.kind for r in used])
    lines.append(("features", f"{len(used):,} columns, found {lookup}: {names}"))
    if left_out := [report.name for report in reports if report.kind == "left out"]:
        lines.append(("left out", list_names(left_out)))
    lines.append(("recipe", f"{model.recipe.name}, seed {model.seed}"))
    return lines


def _card(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Describe what the training left: scores and the rows that they are of."""
    lines = [("trained by", f"fastbp {card['fastbp']}")] if "fastbp" in card else []
    found = card.get("evaluation")
    if not isinstance(found, Mapping):
        return lines
    scores = found.get("scores")
    if isinstance(scores, Mapping):
        texts = [
            f"{name} {score['value']:.4g}"
            + (f" +- {score['standard_error']:.2g}" if score["standard_error"] else "")
            for name, score in scores.items()
            if isinstance(score, Mapping) and isinstance(score.get("value"), float)
        ]
        lines.append(("scores", ", ".join(texts)))
    lines.append(
        (
            "judged on",
            f"{found.get('held_out_rows')} rows held out of {found.get('rows')}: "
            f"{found.get('split')}",
        )
    )
    return lines


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


def _old_table(preprocessing: Preprocessing) -> list[tuple[str, str]]:
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
