"""``fastbp explore``: write the page that draws a network and walks a training step."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastbp import Network
from fastbp.cli.arg_types import add_table_arguments, path_or_dash, real_number, whole_number
from fastbp.cli.explain_sample import parse_target, target_position
from fastbp.cli.messages import note, print_item
from fastbp.cli.option_checks import refuse
from fastbp.cli.output_files import check_outputs
from fastbp.cli.predict import column_positions
from fastbp.datasets import digits_split, load_digits
from fastbp.lessons.explorer import explore
from fastbp.lessons.explorer.network_data import most_samples
from fastbp.lessons.explorer.quiz_data import DEFAULT_N, Quiz
from fastbp.lessons.quizzes.files import quiz_from_json
from fastbp.tables.columns import check_cells, check_marks, read_columns
from fastbp.tables.preprocessing import Preprocessing
from fastbp.tables.reading import open_table
from fastbp.text.formatting import list_names, plural
from fastbp.text.printable import printable

DEFAULT_OUT = "explorer.html"
_REMEDY = "Correct such cells, or train with --fill"
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
    add_table_arguments(parser)


def run(args: Namespace) -> int:
    """Write the page; return the exit code."""
    if args.model is None:
        refuse(
            args,
            ("data", "delimiter", "header", "learning_rate"),
            "without a MODEL: the built-in networks have samples and learning rates of their own",
            "name a model, or leave it out",
        )
    check_outputs({"--out": args.out}, [args.model, args.data, args.questions])
    quiz, seed = _quiz(args)
    if args.model is None:
        explore(None, args.out, quiz=quiz, quiz_seed=seed)
    else:
        net = Network.load(args.model)
        preprocessing = Preprocessing.of(net.preprocessing, net.sizes[0])
        X, y, image, left_out = _samples(net, preprocessing, args)
        title = printable(args.model.name)
        rate = _RATE if args.learning_rate is None else args.learning_rate
        names = preprocessing.columns if preprocessing else ()
        explore(
            net,
            args.out,
            X,
            y,
            title=title,
            learning_rate=rate,
            image=image,
            inputs=names,
            note=_on_units(preprocessing),
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


def _samples(net: Network, preprocessing: Preprocessing | None, args: Namespace) -> Samples:
    if args.data is not None:
        if preprocessing is None:
            raise ValueError(
                f"{args.model} knows no table's columns, since it was not saved by fastbp train; "
                'leave --data out, or use net.explore("page.html", X, y) in Python'
            )
        X, y, left_out = _table_samples(net, preprocessing, args)
        return X, y, None, left_out
    if preprocessing is not None and _is_of_digits(preprocessing):
        images, labels = load_digits()
        rows = digits_split(labels)[1]
        return images[rows], labels[rows], _DIGIT, 0
    note("no --data: the page has one sample, whose inputs are all 0")
    x = np.zeros((1, net.sizes[0]))
    output = net.predict(x)
    if net.sizes[-1] == 1:
        return x, output.round(), None, 0
    return x, np.eye(net.sizes[-1])[output.argmax(axis=1)], None, 0


def _on_units(preprocessing: Preprocessing | None) -> str:
    """What the page says of numbers that are not those of the table."""
    if preprocessing is None:
        return ""
    inputs = any(preprocessing.means) or any(scale != 1 for scale in preprocessing.scales)
    targets = preprocessing.target_mean != 0 or preprocessing.target_scale != 1
    what = [name for name, is_so in (("Inputs", inputs), ("targets", targets)) if is_so]
    if not what:
        return ""
    words = " and ".join(what)
    return f"{words[0].upper()}{words[1:]} are standardized, as the network takes them."


def _is_of_digits(preprocessing: Preprocessing) -> bool:
    """Whether ``fastbp train`` made the model on the digits that come with fastbp."""
    rows, columns = _DIGIT
    names = [f"pixel_{i}_{j}" for i in range(rows) for j in range(columns)]
    return preprocessing.columns == names


def _table_samples(
    net: Network, preprocessing: Preprocessing, args: Namespace
) -> tuple[NDArray[Any], list[Any], int]:
    """Read the first rows, and the target of each; count the others."""
    table = open_table(args.data, args.delimiter, args.header, preprocessing.columns)
    target_at = target_position(table, preprocessing)
    if target_at is None:
        raise ValueError(
            f"{table.label} has no column for the target, {preprocessing.target}: it has "
            f"{list_names(table.names)}; add it"
        )
    columns = read_columns(table, column_positions(table, preprocessing, args), target_at)
    check_marks(table, columns)
    if preprocessing.fill is None:
        check_cells(table, columns, _REMEDY)
    n_rows = min(len(columns.lines), most_samples(net.sizes[0]))
    if n_rows < len(columns.lines):
        note(f"the page has the first {n_rows} of {plural(len(columns.lines), 'row')}")
    X = preprocessing.inputs(columns.values[:n_rows])
    targets = [parse_target(text, net, preprocessing) for text in columns.target[:n_rows]]
    if not all(isinstance(target, (str, int)) for target in targets):
        targets = [np.ravel(target) for target in targets]
    return X, targets, len(columns.lines) - n_rows
