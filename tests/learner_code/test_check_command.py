"""``fastbp check`` as a command: exit codes, the process, files that fail, and its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from source_tree import ROOT, needs_tree

from fastbp.cli.command import main
from fastbp.learner_code.checking import check_file
from fastbp.learner_code.session import ImportFailedError

PROGRAMS = Path(__file__).parent / "programs"
PAGE = ROOT / "docs" / "checking-your-own.md"
SOON = ("--seconds", "0.3")  # for what never ends


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["check", *arguments])
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


def write(folder: Path, code: str, name: str = "mine.py") -> str:
    (folder / name).write_text(code, "utf-8")
    return str(folder / name)


def test_a_right_file_ends_with_0_and_its_prints_do_not_mix_with_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (PROGRAMS / "right" / "numpy_one_layer.py").read_text("utf-8")
    code, report = check(capsys, write(tmp_path, text + '\nprint("printed by the file")\n'))
    assert code == 0
    assert "8 of 8 functions are right." in report
    assert "printed by the file" not in report


def test_a_loop_that_never_ends_is_stopped_and_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    program = PROGRAMS / "broken" / "endless_loop.py"
    text = program.read_text("utf-8")
    code, report = check(capsys, str(program), *SOON)
    assert code == 1
    assert "NEVER ENDS" in report
    line = 1 + text.splitlines().index("    while j < len(w):")
    assert f"no line of the loop changes j, which 'while j < len(w):' of line {line}" in report


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def forward(w, b, a:\n", "it cannot be imported: SyntaxError"),
        ("import math\n\nmath.nothing\n", "(mine.py, line 3, in <module>)"),
        (
            "raise SystemExit(0)\n",
            "it ends Python (sys.exit) (mine.py, line 1, in <module>); put that under if __name__",
        ),
    ],
)
def test_a_file_that_cannot_be_imported_is_told_why(
    code: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ImportFailedError, match=re.escape(message)):
        check_file(write(tmp_path, code), own_process=False)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param(
            "while True:\n    pass\n",
            "its import never ends: it was stopped after 0.3 s",
            marks=pytest.mark.slow,  # its process is waited for
        ),
        ("import os\n\nos._exit(3)\n", "the process died when it was imported"),
    ],
)
def test_an_import_that_ends_the_process_or_never_ends_gives_1(
    code: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, report = check(capsys, write(tmp_path, code), *SOON)
    assert exit_code == 1
    assert message in report


def test_an_exception_is_shown_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    program = PROGRAMS / "broken" / "index_out_of_range.py"
    code, report = check(capsys, str(program))
    lines = program.read_text("utf-8").splitlines()
    line = 1 + lines.index("            total += w[j][k] * delta[j]")
    assert code == 1
    assert f"IndexError: list index out of range (index_out_of_range.py, line {line}" in report


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n", "has no function to check; it has none"),
        ("LOSS = 'cross'\ndef forward(w, b, a): pass\n", "LOSS must be one of"),
        ("LEARNING_RATE = 1e-9\ndef forward(w, b, a): pass\n", "LEARNING_RATE must be"),
    ],
)
def test_what_cannot_be_checked_is_an_error(code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        check_file(write(tmp_path, code), own_process=False)


def test_functions_whose_names_are_not_known_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "def relu(z): return max(z, 0)\ndef bakward(w, delta, a): pass\ndef plot(): pass\n"
    code += "ACTIVATION = 'relu'\n"
    assert check_file(write(tmp_path, code), own_process=False).unknown == [
        "bakward (may be meant as backward)",
        "plot",
    ]
    _, report = check(capsys, write(tmp_path, code))
    assert "Not checked, for their names are none that are known: bakward (may be meant" in report


def test_no_such_file_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, "nowhere.py") == (2, "fastbp check: error: nowhere.py: No such file")


def test_a_parameter_without_a_known_name_is_named(tmp_path: Path) -> None:
    program = write(tmp_path, "def forward(w, b, a, q): pass\n")
    (verdict,) = check_file(program, own_process=False).verdicts
    assert verdict.status == "not understood"
    assert "forward has a parameter 'q', which is no name that is understood" in verdict.message


# ---------------------------------------------------------------- the page


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


@needs_tree
def test_the_page_shows_what_happens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (line,) = re.findall(r"^    fastbp (check .*)$", PAGE.read_text("utf-8"), re.M)
    mine, mended = blocks("python")[:2]
    write(tmp_path, mine)
    assert main(line.split()) == 1
    shown, last = blocks("text")
    assert capsys.readouterr().out == shown
    write(tmp_path, f"{mine}\n\n{mended}")
    assert main(line.split()) == 0
    assert capsys.readouterr().out.endswith(last)


@needs_tree
def test_the_constants_of_the_page_are_understood(tmp_path: Path) -> None:
    program = write(tmp_path, blocks("python")[2] + "def relu(z): return max(z, 0)\n")
    setting, (verdict,), _ = check_file(program, own_process=False)
    assert verdict.right
    assert (
        setting.words == "relu, softmax output, cross_entropy, no biases, w of shape (n_in, n_out)"
    )
    assert setting.sizes == (4, 3, 2)
    assert setting.learning_rate == 0.1


NETWORK_IN_COLUMNS = """
import numpy as np

class Net:
    def __init__(self, widths):
        self.L = len(widths)

    def train_on(self, X, Y, rate):
        a = [X]
        for w, b in zip(self.W, self.B):
            a.append(1 / (1 + np.exp(-(np.dot(w, a[-1]) + np.asarray(b)[:, None]))))
        delta = 2 * (a[-1] - Y) * a[-1] * (1 - a[-1]) / X.shape[1]
        for l in reversed(range(self.L)):
            below = np.dot(np.transpose(self.W[l]), delta) * a[l] * (1 - a[l])
            self.W[l] = self.W[l] - rate * np.dot(delta, a[l].T)
            self.B[l] = self.B[l] - rate * delta.sum(axis=1)
            delta = below
"""


@needs_tree
def test_the_adapter_of_the_page_checks_a_class(tmp_path: Path) -> None:
    write(tmp_path, NETWORK_IN_COLUMNS, "my_network.py")
    adapter = write(tmp_path, blocks("python")[3], "adapter.py")
    (verdict,) = check_file(adapter, own_process=False).verdicts
    assert verdict.right, verdict
