"""``fastbp train``: train a network on the digits or on a table, and save it."""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
import warnings
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fastbp import SGD, Adam, History, Network, TrainingWarning
from fastbp.commands import problem
from fastbp.commands.output_files import check_outputs, save_somewhere
from fastbp.commands.problem import Problem
from fastbp.commands.words import (
    add_table_arguments,
    columns,
    fraction,
    note,
    path_or_dash,
    real_number,
    say,
    whole_number,
    widths,
)
from fastbp.curve import check_plot, draw, plot
from fastbp.errors import FileFormatError
from fastbp.printable import printable
from fastbp.progress import Progress, can_write, duration
from fastbp.safetensors_file import HEADER_CAP
from fastbp.streams import columns_of
from fastbp.strict_json import MOST_VALUES, most_values
from fastbp.table.preprocessing import fill_value
from fastbp.table.source import table_stem
from fastbp.table.wording import counted
from fastbp.validation import check_epochs

# scikit-learn's own defaults for width and learning rate; they suit the digits (40 epochs of 45
# steps) and small tables alike.
_HIDDEN = [100]
_BATCH_SIZE = 32
_OPTIMIZERS = {"adam": (Adam, 0.001), "sgd": (SGD, 0.1)}  # the first is a network's own default
# Without --epochs there are 40, and more where a table is so small that they make few steps.
_FEWEST_EPOCHS, _MOST_EPOCHS = 40, 400
_FEWEST_STEPS = 1000
_TEST_FRACTION = 0.2
_ERROR, _INTERRUPTED = 2, 130
_HEADER_RESERVE = 1 << 14  # of a model file's header, for all but the columns and classes

# task -> output activation and loss
_OUTPUTS = {
    "classify": ("softmax", "cross_entropy"),
    "regress": ("identity", "mean_squared_error"),
}

# Options that only make sense with a table, and what they are when not given.
_TABLE_OPTIONS = {
    "target": None,
    "task": None,
    "drop": None,
    "fill": None,
    "delimiter": None,
    "header": None,
    "standardize": True,
    "test_fraction": _TEST_FRACTION,
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``fastbp train``."""
    parser.epilog = (
        "Without FILE.csv the 1,797 handwritten digits that come with fastbp are learnt."
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=path_or_dash,
        metavar="FILE.csv",
        help="a table to learn, or - for standard input",
    )

    table = parser.add_argument_group("the table")
    table.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column to predict: its name, or "
        "its number (from 1) if the file has no header line",
    )
    table.add_argument(
        "--task",
        choices=tuple(_OUTPUTS),
        help="classes or a number (decided from the target's values)",
    )
    table.add_argument(
        "--drop", action="append", type=columns, metavar="COL,COL", help="columns to leave out"
    )
    table.add_argument(
        "--fill",
        type=_fill,
        metavar="mean|median|NUMBER",
        help="fill cells that are missing or not numbers (they are refused)",
    )
    table.add_argument(
        "--no-standardize",
        dest="standardize",
        action="store_false",
        help="take the numbers as they are, not (number - mean) / deviation",
    )
    table.add_argument(
        "--test-fraction",
        type=fraction,
        default=_TEST_FRACTION,
        metavar="SHARE",
        help="the share of the rows that is held out (%(default)s)",
    )
    add_table_arguments(table)

    network = parser.add_argument_group("the network and its training")
    network.add_argument(
        "--hidden",
        type=widths,
        default=_HIDDEN,
        metavar="64,32",
        help="widths of the hidden layers, or none (100)",
    )
    network.add_argument(
        "--activation", default="relu", metavar="NAME", help="of the hidden layers (%(default)s)"
    )
    network.add_argument(
        "--epochs",
        type=_epochs,
        metavar="N",
        help=f"how often every row is seen ({_FEWEST_EPOCHS}; up to "
        f"{_MOST_EPOCHS} for a small table)",
    )
    network.add_argument(
        "--batch-size",
        type=whole_number(1),
        default=_BATCH_SIZE,
        metavar="N",
        help="rows in a step (%(default)s)",
    )
    network.add_argument(
        "--optimizer",
        choices=tuple(_OPTIMIZERS),
        default="adam",
        help="how a step moves the weights (%(default)s)",
    )
    network.add_argument(
        "--learning-rate",
        type=real_number(0),
        metavar="RATE",
        help="how far a step goes (0.001 for adam, 0.1 for sgd)",
    )
    network.add_argument(
        "--l2",
        type=real_number(0),
        default=0.0,
        metavar="LAMBDA",
        help="weight decay by the penalty of L2 (%(default)s)",
    )
    network.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="of weights, order and held-out rows (%(default)s)",
    )

    output = parser.add_argument_group("what comes out")
    output.add_argument(
        "--model", type=Path, metavar="PATH", help="where to save (NAME.safetensors in this folder)"
    )
    output.add_argument(
        "--force", action="store_true", help="save even over a file that is not a fastbp model"
    )
    output.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="draw the learning curve too (.svg, .png, .pdf; needs matplotlib)",
    )
    output.add_argument("--quiet", action="store_true", help="print the last line only")


def run(args: Namespace) -> int:
    """Train, report and save; return the exit code."""
    if args.file is None:
        for option, absent in _TABLE_OPTIONS.items():
            if getattr(args, option) != absent:
                raise ValueError(f"--{option.replace('_', '-')} is for a table; give its FILE.csv")
    stem = "fastbp-digits" if args.file is None else table_stem(args.file)
    model = args.model or Path(f"{stem}.safetensors")
    check_outputs({"--model": model, "--plot": args.plot}, [args.file])
    if not args.force:
        _check_is_a_model(model)
    if args.plot is not None:
        check_plot(args.plot)
    quietly = contextlib.redirect_stdout(io.StringIO()) if args.quiet else contextlib.nullcontext()
    with quietly:
        given = problem.digits() if args.file is None else problem.from_table(args.file, args)
        _check_size(given)
        net = _network(given, args)
        history, stop = _fit(net, given, args)
        if history is None:
            if isinstance(stop, OSError):
                raise stop
            print("fastbp train: stopped before an epoch ended; nothing is saved", file=sys.stderr)
            return _INTERRUPTED
        # Before anything more is printed or drawn, for that can fail.
        overwrites = model.exists()
        place, failure = save_somewhere(net.save, model)
        try:
            if not isinstance(stop, OSError):
                _report(history, given, args)
                overwritten = " (the file that was there is overwritten)"
                say("saved", f"{place}" + overwritten * (overwrites and failure is None))
                _draw(history, given, args)
                result = _result(net, given)
        finally:
            _tell_trouble(history, args, model, place, stop, failure)
    if isinstance(stop, OSError):
        raise stop
    print(result)
    if failure is not None:
        return _ERROR
    return 0 if stop is None else _INTERRUPTED


def _tell_trouble(
    history: History,
    args: Namespace,
    model: Path,
    place: Path,
    stop: BaseException | None,
    failure: Exception | None,
) -> None:
    """Say on standard error what stopped the training, and where the network is."""
    if stop is not None:
        print(
            f"fastbp train: stopped after {history.epochs} of {args.epochs} epochs; saved as it "
            f"was after the last whole batch: {printable(place)}",
            file=sys.stderr,
        )
    if failure is not None:
        why = printable(getattr(failure, "strerror", None) or failure)
        print(
            f"fastbp train: error: {printable(model)} could not be written ({why}); the trained "
            f"network is saved in {printable(place)}",
            file=sys.stderr,
        )


def _network(given: Problem, args: Namespace) -> Network:
    """Make a network for the problem; completes the options that depend on its size."""
    output_activation, loss = _OUTPUTS[given.preprocessing.task]
    net = Network(
        [given.X.shape[1], *args.hidden, given.n_outputs],
        activation=args.activation,
        output_activation=output_activation,
        loss=loss,
        seed=args.seed,
    )
    net.preprocessing = given.preprocessing.to_dict()
    if args.epochs is None:
        steps_an_epoch = -(-len(given.X) // args.batch_size)
        wanted = -(-_FEWEST_STEPS // steps_an_epoch)
        args.epochs = min(max(wanted, _FEWEST_EPOCHS), _MOST_EPOCHS)
    if args.learning_rate is None:
        args.learning_rate = _OPTIMIZERS[args.optimizer][1]
    sizes = "-".join(map(str, net.sizes))
    hidden = f"{args.activation}, " * bool(args.hidden)
    n_parameters = len(net.parameters)
    say("network", f"{sizes}, {hidden}{output_activation}, {loss}; {n_parameters:,} parameters")
    decay = f", l2 {args.l2:g}" * (args.l2 > 0)
    say(
        "training",
        f"{args.optimizer}, learning rate {args.learning_rate:g}{decay}, batches of "
        f"{args.batch_size}, {args.epochs} epochs, seed {args.seed}",
    )
    print()
    return net


class _Watch(Progress):
    """Progress that also remembers the whole epochs, for when Ctrl-C ends the training."""

    history = History()
    whole_epochs = 0

    def epoch_end(self, history: History) -> None:
        self.history, self.whole_epochs = history, history.epochs
        super().epoch_end(history)

    def whole(self) -> History | None:
        """Cut off the epoch that was interrupted; None if there was no other."""
        lists = {k: v[: self.whole_epochs] for k, v in vars(self.history).items() if v}
        return History(**lists) if self.whole_epochs else None


def _fit(
    net: Network, given: Problem, args: Namespace
) -> tuple[History | None, BaseException | None]:
    """Train; return the history if an epoch ended, and what stopped the training.

    Ctrl-C does, and standard output that cannot be written to: its disk is full. (When the reader
    of a pipe leaves, the command is to end as it does for anybody who no longer listens.)
    """
    rule, _ = _OPTIMIZERS[args.optimizer]
    watch = _Watch()
    try:
        with _training_warnings_as_notes(args):
            history = net.fit(
                given.X,
                given.y,
                epochs=args.epochs,
                batch_size=args.batch_size,
                optimizer=rule(args.learning_rate),
                l2=args.l2,
                validation=(given.X_held_out, given.y_held_out),
                progress=watch,
            )
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, OSError) as stop:
        return watch.whole(), stop
    return history, None


@contextlib.contextmanager
def _training_warnings_as_notes(args: Namespace) -> Iterator[None]:
    """Show what fit warns of as the command shows what the user should know."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrainingWarning)
        yield
    for warning in caught:
        if not issubclass(warning.category, TrainingWarning):
            where = warning.filename, warning.lineno
            warnings.warn_explicit(warning.message, warning.category, *where)
            continue
        scaling = " (the command does it unless --no-standardize is given)"
        note(f"{warning.message}{scaling * (not args.standardize)}")


def _report(history: History, given: Problem, args: Namespace) -> None:
    """Print the training in a line, and its curve."""
    seconds = float(np.sum(history.seconds))
    epochs = len(history.seconds)
    rate = epochs * len(given.X) / seconds if seconds > 0 else 0.0
    print()
    curve = draw(
        history,
        braille=can_write(sys.stdout, "\u2847└│─"),
        columns=columns_of(sys.stdout),
    )
    if curve:
        print(curve + "\n")
    say(
        "trained",
        f"{counted(epochs, 'epoch')} in {duration(seconds)}: {duration(seconds / epochs)} an "
        f"epoch, {rate:,.0f} samples/s",
    )


def _draw(history: History, given: Problem, args: Namespace) -> None:
    """Draw the curve into a file, if one is named."""
    if args.plot is not None:
        plot(history, args.plot, f"fastbp train: {given.name}")
        say("drawn", str(args.plot))


def _result(net: Network, given: Problem) -> str:
    """Return the last line: how well the network does on the rows held out."""
    if given.classifies:
        names, counts = np.unique(given.y_held_out, return_counts=True)
        accuracy = net.score(given.X_held_out, given.y_held_out)
        say(
            "compare",
            f"always answering {str(names[counts.argmax()])!r} would get "
            f"{100 * counts.max() / counts.sum():.2f} % of the held-out rows",
        )
        return f"held-out accuracy {100 * accuracy:.2f} %"
    y = given.preprocessing.predictions(given.y_held_out)
    error = given.preprocessing.predictions(net.predict(given.X_held_out)[:, 0]) - y
    rmse = math.sqrt(np.mean(error**2))
    spread = float(np.mean((y - y.mean()) ** 2))
    say(
        "compare",
        f"held-out RMSE {rmse:.4g} in the unit of {given.preprocessing.target}; always answering "
        f"the mean of the held-out rows would get {math.sqrt(spread):.4g}",
    )
    if spread == 0:
        return "held-out R2 is not defined: the rows held out have one value only"
    return f"held-out R2 {1 - rmse**2 / spread:.3f}"


def _check_is_a_model(path: Path) -> None:
    """Refuse now to write over a file that is not a model."""
    if not path.exists():
        return
    try:
        Network.load(path)
    except FileFormatError as error:
        raise ValueError(
            f"{path} exists and is not a fastbp model; give another --model, or --force to "
            "overwrite it"
        ) from error


def _check_size(given: Problem) -> None:
    """Refuse now a table whose names would not fit into the model file after the training."""
    classes = np.unique(given.y).tolist() if given.classifies else []
    # As in the file: JSON text that is itself a string in JSON.
    text = json.dumps(json.dumps([given.preprocessing.to_dict(), classes]))
    values = most_values(text)
    most_bytes, most = HEADER_CAP - _HEADER_RESERVE, MOST_VALUES - _HEADER_RESERVE
    if len(text) > most_bytes or values > most:
        raise FileFormatError(
            f"{len(given.preprocessing.columns):,} columns and {len(classes):,} classes take "
            f"{len(text):,} bytes and {values:,} values, too many for a model file (at most "
            f"{most_bytes:,} and {most:,}); leave columns out with --drop"
        )


def _epochs(text: str) -> int:
    try:
        return check_epochs(whole_number(1)(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _fill(text: str) -> str:
    try:
        return fill_value(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
