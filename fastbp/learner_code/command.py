"""The command ``fastbp check``: options, report and exit code."""

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from textwrap import fill

from fastbp.cli.arg_types import real_number
from fastbp.learner_code.checking import check_file
from fastbp.learner_code.examples import known_losses
from fastbp.learner_code.formulas import KNOWN_ACTIVATIONS
from fastbp.learner_code.report import write_report
from fastbp.learner_code.roles import PARAMETERS
from fastbp.learner_code.session import SECONDS, ImportFailedError
from fastbp.text.page import Page, can_show
from fastbp.text.printable import printable
from fastbp.text.streams import encoding_of

WRONG = 1
LEAST_SECONDS = 0.1
_EPILOG = """\
FILE.py is imported and its functions are called, in a process of its own: check
only files that you would run. It may have any of these functions, for one layer

  forward(w, b, a)               the layer's a, or z and a; a is the layer's below
  output_delta(z, a, y)          delta of the output layer
  backward(w, delta, z)          delta of the layer below, whose z (or a) that is
  accumulate(delta, a, dw, db)   adds to dw and db, or returns dw and db
  update(w, b, dw, db, learning_rate)   in place, or returns w and b

or for the network, where w, b, z, a and delta are lists with an entry a layer

  forward(x, w, b)               a of each layer, or z and a, or the output
  backward(z, a, y, w)           delta of each layer; a begins with x
  gradient(x, y, w, b)           dw and db
  step(x, y, w, b, learning_rate)    in place, or returns w and b

besides weighted_input(w, b, a), loss(a, y), and g(z), g_prime(z), sigmoid(z),
sigmoid_prime(z) and the like. Vectors and matrices are lists or NumPy arrays; X
and Y in capitals are mini-batches, a row a sample. ACTIVATION, OUTPUT_ACTIVATION,
LOSS, LEARNING_RATE, BIAS, SIZES and W_SHAPE in the file say what the network is.

Parameters are known by their names:

{parameters}
docs/checking-your-own.md walks through an example. The exit code is 0 if all is
right, 1 if something is not, 2 after an error."""


def _parameters() -> str:
    """A line for each quantity with the names of its parameters."""
    names: dict[str, list[str]] = {}
    for name, symbol in PARAMETERS.items():
        names.setdefault(symbol, []).append(name)
    return "".join(
        fill(", ".join(of), 80, initial_indent="  ", subsequent_indent="    ") + "\n"
        for of in names.values()
    )


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp check``."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = _EPILOG.replace("{parameters}", _parameters())
    add = parser.add_argument
    add("file", metavar="FILE.py", help="the file with your functions; it is run")
    add(
        "--activation",
        choices=[name for name in KNOWN_ACTIVATIONS if name != "softmax"],
        help="of the hidden layers (default: ACTIVATION of the file, or sigmoid)",
    )
    add(
        "--output-activation",
        choices=list(KNOWN_ACTIVATIONS),
        help="of the output layer (default: OUTPUT_ACTIVATION of the file, or sigmoid, or what "
        "goes with the loss)",
    )
    add(
        "--loss",
        choices=known_losses(),
        help="C_0 (default: LOSS of the file, or squared_error, which has no 1/2)",
    )
    add(
        "--seconds",
        type=real_number(LEAST_SECONDS),
        default=SECONDS,
        metavar="S",
        help="how long the import and each function may take; one that takes longer is stopped "
        "(default: %(default)g)",
    )


def run(args: Namespace) -> int:
    """Run the command; returns 1 if a function is not right, or the file cannot be imported."""
    path = Path(args.file)
    if not path.is_file():
        raise FileNotFoundError(2, "No such file", args.file)
    if path.suffix != ".py":
        raise ValueError(f"{args.file} must be a Python file, whose name ends in .py")
    options = {name: getattr(args, name) for name in ("activation", "output_activation", "loss")}
    try:
        checked = check_file(str(path), options, args.seconds)
    except ImportFailedError as error:
        print(f"{printable(args.file)}: {printable(str(error))}")
        return WRONG
    page = Page(spell_out=not can_show(encoding_of(sys.stdout)))
    write_report(page, args.file, checked)
    print(page)
    return 0 if all(verdict.right for verdict in checked.verdicts) else WRONG
