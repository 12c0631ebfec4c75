"""Files of learners that are odd: what they return, raise, keep or use, and what is said then."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from test_programs import PROGRAMS

from fastbp.learner_code.checking import check_file
from fastbp.learner_code.examples import Setting, examples
from fastbp.learner_code.formulas import InapplicableError
from fastbp.learner_code.learner_file import MOST_MEMORY, MOST_NUMBERS, plain
from fastbp.learner_code.mistakes import made_in
from fastbp.learner_code.report import write_report
from fastbp.learner_code.roles import ROLES
from fastbp.learner_code.session import ImportFailedError
from fastbp.learner_code.verdict import Verdict
from fastbp.text.page import Page

FORWARD = """
import math
def forward(w, b, a):
    z = [b_j + sum(w_jk * a_k for w_jk, a_k in zip(w_j, a)) for w_j, b_j in zip(w, b)]
    return z, [1 / (1 + math.exp(-z_j)) for z_j in z]
"""


def verdicts(folder: Path, code: str, own_process: bool = False) -> list[Verdict]:
    (folder / "mine.py").write_text(code, "utf-8")
    return check_file(str(folder / "mine.py"), own_process=own_process).verdicts


def report(folder: Path, code: str) -> str:
    (folder / "mine.py").write_text(code, "utf-8")
    checked = check_file(str(folder / "mine.py"), seconds=1, own_process=False)
    page = Page()
    write_report(page, "mine.py", checked)
    return " ".join(str(page).split())


def program(name: str) -> str:
    return (PROGRAMS / "right" / f"{name}.py").read_text("utf-8")


# ---------------------------------------------------------------- what is returned or raised


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("pass", "it returned nothing, expected a, or z and a"),
        ("return 3", "it returned the int 3"),
        ("return 'done'", "it returned 'done'"),
        ("return object()", "it returned an object of class object"),
        ("return {'q': 1}", "it returned a dict with q"),
        ("return ['0.5'] * len(b)", "it gave a as a list or tuple of 3, not as numbers"),
        ("return [1j] * len(b)", "not as numbers"),
        ("return [0.5] * (len(w) + 1)", "a(1) has shape (1, 4), expected (1, 3)"),
        ("return [float('nan')] * len(b)", "a_0^(1) is nan, expected 0.22"),
        ("x = []; x.append(x); return x", "it gave more than 20 lists in one another"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import sys; sys.exit(0)", "it ends Python (sys.exit) (mine.py, line 2, in forward)"),
        ("raise EOFError", "input() has nobody to ask here"),
    ],
)
def test_what_is_no_result_is_said(body: str, said: str, tmp_path: Path) -> None:
    text = report(tmp_path, f"def forward(w, b, a):\n    {body}\n")
    assert said in text
    assert "0 of 1 functions are right." in text


@pytest.mark.parametrize("result", [iter(int, 1), np.zeros((MOST_NUMBERS, 2)), [0.5] * 10**6])
def test_a_result_without_end_is_cut_off(result: object) -> None:
    with pytest.raises(ValueError, match=f"it gave more than {MOST_NUMBERS:,} numbers"):
        plain(result)


@pytest.mark.slow  # a process takes gigabytes
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits this memory")
def test_memory_is_limited(tmp_path: Path) -> None:
    code = f"def forward(w, b, a):\n    return len(bytes({MOST_MEMORY}))\n"
    (verdict,) = verdicts(tmp_path, code, own_process=True)
    assert "MemoryError: it takes more than 2 GiB" in verdict.message


@pytest.mark.parametrize(
    "code",
    [
        "def forward(x, w, b, kept=[]):\n"
        "    kept.append(x)\n"
        "    for w_l, b_l in zip(w, b):\n"
        "        kept.append(layer(w_l, b_l, kept[-1])[1])\n"
        "    return kept\n",
        "import random\ndef forward(x, w, b):\n    return [random.random() for _ in b[-1]]\n",
    ],
    ids=["default", "random"],
)
def test_what_is_kept_from_call_to_call_is_named(code: str, tmp_path: Path) -> None:
    (verdict,) = verdicts(tmp_path, FORWARD.replace("forward", "layer") + code)
    assert verdict.mistakes == [("keeps_between_calls",)]


def test_a_default_is_left_alone_where_a_function_computes_it(tmp_path: Path) -> None:
    code = """
def feedforward(x, w, b, zs=None, activations=()):
    activations = [*activations, x]
    for w_l, b_l in zip(w, b):
        activations.append(layer(w_l, b_l, activations[-1])[1])
    return activations
"""
    (verdict,) = verdicts(tmp_path, FORWARD.replace("forward", "layer") + code)
    assert verdict.right


def test_of_a_mini_batch_one_sample_does_not_decide(tmp_path: Path) -> None:
    """Of one sample a sum is the mean: with X in capitals the samples are three."""
    code = program("samples_in_columns").replace("1 / m * ", "")
    wrong = [verdict for verdict in verdicts(tmp_path, code) if not verdict.right]
    assert [verdict.mistakes for verdict in wrong] == [[("sum_for_mean",)]]


# ---------------------------------------------------------------- what the file may be meant for


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (
            re.sub(r"W_SHAPE.*\n", "", program("rows_of_each_input")),
            'say in the file: W_SHAPE = "n_in, n_out"',
        ),
        (
            re.sub(r"SIZES.*\n", "", program("mazur_scalars")),
            "A program for one shape alone says which, as in SIZES = (4, 3, 2)",
        ),
        (
            re.sub(r"SIZES.*\n", "", program("loss_and_gradients")),
            "Right with 3-3-3, 3 samples and 4-3-2, 3 samples. With 2-4-3-5, 3 samples: IndexError",
        ),
        (
            re.sub(r"(OUTPUT_)?ACTIVATION.*\n", "", program("rows_and_a_mean_over_outputs")),
            'say in the file: ACTIVATION = "tanh" and OUTPUT_ACTIVATION = "identity"',
        ),
    ],
    ids=["w_shape", "sizes", "depth", "activation"],
)
def test_a_file_that_is_right_in_another_setting_is_told_so(
    code: str, hint: str, tmp_path: Path
) -> None:
    assert hint in report(tmp_path, code)


def test_a_function_that_calls_a_wrong_one_says_so(tmp_path: Path) -> None:
    code = (
        "def sigmoid(z):\n    return 0.7 * z + 0.1\n"
        "def output_delta(z, a, y):\n"
        "    return [(a_j - y_j) * sigmoid(z_j) for z_j, a_j, y_j in zip(z, a, y)]\n"
    )
    text = report(tmp_path, code)
    assert "It calls sigmoid, not right either: mend that first." in text


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def forwards(w, b, a): pass\n", "forwards (may be meant as forward)"),
        ("class Net:\n    pass\n", "it has class Net; known are weighted_input, forward"),
        ("class Net:\n    pass\n", "for methods write a function step(x, y, w, b, learning_rate)"),
        ("SIZES = (784, 30, 10)\n" + FORWARD, "largest of SIZES must be at most 100"),
        ("W_SHAPE = 'in, out'\n" + FORWARD, "W_SHAPE must be one of 'n_out, n_in'"),
    ],
)
def test_a_file_without_a_known_function_is_told_what_to_write(
    code: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        verdicts(tmp_path, code)


def test_parameters_without_names_are_shown(tmp_path: Path) -> None:
    (verdict,) = verdicts(tmp_path, "def forward(*args, **more): pass\n")
    assert "forward takes *args, **more, and must take a or x" in verdict.message
    (verdict,) = verdicts(tmp_path, "def update(W4, b4, dW4, db4, lr): pass\n")
    assert "SIZES must have 5 numbers" in verdict.message


def test_a_file_that_asks_is_told_that_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(ImportFailedError, match="nobody to ask here"):
        verdicts(tmp_path, "raise EOFError\n")


# ---------------------------------------------------------------- sizes of a file's own


@pytest.mark.parametrize("sizes", [(1, 1), (1, 5, 2), (2, 4, 2, 1)])
def test_every_mistake_has_numbers_or_none_on_odd_sizes(sizes: tuple[int, ...]) -> None:
    """Neither crashes where a layer has one node or a network one layer."""
    for single in (True, False):
        for example in examples(Setting(sizes=sizes), single):
            for role in ROLES:
                for layer in role.layers(example.L):
                    expected, _ = role.right(example, layer)
                    for key in made_in(role.parts, role.of_network):
                        try:
                            with np.errstate(all="ignore"):
                                found = role.mistaken(example, layer, frozenset([key]))
                        except InapplicableError:
                            continue
                        assert expected.keys() <= found.keys()


def test_samples_are_no_multiple_of_nodes_where_sizes_are_given() -> None:
    for sizes in ((3, 4, 2), (7, 4, 3), (3, 7)):
        (example,) = examples(Setting(sizes=sizes), single=False)
        assert example.m not in sizes[:: len(sizes) - 1]
