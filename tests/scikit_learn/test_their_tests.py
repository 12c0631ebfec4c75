"""scikit-learn's own tests pass with fastbp's classes."""

from __future__ import annotations

import subprocess
import sys

import pytest
import their_tests

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
SCRIPT = their_tests.__file__


@pytest.mark.slow
def test_scikit_learns_own_tests_and_checks_pass() -> None:
    run = subprocess.run(
        [sys.executable, SCRIPT],
        capture_output=True,
        text=True,
        env=their_tests.environment("fastbp"),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "0 not as expected" in run.stdout


def test_a_failure_that_is_not_expected_is_told() -> None:
    failed, passed = their_tests.Result("test_a[1]", "failed"), their_tests.Result("b", "passed")
    assert their_tests.unexpected([failed, passed]) == [failed]


def test_an_expected_failure_that_passes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(their_tests, "EXCEPTIONS", {"test_a": "for a reason"})
    failed, passed = (their_tests.Result("test_a[1]", name) for name in ("failed", "passed"))
    assert their_tests.unexpected([failed]) == []
    assert their_tests.unexpected([passed]) == [passed]
