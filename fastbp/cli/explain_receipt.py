"""``fastbp explain --receipt``: write one training step for another program to verify."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from fastbp import SGD
from fastbp.cli.arg_types import path_or_dash, real_number
from fastbp.cli.explain_sample import from_command_line
from fastbp.cli.messages import print_item
from fastbp.cli.output_files import check_outputs
from fastbp.lessons import mazur
from fastbp.lessons.networks import DEFAULT_SEED, in_float64, small_network
from fastbp.lessons.receipt import receipt_line
from fastbp.lessons.receipt_document import VERIFIER
from fastbp.model.step_trace import StepTrace
from fastbp.model_file.atomic_write import replace_file
from fastbp.tables.source import STANDARD_STREAM

_SUFFIXES = (".json", ".jsonl")
_SIZES = (4, 3, 2)  # the usual small network has a hidden layer too many
_RATE = mazur.LEARNING_RATE


def add_receipt_arguments(parser: Any) -> None:
    """Add the options of a receipt."""
    group = parser.add_argument_group("a receipt, in the place of the explanation")
    group.add_argument(
        "--receipt",
        nargs="?",
        type=_receipt_file,
        const=STANDARD_STREAM,
        metavar="FILE.json",
        help="one step of SGD in float64, number by number, in the form that an npm package "
        "verifies (docs/trace.md has the command); without MODEL and another network that of "
        "Mazur's example; an old file is replaced (default: standard output)",
    )
    group.add_argument(
        "--learning-rate",
        type=real_number(0),
        metavar="RATE",
        help=f"of the step (default: {_RATE})",
    )


def _receipt_file(text: str) -> Path:
    """Parse a file's name; that of a MODEL is none, and stays whole."""
    path = path_or_dash(text)
    if path != STANDARD_STREAM and path.suffix not in _SUFFIXES:
        raise ArgumentTypeError(
            f"{text!r} does not end in {' or '.join(_SUFFIXES)}, as the verifier wants it; name "
            "such a file, or a MODEL before --receipt"
        )
    return path


def write_receipt(args: Namespace) -> int:
    """Make the step and write its receipt; return the exit code."""
    path: Path = args.receipt
    if path == STANDARD_STREAM:
        sys.stdout.write(receipt_line(_step(args)))
        return 0
    check_outputs({"--receipt": path}, [args.model, args.file, args.row and args.row.file])
    replace_file(path, [receipt_line(_step(args)).encode()])
    print_item("receipt", f"{path}, for {VERIFIER}")
    return 0


def _step(args: Namespace) -> StepTrace:
    optimizer = SGD(_RATE if args.learning_rate is None else args.learning_rate)
    small = (args.sizes, args.seed, args.activation, args.loss)
    if args.model is not None:
        sample = from_command_line(args)
        return in_float64(sample.net).trace_step(sample.x, sample.y, optimizer)
    if args.example == "mazur" or small == (None,) * len(small):
        return mazur.mazur_network().trace_step(mazur.X[0], mazur.Y[0], optimizer)
    net, x, y = small_network(
        args.sizes or _SIZES,
        seed=DEFAULT_SEED if args.seed is None else args.seed,
        loss=args.loss or "half_squared_error",
        activation=args.activation or "sigmoid",
    )
    return net.trace_step(x, y, optimizer)
