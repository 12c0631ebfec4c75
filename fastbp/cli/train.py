"""``fastbp train``: train a network on the digits or on a table, and save it."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fastbp import History, Network, TrainingWarning
from fastbp.cli import train_data
from fastbp.cli.learning_curve import check_plot
from fastbp.cli.messages import note, print_item
from fastbp.cli.output_files import check_outputs, save_with_fallback
from fastbp.cli.train_data import TrainingData
from fastbp.cli.train_options import (
    FEWEST_EPOCHS,
    MOST_EPOCHS,
    OUTPUTS,
    RATES,
    TABLE_OPTIONS,
    add_arguments,
)
from fastbp.cli.train_report import draw_into_file, report, result
from fastbp.errors import FileFormatError
from fastbp.model_file.long_lists import take_long_lists
from fastbp.model_file.safetensors_file import HEADER_CAP
from fastbp.model_file.strict_json import MOST_VALUES, most_values
from fastbp.optimizers import OPTIMIZERS
from fastbp.tables.source import table_stem
from fastbp.text.printable import printable
from fastbp.text.streams import print_to_stderr
from fastbp.training.fit import samples_in_a_step
from fastbp.training.progress import Progress

__all__ = ["add_arguments", "run"]

_FEWEST_STEPS = 1000  # of a training without --epochs, where MOST_EPOCHS allow it
_ERROR, _INTERRUPTED = 2, 130
_HEADER_RESERVE = 1 << 14  # of a model file's header, for all but the columns and classes


def run(args: Namespace) -> int:
    """Train, report and save; return the exit code."""
    if args.file is None:
        for option, default in TABLE_OPTIONS.items():
            if getattr(args, option) != default:
                raise ValueError(f"--{option.replace('_', '-')} is for a table; give its FILE.csv")
    stem = "fastbp-digits" if args.file is None else table_stem(args.file)
    model = args.model or Path(f"{stem}.safetensors")
    check_outputs({"--model": model, "--plot": args.plot}, [args.file])
    if not args.force:
        _check_is_a_model(model)
    if args.plot is not None:
        check_plot(args.plot)
    output = contextlib.redirect_stdout(io.StringIO()) if args.quiet else contextlib.nullcontext()
    with output:
        data = train_data.digits() if args.file is None else train_data.from_table(args.file, args)
        _check_size(data)
        net = _network(data, args)
        history, stop = _fit(net, data, args)
        if history is None:
            if isinstance(stop, OSError):
                raise stop
            print_to_stderr("fastbp train: stopped before an epoch ended; nothing is saved")
            return _INTERRUPTED
        # Saved first, since printing and drawing can fail.
        overwrites = model.exists()
        saved_path, failure = save_with_fallback(net.save, model)
        try:
            if not isinstance(stop, OSError):
                report(history, data, args)
                overwritten = " (the file that was there is overwritten)"
                print_item(
                    "saved", f"{saved_path}" + overwritten * (overwrites and failure is None)
                )
                draw_into_file(history, data, args)
                last_line = result(net, data)
        finally:
            _report_failure(history, args, model, saved_path, stop, failure)
    if isinstance(stop, OSError):
        raise stop
    print(last_line)
    if failure is not None:
        return _ERROR
    return 0 if stop is None else _INTERRUPTED


def _report_failure(
    history: History,
    args: Namespace,
    model: Path,
    saved_path: Path,
    stop: BaseException | None,
    failure: Exception | None,
) -> None:
    """Report on standard error what stopped the training, and where the network is saved."""
    if stop is not None:
        print_to_stderr(
            f"fastbp train: stopped after {history.epochs} of {args.epochs} epochs; saved as it "
            f"was after the last whole batch: {printable(saved_path)}"
        )
    if failure is not None:
        reason = printable(getattr(failure, "strerror", None) or failure)
        print_to_stderr(
            f"fastbp train: error: {printable(model)} could not be written ({reason}); the trained "
            f"network is saved in {printable(saved_path)}"
        )


def _network(data: TrainingData, args: Namespace) -> Network:
    """Make a network for the data; complete the options that depend on their size."""
    output_activation, loss = OUTPUTS[data.preprocessing.task]
    if args.class_weight and data.preprocessing.task != "classify":
        raise ValueError("--class-weight is for classes, and the target is a number; leave it out")
    net = Network(
        [data.X.shape[1], *args.hidden, data.n_outputs],
        activation=args.activation,
        output_activation=output_activation,
        loss=loss,
        seed=args.seed,
    )
    net.preprocessing = data.preprocessing.to_dict()
    if args.learning_rate is None:
        args.learning_rate = RATES[args.optimizer]
    optimizer = OPTIMIZERS[args.optimizer](args.learning_rate)
    args.batch_size = samples_in_a_step(args.batch_size, optimizer, len(data.X))
    if args.epochs is None:
        steps_an_epoch = -(-len(data.X) // args.batch_size)
        n_epochs = -(-_FEWEST_STEPS // steps_an_epoch)
        args.epochs = min(max(n_epochs, FEWEST_EPOCHS), MOST_EPOCHS)
    sizes = "-".join(map(str, net.sizes))
    hidden = f"{args.activation}, " * bool(args.hidden)
    n_parameters = len(net.parameters)
    print_item(
        "network", f"{sizes}, {hidden}{output_activation}, {loss}; {n_parameters:,} parameters"
    )
    decay = f", l2 {args.l2:g}" * (args.l2 > 0) + ", balanced classes" * bool(args.class_weight)
    print_item(
        "training",
        f"{args.optimizer}, learning rate {args.learning_rate:g}{decay}, batches of "
        f"{args.batch_size}, {args.epochs} epochs, seed {args.seed}",
    )
    print()
    return net


class _Watch(Progress):
    """Progress that also counts the completed epochs, for when Ctrl-C ends the training."""

    history = History()
    n_completed = 0

    def epoch_end(self, history: History) -> None:
        self.history, self.n_completed = history, history.epochs
        super().epoch_end(history)

    def completed(self) -> History | None:
        """Cut off the epoch that was interrupted; None if there was no other."""
        lists = {k: v[: self.n_completed] for k, v in vars(self.history).items() if v}
        return History(**lists) if self.n_completed else None


def _fit(
    net: Network, data: TrainingData, args: Namespace
) -> tuple[History | None, BaseException | None]:
    """Train; return the history if an epoch ended, and what stopped the training.

    Ctrl-C stops it, and so does standard output on a full disk. (A closed pipe ends the command
    as usual.)
    """
    watch = _Watch()
    try:
        with _training_warnings_as_notes(args):
            history = net.fit(
                data.X,
                data.y,
                epochs=args.epochs,
                batch_size=args.batch_size,
                optimizer=OPTIMIZERS[args.optimizer](args.learning_rate),
                l2=args.l2,
                class_weight=args.class_weight,
                validation=(data.X_held_out, data.y_held_out),
                progress=watch,
            )
    except BrokenPipeError:
        raise
    except (KeyboardInterrupt, OSError) as stop:
        return watch.completed(), stop
    return history, None


@contextlib.contextmanager
def _training_warnings_as_notes(args: Namespace) -> Iterator[None]:
    """Print TrainingWarnings of fit as notes."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always", TrainingWarning)
        yield
    for record in records:
        if not issubclass(record.category, TrainingWarning):
            location = record.filename, record.lineno
            warnings.warn_explicit(record.message, record.category, *location)
            continue
        scaling = " (the command does it unless --no-standardize is given)"
        note(f"{record.message}{scaling * (not args.standardize)}")


def _check_is_a_model(path: Path) -> None:
    """Raise, before the training, if the output file exists and is not a model."""
    if not path.exists():
        return
    try:
        Network.load(path)
    except FileFormatError as error:
        raise ValueError(
            f"--model is a file that does not load as a model, so it is not overwritten: {error}. "
            "Give another --model, or --force to overwrite it"
        ) from error


def _check_size(data: TrainingData) -> None:
    """Raise, before the training, if the table's names do not fit into a model file."""
    classes = np.unique(data.y).tolist() if data.classifies else []
    rest, _ = take_long_lists(data.preprocessing.to_dict())  # those of many columns are tensors
    # As in the file: JSON text that is itself a string in JSON.
    text = json.dumps(json.dumps([rest, classes]))
    values = most_values(text)
    max_bytes, max_values = HEADER_CAP - _HEADER_RESERVE, MOST_VALUES - _HEADER_RESERVE
    if len(text) > max_bytes or values > max_values:
        raise FileFormatError(
            f"{len(data.preprocessing.columns):,} columns and {len(classes):,} classes take "
            f"{len(text):,} bytes and {values:,} values, too many for a model file (at most "
            f"{max_bytes:,} and {max_values:,}); leave columns out with --drop"
        )
