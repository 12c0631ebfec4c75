"""Import the fixture of this module into a test module to run its tests in a new folder each."""

import pytest


@pytest.fixture(autouse=True)
def in_a_new_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
