"""`fastbp bench` beside three busy loops on its core: no right rung is blamed, and a cheat is."""

import json
import os
from contextlib import ExitStack

import broken_rungs
import pytest
from command_line import run
from conditions import taken

from fastbp.bench.worker import last_cores

LOOPS = 3
RUNS = int(os.environ.get("FASTBP_BUSY_RUNS", "60"))
COMMAND = [
    *("bench", "--rungs", "train-step", "fit", "--rung", f"{broken_rungs.__file__}:Later"),
    *("--sizes", "784-512-512-10", "--batch", "128", "--seconds", "0.5"),
]


@pytest.mark.nightly  # half an hour for 60 runs, or as many as FASTBP_BUSY_RUNS says
def test_beside_busy_loops_only_the_rung_that_defers_its_work_is_blamed(tmp_path):
    path, blamed = tmp_path / "figures.json", []
    with ExitStack() as stack:
        for _ in range(LOOPS):
            stack.enter_context(taken(last_cores(1)[0]))
        for _ in range(RUNS):
            process = run(*COMMAND, "--json", str(path))
            try:
                out, err = process.communicate(timeout=600)
            finally:
                process.kill()
            assert process.returncode == 1, out + err
            results = json.loads(path.read_text("utf-8"))["results"]
            blamed += [
                (result["rung"], result["why"]) for result in results if result["status"] != "timed"
            ]
    assert [name for name, _ in blamed] == ["later"] * RUNS, blamed
    assert all("with its work undone" in why for _, why in blamed)
