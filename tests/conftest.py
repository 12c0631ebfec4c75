"""What every test shares: how Hypothesis draws its examples, and that Ctrl-C is heard."""

import gc
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run: a red test is red for everybody, and for a reason in the change.
# No deadline, for the machine may be busy; no database, for nothing is left to remember.
settings.register_profile(
    "fixed",
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# FASTBP_HYPOTHESIS=explore draws new examples in every run, and many more of them.
settings.register_profile(
    "explore", settings.get_profile("fixed"), max_examples=2000, derandomize=False
)
settings.load_profile(os.environ.get("FASTBP_HYPOTHESIS", "fixed"))

# A shell's background job ignores Ctrl-C, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What pytest collects lives as long as the run. To look for garbage in it costs a second meanwhile,
# and then a quarter of a second in each full collection, of which some tests ask for two.
gc.disable()


# Runs for these markers alone read only the files that name them (.ci/run, Makefile): to collect
# all tests takes two to three times as long.
IN_THEIR_FILES = ("kernels", "threads", "slow", "huge")


def runs_elsewhere(item: pytest.Item) -> bool:
    """Whether another run for a kernel set makes this test, which forces that set itself.

    Parameters called ``isa`` are for tests that do the same whatever FASTBP_ISA is.
    """
    from kernel_sets import RUNNABLE

    chosen = os.environ.get("FASTBP_ISA")
    isa = item.callspec.params.get("isa", chosen) if hasattr(item, "callspec") else chosen
    return bool(chosen) and isa != chosen and isa in RUNNABLE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the run for another set makes; refuse what a marker's run would not find."""
    deselected = [item for item in items if runs_elsewhere(item)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if not runs_elsewhere(item)]
    texts = {path: path.read_text("utf-8") for path in {item.path for item in items}}
    for item in items:
        for name in IN_THEIR_FILES:
            if item.get_closest_marker(name) and f"mark.{name}" not in texts[item.path]:
                raise pytest.UsageError(f"{item.path} has no mark.{name}, but {item.name} has it")


def pytest_collection_finish() -> None:
    """From here on the collector looks at what tests make, and at nothing older."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only what nobody refers to is freed: no cycle is looked for."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser, for the modules that need one."""
    from in_browser import start_browser  # skips the tests where there is no playwright

    yield from start_browser()
