"""``fastbp explain``: print the backpropagation of a small network or of a model, by index."""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from fastbp.cli.arg_types import path_or_dash, table_row
from fastbp.cli.explain_receipt import add_receipt_arguments, write_receipt
from fastbp.cli.explain_sample import describe, from_command_line
from fastbp.cli.option_checks import refuse
from fastbp.cli.table_options import READING, add_reading_arguments
from fastbp.lessons.document import Document
from fastbp.lessons.explanation import choose_weights, write_explanation
from fastbp.lessons.mazur import mazur
from fastbp.lessons.networks import DEFAULT_SEED, in_float64, small_network
from fastbp.lessons.notations import NOTATIONS
from fastbp.lessons.questions import answer, find, list_questions
from fastbp.lessons.renderers import RENDERERS, render
from fastbp.operations import BY_NODE, LOSSES
from fastbp.text.page import can_show
from fastbp.text.streams import encoding_of

DEFAULT_SIZES = (4, 3, 3, 2)
MOST_WEIGHTS = 1_000_000  # more cannot be followed by hand

# The options that apply to a small network, to a model, and to either.
_OF_SMALL = ("sizes", "seed", "activation", "loss")
_OF_MODEL = ("row", "input", "target", *READING)
_OF_WEIGHT = ("l", "j", "k")
_OF_EXAMPLE = ("example",)


def parse_sizes(text: str) -> tuple[int, ...]:
    """``4-3-3-2`` or ``4,3,3,2`` as a tuple of widths.

    >>> parse_sizes("4-3-3-2")
    (4, 3, 3, 2)
    """
    try:
        sizes = tuple(int(part) for part in text.replace(",", "-").split("-"))
    except ValueError:
        sizes = ()
    if len(sizes) < 2 or min(sizes, default=0) < 1:
        raise ArgumentTypeError(
            f"got {text!r}, expected two or more widths, each at least 1, such as 4-3-3-2"
        )
    if sum(n_out * n_in for n_out, n_in in zip(sizes[1:], sizes, strict=False)) > MOST_WEIGHTS:
        raise ArgumentTypeError(
            f"got {text!r}, more than {MOST_WEIGHTS:,} weights; choose smaller widths"
        )
    return sizes


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp explain``."""
    parser.epilog = (
        "fastbp explain MODEL --row FILE.csv:3 explains a network of your own on a row of a table, "
        "fastbp explain MODEL --input 5.1,3.5 --target 1 on numbers; without MODEL a small network "
        "is made, as in the lesson. fastbp explain --ask lists what readers of the lesson ask."
    )
    # "-1,2" and "-1e5" are numbers too, and not options.
    parser._negative_number_matcher = re.compile(r"^-\.?\d")
    parser.add_argument(
        "model", nargs="?", type=Path, metavar="MODEL", help="a model file: your own network"
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=path_or_dash,
        metavar="FILE.csv",
        help="a table with the model's columns, or - for standard input",
    )
    parser.add_argument(
        "--ask",
        nargs="*",
        metavar="QUESTION",
        help="list what readers of the course ask, or answer one, by its number or by words",
    )
    parser.add_argument(
        "--l",
        type=int,
        metavar="LAYER",
        help="explain w_jk of this layer, 1 to L (default with --j or --k: L)",
    )
    parser.add_argument(
        "--j", type=int, metavar="NODE", help="node of layer l, from 0 (default: 0)"
    )
    parser.add_argument(
        "--k", type=int, metavar="NODE", help="node of layer l-1, from 0 (default: 0)"
    )
    parser.add_argument(
        "--format",
        choices=list(RENDERERS),
        default="text",
        help="%(choices)s (default: text)",
    )
    parser.add_argument(
        "--notation",
        choices=list(NOTATIONS),
        default="course",
        help="whose symbols: %(choices)s (default: course)",
    )
    parser.add_argument(
        "--ascii",
        action="store_true",
        help="spell Greek letters out (automatic where they cannot be shown)",
    )
    _add_sample_arguments(parser)
    _add_small_network_arguments(parser)
    add_receipt_arguments(parser)


def _add_sample_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the sample, with MODEL")
    group.add_argument(
        "--row",
        type=table_row,
        metavar="N",
        help="which row of FILE.csv, from 1, the header line not counted (default: 1); FILE.csv:N "
        "names the table too",
    )
    group.add_argument(
        "--input",
        nargs="+",
        metavar="NUMBER",
        help="the sample itself, in the place of FILE.csv: one number for each column of the "
        "model, with commas or spaces between them",
    )
    group.add_argument(
        "--target",
        metavar="TARGET",
        help="what the network should have answered: a class, a number, or one number for each "
        "output (default: what the row says)",
    )
    add_reading_arguments(group)


def _add_small_network_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("the network, without MODEL")
    group.add_argument(
        "--example",
        choices=["course", "mazur"],
        help="course: two weights of a small network; "
        "mazur: the well-known 2-2-2 example (default: course)",
    )
    group.add_argument(
        "--sizes",
        type=parse_sizes,
        metavar="WIDTHS",
        help="the network's widths (default: 4-3-3-2)",
    )
    group.add_argument(
        "--seed",
        type=int,
        metavar="S",
        help=f"seed of the weights and of the sample (default: {DEFAULT_SEED})",
    )
    group.add_argument(
        "--activation",
        metavar="NAME",
        choices=BY_NODE,
        help="every layer's, unless the loss needs another output: %(choices)s (default: sigmoid)",
    )
    group.add_argument(
        "--loss", choices=list(LOSSES), metavar="NAME", help="%(choices)s (default: squared_error)"
    )


def run(args: Namespace) -> int:
    """Print the explanation; ValueError if the weight or the sample does not exist."""
    _check(args)
    if args.receipt is not None:
        return write_receipt(args)
    page = Document()
    if args.ask is not None:
        page = _answers(args)
    elif args.model is not None:
        _write_model(page, args)
    elif args.example == "mazur":
        mazur(page)
    else:
        sizes = args.sizes or DEFAULT_SIZES
        weights = choose_weights(sizes, args.l, args.j, args.k, "--")
        page.sizes = sizes
        net, x, y = small_network(
            sizes,
            seed=DEFAULT_SEED if args.seed is None else args.seed,
            loss=args.loss or "squared_error",
            activation=args.activation or "sigmoid",
        )
        write_explanation(page, net, x, y, weights, args.notation)
    spell_out = args.ascii or not can_show(encoding_of(sys.stdout))
    print(render(page, args.format, args.notation, spell_out=spell_out))
    return 0


def _answers(args: Namespace) -> Document:
    """The questions, or the answer of the one asked for."""
    if not args.ask:
        return list_questions()
    found = find(" ".join(args.ask))
    return answer(found[0]) if len(found) == 1 else list_questions(found)


def _check(args: Namespace) -> None:
    """Refuse options that do not go together."""
    if args.receipt is None:
        refuse(args, ("learning_rate",), "without --receipt, whose step it is of")
    else:
        refuse(args, ("ask", *_OF_WEIGHT), "with --receipt, which has every weight")
        if (args.format, args.notation) != ("text", "course"):
            raise ValueError(
                "--format, --notation: not with --receipt, which has a form of its own; leave out "
                "one or the other"
            )
    if args.ask is not None:
        options = ("model", *_OF_MODEL, *_OF_EXAMPLE, *_OF_SMALL, *_OF_WEIGHT)
        refuse(args, options, "with --ask, which has a small network of its own")
    elif args.model is not None:
        refuse(args, _OF_EXAMPLE + _OF_SMALL, f"with a model ({args.model}), which has its own")
    elif args.example == "mazur":
        refuse(args, _OF_MODEL + _OF_WEIGHT + _OF_SMALL, "with --example mazur, which is fixed")
        if args.notation != "course":
            raise ValueError(
                f"--notation {args.notation}: --example mazur is in fastbp's notation only; leave "
                "out one or the other"
            )
    else:
        refuse(args, _OF_MODEL, "without a MODEL: the small network has a sample of its own")


def _write_model(page: Document, args: Namespace) -> None:
    """Write the sample, the network's prediction for it, and the derivation."""
    sample = from_command_line(args)
    net = in_float64(sample.net)
    weights = choose_weights(net.sizes, args.l, args.j, args.k, "--")
    trace = net.trace(sample.x, sample.y)
    page.sizes = net.sizes
    describe(page, sample, trace)
    write_explanation(page, net, trace.a[0], trace.y, weights, args.notation)
