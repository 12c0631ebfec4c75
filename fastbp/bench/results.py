"""The results document that a run fills, and its JSON file.

:mod:`fastbp.bench.schema` defines its keys, :mod:`fastbp.bench.reading` reads the file.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import fastbp
from fastbp.bench import machine
from fastbp.bench.schema import SCHEMA
from fastbp.model_file.atomic_write import replace_file

Results = dict[str, Any]
Entry = dict[str, Any]  # one of its results


def new_document(options: Mapping[str, Any]) -> Results:
    """The empty document of a new run."""
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        "fastbp": fastbp.__version__,
        "commit": machine.commit(),
        "machine": machine.describe(),
        "roofs": {},
        "options": dict(options),
        "left_out": {},
        "interrupted": False,
        "results": [],
    }


def save(results: Results, path: str) -> None:
    """Write the file atomically.

    Raises
    ------
    OSError, ValueError
        If it cannot be written; an old file is then as it was.
    """
    text = json.dumps(results, indent=1, allow_nan=False) + "\n"
    replace_file(path, [memoryview(text.encode())])
