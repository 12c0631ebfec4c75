"""CITATION.cff: in its format, and of this version."""

from __future__ import annotations

import re
import tomllib
from datetime import date

from source_tree import ROOT

import fastbp

CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
# Of the schema of CFF 1.2.0: what must be there, and what else may be.
NEEDED = {"cff-version", "message", "title", "authors"}
ALLOWED = {
    *("abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
    *("license", "license-url", "preferred-citation", "references", "repository"),
    *("repository-artifact", "repository-code", "type", "url", "version"),
}


def cited(key: str) -> str | None:
    match = re.search(rf'^{key}: "?([^"\n]+)"?$', CITATION, re.M)
    return match and match[1]


def test_the_citation_has_the_keys_of_its_format() -> None:
    keys = re.findall(r"^([\w-]+):", CITATION, re.M)
    assert len(set(keys)) == len(keys)
    assert NEEDED <= set(keys) <= NEEDED | ALLOWED
    assert (cited("cff-version"), cited("type")) == ("1.2.0", "software")
    assert cited("message")
    assert cited("title")
    assert re.search(r"^authors:\n  - name: \S", CITATION, re.M)


def test_the_citation_is_of_this_version_and_license_and_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited("version") == fastbp.__version__ == project["version"]
    assert cited("license") == project["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    when = re.search(rf"^## {re.escape(fastbp.__version__)} \((.+)\)$", changes, re.M)
    assert when is not None
    released = None if when[1] == "unreleased" else when[1]
    assert cited("date-released") == released, "CHANGELOG.md and CITATION.cff name two days"
    assert released is None or date.fromisoformat(released)
