"""Runs plain JavaScript outside a page: in Node, or where there is none in a headless Chromium."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE = shutil.which("node") or shutil.which("nodejs")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = os.environ.get("FASTBP_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
ENGINES = [name for name, path in (("node", NODE), ("chromium", BROWSER)) if path]
SECONDS = 120  # before a hanging engine is a failure


def evaluate(engine: str, script: str, expression: str, data: Any, folder: Path) -> Any:
    """Run the script, then an expression of it and of ``data``; its value must be JSON."""
    program = f"{script}\nconst data = {json.dumps(data)};\nconst result = {expression};\n"
    if engine == "node":
        file = folder / "script.js"
        file.write_text(f"{program}console.log(JSON.stringify(result));", "utf-8")
        command = [str(NODE), str(file)]
    else:
        file = folder / "page.html"
        show = "document.documentElement.textContent = 'RESULT' + btoa(JSON.stringify(result));"
        file.write_text(f"<!DOCTYPE html><script>{program}{show}</script>", "utf-8")
        command = [str(BROWSER), "--headless", "--no-sandbox", "--dump-dom", file.as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert run.returncode == 0, run.stderr
    if engine == "node":
        return json.loads(run.stdout)
    encoded = run.stdout.partition("RESULT")[2].partition("<")[0]
    return json.loads(base64.b64decode(encoded))


def engines() -> Any:
    """A parametrization over the engine that is there."""
    missing = pytest.param(
        "none", marks=pytest.mark.skip(reason="neither Node nor Chromium is installed")
    )
    return pytest.mark.parametrize("engine", ENGINES[:1] or [missing])
