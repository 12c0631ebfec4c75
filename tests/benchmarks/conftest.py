"""Figures of tests are worth nothing, so nobody rests before a turn."""

import pytest
import rounds

from fastbp.bench.protocol import Local


@pytest.fixture(autouse=True)
def _without_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "REST", 0.0)


@pytest.fixture
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Participants have no processes of their own, so that tests can change what they do."""
    monkeypatch.setattr(rounds, "start", lambda stack, kind: Local(kind))
