"""``fastbp train``: train a network on the digits, or a model on a table, and save it."""

from __future__ import annotations

import contextlib
import io
from argparse import Namespace
from pathlib import Path

from fastbp.cli.learning_curve import check_plot, plot
from fastbp.cli.messages import print_item
from fastbp.cli.output_files import check_outputs, save_with_fallback
from fastbp.cli.train_digits import train_digits
from fastbp.cli.train_options import TABLE_OPTIONS, add_arguments
from fastbp.cli.train_table import train_table
from fastbp.cli.trained import Trained
from fastbp.errors import FileFormatError
from fastbp.tables.source import table_stem
from fastbp.tabular.open_model import open_model
from fastbp.text.printable import printable
from fastbp.text.streams import print_to_stderr

__all__ = ["add_arguments", "run"]

_ERROR, _INTERRUPTED = 2, 130


def run(args: Namespace) -> int:
    """Train, report and save; return the exit code."""
    if args.file is None:
        for option in TABLE_OPTIONS:
            if getattr(args, option) is not None:
                raise ValueError(f"--{option.replace('_', '-')} is for a table; give its FILE")
    stem = "fastbp-digits" if args.file is None else table_stem(args.file)
    path = args.model or Path(f"{stem}.safetensors")
    check_outputs({"--model": path, "--plot": args.plot}, [args.file])
    if not args.force:
        _check_is_a_model(path)
    if args.plot is not None:
        check_plot(args.plot)
    output = contextlib.redirect_stdout(io.StringIO()) if args.quiet else contextlib.nullcontext()
    with output:
        trained = train_digits(args) if args.file is None else train_table(args)
        if trained is None:
            print_to_stderr("fastbp train: stopped before there was a model; nothing is saved")
            return _INTERRUPTED
        # Saved first, since printing and drawing can fail.
        overwrites = path.exists()
        saved_path, failure = save_with_fallback(trained.save, path)
        last_line = ""
        try:
            if not isinstance(trained.stop, OSError):
                last_line = trained.report()
                overwritten = " (the file that was there is overwritten)"
                print_item(
                    "saved", f"{saved_path}" + overwritten * (overwrites and failure is None)
                )
                if args.plot is not None and trained.history is not None:
                    plot(trained.history, args.plot, f"fastbp train: {trained.name}")
                    print_item("drawn", str(args.plot))
        finally:
            _report_failure(trained, path, saved_path, failure)
    if isinstance(trained.stop, OSError):
        raise trained.stop
    print(last_line)
    if failure is not None:
        return _ERROR
    return 0 if trained.stop is None else _INTERRUPTED


def _report_failure(
    trained: Trained, path: Path, saved_path: Path, failure: Exception | None
) -> None:
    """Report on standard error what stopped the training, and where the model is saved."""
    if trained.stop is not None:
        print_to_stderr(
            f"fastbp train: stopped: {trained.progress}; saved as it was then: "
            f"{printable(saved_path)}"
        )
    if failure is not None:
        reason = printable(getattr(failure, "strerror", None) or failure)
        print_to_stderr(
            f"fastbp train: error: {printable(path)} could not be written ({reason}); the trained "
            f"model is saved in {printable(saved_path)}"
        )


def _check_is_a_model(path: Path) -> None:
    """Raise, before the training, if the output file exists and is not a model."""
    if not path.exists():
        return
    try:
        open_model(path)
    except FileFormatError as error:
        raise ValueError(
            f"--model is a file that does not load as a model, so it is not overwritten: {error}. "
            "Give another --model, or --force to overwrite it"
        ) from error
