"""The output files of ``fastbp bench``: checked before the run, written after it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from fastbp.bench import results
from fastbp.bench.results import Results
from fastbp.cli.output_files import check_outputs
from fastbp.text.printable import printable

PICTURES = "fastbp.bench.pictures"  # imported on demand

#: Option -> writer. The JSON file comes first: its numbers cannot be reproduced.
WRITERS: dict[str, Callable[[Results, str], object]] = {
    "json": results.save,
    "html": lambda document, path: import_module(PICTURES).write_html(document, path),
    "plot": lambda document, folder: import_module(PICTURES).write_plots(document, folder),
}


def check(paths: Mapping[str, str]) -> None:
    """Raise before the run if a file could not be written.

    Parameters
    ----------
    paths : mapping
        Option of ``WRITERS`` -> its path.
    """
    outputs = {f"--{option}": Path(path) for option, path in paths.items()}
    if (folder := outputs.get("--plot")) is not None:  # a missing folder is made later
        if folder.is_dir():
            outputs["--plot"] = folder / "bars.svg"
        elif folder.exists():
            raise ValueError(f"--plot {folder} is a file; give the name of a folder")
    check_outputs(outputs)


def write(document: Results, paths: Mapping[str, str], report: Callable[[str], None]) -> None:
    """Write all files that can be written, report them, and raise for the others.

    Parameters
    ----------
    document : dict
        The results document.
    paths : mapping
        Option of ``WRITERS`` -> its path.
    report : function
        Called with a message for each file, after all are written.

    Raises
    ------
    OSError
        If a file could not be written.
    """
    written, failures = [], []
    for option, path in paths.items():
        try:
            WRITERS[option](document, path)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            failures.append(f"--{option} {path} could not be written: {why}")
        else:
            written.append(path)
    for path in written:
        report(f"wrote {printable(path)}")
    if failures:
        raise OSError("; ".join(failures))
