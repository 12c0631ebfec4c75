"""docs/stuck-seeds.md: the program on the page still shows what the page says."""

import os
import re
import runpy
import sys

import pytest
from source_tree import ROOT

PAGE = ROOT / "docs" / "stuck-seeds.md"
MNIST = os.environ.get("FASTBP_MNIST")


def table(text):
    """Label -> the row's five numbers."""
    rows = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(.+?)((?: +-?\d+\.\d(?:e-\d+|\d)?){5})", line)
        if match:
            rows[match[1]] = [float(number) for number in match[2].split()]
    return rows


@pytest.mark.slow
@pytest.mark.skipif(not MNIST, reason="FASTBP_MNIST does not name the folder of the MNIST files")
@pytest.mark.skipif(not PAGE.exists(), reason="docs/ is not beside tests/")
def test_the_program_on_the_page_shows_what_the_page_says(monkeypatch, capsys, tmp_path):
    page = PAGE.read_text("utf-8")
    program = tmp_path / "stuck.py"
    program.write_text(re.search(r"```python\n(.*?)```", page, re.S)[1], "utf-8")
    monkeypatch.setattr(sys, "argv", [str(program), MNIST])
    runpy.run_path(str(program))
    printed, published = table(capsys.readouterr().out), table(page)
    assert list(printed) == list(published)
    assert len(printed) == 11
    # Until the first thousand steps rounding has had no time to grow.
    for steps in ("0", "10", "100"):
        assert printed[steps] == pytest.approx(published[steps], rel=0.02, abs=0.06)
    for stuck in ("5,000", "50,000", "one epoch more"):
        assert printed[stuck][0] < -12
        assert printed[stuck][-1] < 88
    for freed in ("with node 0 at z = 0", "cross-entropy", "Glorot's weights"):
        assert printed[freed][0] > 0
        assert printed[freed][-1] > 92
