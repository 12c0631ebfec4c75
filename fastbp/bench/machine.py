"""The machine info of a results file: hardware, software and load."""

import json
import os
import platform
import re
import subprocess
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np

import fastbp
from fastbp.bench.worker import cores
from fastbp.model import kernel_sets

NUMBERS = {"vendor_id": "vendor", "cpu family": "family", "model": "model"}  # of /proc/cpuinfo
VERSIONED = ("cython", "scipy", "numba", "torch", "jax", "scikit-learn")


def processor() -> str:
    """The processor's name, and vendor, family and model number, if the system has them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:
        text = ""
    facts = dict(re.findall(r"^(\w[\w ]*\w)\s*: (.*)$", text, re.MULTILINE))
    name = facts.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{words} {facts[key]}" for key, words in NUMBERS.items() if key in facts]
    return f"{name} ({', '.join(numbers)})" if numbers else name


def load() -> float | None:
    """The load average of the last minute; None if the system has none."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def versions() -> dict[str, str]:
    """Versions of the optional packages that are installed."""
    installed = {}
    for name in VERSIONED:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def commit() -> str | None:
    """The commit of the checkout that fastbp runs from; None outside a checkout."""
    root = Path(fastbp.__file__).parents[1]
    if not (root / ".git").exists():
        return None
    try:
        process = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip()


def built() -> dict[str, Any]:
    """The compiler, its flags and those of the environment, as recorded by the build."""
    unknown: dict[str, Any] = {"compiler": None, "flags": {}, "environment": {}}
    try:
        text = resources.files("fastbp.bench").joinpath("build.json").read_text("utf-8")
    except OSError:
        return unknown
    recorded = json.loads(text)
    return {key: recorded.get(key, default) for key, default in unknown.items()}


def describe() -> dict[str, Any]:
    """All machine info; ``load`` holds the current value twice."""
    return {
        "cpu": processor(),
        "cores": len(cores()),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **built(),
        "kernels": kernel_sets.ISA,
        "load": [load(), load()],
        "packages": versions(),
    }
