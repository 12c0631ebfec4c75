"""docs/streams.md: its code runs, from top to bottom."""

import re

import pytest
from new_folder import in_a_new_folder  # noqa: F401 - a fixture for every test
from source_tree import ROOT

PAGE = ROOT / "docs" / "streams.md"


@pytest.mark.skipif(not PAGE.exists(), reason="the tests do not lie in a source tree")
@pytest.mark.filterwarnings("ignore::fastbp.TrainingWarning")
def test_the_code_of_the_page_on_streams_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
