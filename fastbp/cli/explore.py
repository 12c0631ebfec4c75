"""``fastbp explore``: write the page that draws a network and walks a training step."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp.cli.arg_types import path_or_dash, real_number, whole_number
from fastbp.cli.lesson_model import LessonModel, TableNetwork
from fastbp.cli.messages import note, print_item
from fastbp.cli.option_checks import refuse
from fastbp.cli.output_files import check_outputs
from fastbp.cli.table_options import READING, add_reading_arguments
from fastbp.datasets import digits_split, load_digits
from fastbp.lessons.explorer import explore
from fastbp.lessons.explorer.network_data import most_samples
from fastbp.lessons.explorer.quiz_data import DEFAULT_N, Quiz
from fastbp.lessons.quizzes.files import quiz_from_json
from fastbp.text.formatting import list_names, plural
from fastbp.text.printable import printable

DEFAULT_OUT = "explorer.html"
_DIGIT = (8, 8)
_RATE = 0.5

#: X, y, the shape of an image, and how many more rows there are.
Samples = tuple[NDArray[Any], Any, "tuple[int, int] | None", int]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp explore``."""
    parser.epilog = (
        "Without MODEL the page has the built-in networks: Mazur's, XOR, three nodes with and "
        "without a bias, layers of different width, a digit. It is one file, opened from disk, and "
        "asks no other host for anything."
    )
    parser.add_argument(
        "model", nargs="?", type=Path, metavar="MODEL", help="a model file: your own network"
    )
    parser.add_argument(
        "--data",
        type=path_or_dash,
        metavar="FILE.csv",
        help="a table with the model's columns and its target, or - for standard input (default: "
        "the held-out digits for a model of those, else a sample of zeros)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(DEFAULT_OUT),
        metavar="FILE.html",
        help="the page; an old file is replaced (default: %(default)s)",
    )
    parser.add_argument(
        "--learning-rate",
        type=real_number(0),
        metavar="RATE",
        help=f"what the page begins with (default: {_RATE})",
    )
    group = parser.add_argument_group("quiz")
    group.add_argument(
        "--quiz",
        type=whole_number(0),
        metavar="N",
        help=f"how many questions the page asks, 0 for none (default: {DEFAULT_N})",
    )
    group.add_argument(
        "--quiz-seed",
        type=whole_number(0),
        metavar="S",
        help="another seed makes another quiz (default: 0)",
    )
    group.add_argument(
        "--questions",
        type=Path,
        metavar="FILE.json",
        help="ask the questions of a file instead, as fastbp quiz --read does",
    )
    add_reading_arguments(parser)


def run(args: Namespace) -> int:
    """Write the page; return the exit code."""
    if args.model is None:
        refuse(
            args,
            ("data", *READING, "learning_rate"),
            "without a MODEL: the built-in networks have samples and learning rates of their own",
            "name a model, or leave it out",
        )
    check_outputs({"--out": args.out}, [args.model, args.data, args.questions])
    quiz, seed = _quiz(args)
    if args.model is None:
        explore(None, args.out, quiz=quiz, quiz_seed=seed)
    else:
        model = LessonModel.load(args.model)
        X, y, image, left_out = _samples(model, args)
        explore(
            model.net,
            args.out,
            X,
            y,
            title=printable(args.model.name),
            learning_rate=_RATE if args.learning_rate is None else args.learning_rate,
            image=image,
            inputs=model.table.inputs if model.table else (),
            note=" ".join(filter(None, (model.which(), _on_units(model.table)))),
            left_out=left_out,
            quiz=quiz,
            quiz_seed=seed,
        )
    print_item("page", f"{args.out}, {args.out.stat().st_size:,} bytes; open it in a browser")
    return 0


def _quiz(args: Namespace) -> tuple[Quiz, int]:
    """How many questions, or those of a file; and the seed."""
    if args.questions is None:
        return DEFAULT_N if args.quiz is None else args.quiz, args.quiz_seed or 0
    refuse(args, ("quiz", "quiz_seed"), "with --questions, whose questions are made")
    return quiz_from_json(args.questions.read_bytes()), 0


def _samples(model: LessonModel, args: Namespace) -> Samples:
    net, table = model.net, model.table
    if args.data is not None:
        if table is None:
            raise ValueError(
                f"{args.model} knows no table's columns, since it was not saved by fastbp train; "
                'leave --data out, or use net.explore("page.html", X, y) in Python'
            )
        X, y, left_out = _table_samples(model, args)
        return X, y, None, left_out
    if table is not None and _is_of_digits(table):
        images, labels = load_digits()
        rows = digits_split(labels)[1]
        return images[rows], labels[rows], _DIGIT, 0
    note("no --data: the page has one sample, whose inputs are all 0")
    x = np.zeros((1, net.sizes[0]))
    output = net.predict(x)
    if net.sizes[-1] == 1:
        return x, output.round(), None, 0
    return x, np.eye(net.sizes[-1])[output.argmax(axis=1)], None, 0


def _on_units(table: TableNetwork | None) -> str:
    """What the page says of numbers that are not those of the table."""
    if table is None or _is_of_digits(table):
        return ""
    what = "Inputs and targets" if table.member.scale else "Inputs"
    return f"{what} are standardized, as the network takes them."


def _is_of_digits(table: TableNetwork) -> bool:
    """Whether ``fastbp train`` made the model on the digits that come with fastbp."""
    rows, columns = _DIGIT
    return table.columns == [f"pixel_{i}_{j}" for i in range(rows) for j in range(columns)]


def _table_samples(model: LessonModel, args: Namespace) -> tuple[NDArray[Any], Any, int]:
    """Read the first rows, and the target of each; count the others."""
    table, source = model.open(args.data, args)
    target = table.schema.target
    if table.schema.target_column(source) is None:
        raise ValueError(
            f"{source.label} has no column for the target, {target.name}: it has "
            f"{list_names(source.names)}; add it"
        )
    typed = table.schema.read(source, with_target=True)
    assert typed.target is not None, "the target was asked for"
    n_rows = min(len(typed), most_samples(model.net.sizes[0]))
    if n_rows == 0:
        raise ValueError(f"{source.label} has no row with a target; there is nothing to show")
    if n_rows < len(typed):
        note(f"the page has the first {n_rows} of {plural(len(typed), 'row')}")
    X, values = table.transform(typed)[:n_rows], typed.target.values[:n_rows]
    if table.member.scale is not None:
        numbers = table.member.scale.standardised(values.astype(np.float64))
        return X, numbers[:, np.newaxis], len(typed) - n_rows
    if (values < 0).any():
        raise ValueError(
            f"{source.label} has a class that the model does not know; it knows "
            f"{list_names(target.classes)}"
        )
    names = target.classes if model.net.classes else range(len(target.classes))
    return X, [names[code] for code in values.tolist()], len(typed) - n_rows
