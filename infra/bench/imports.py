"""What each Lambda loads when it starts: modules and time, each in an interpreter of its own.

The time is set against importing boto3 and making one client, which every function pays anyway
and which makes a slow machine and a fast one agree.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.bench.figures import Figure, Measured
from infra.local.engines import ROOT

ENTRY = ROOT / "chalicelib" / "entry"
API = "app"
# Each loads more than everything else together; only the API or a report may need one.
HEAVY = frozenset({"fpdf", "openpyxl", "pyhanko", "zeep"})
OVER_BOTO3_TARGET = 2.0
BOTO3 = "import boto3\nboto3.client('dynamodb', region_name='eu-south-1')"

_PROBE = """
import json, sys, time
before = set(sys.modules)
begun = time.perf_counter()
{work}
took = time.perf_counter() - begun
print(json.dumps([took * 1000, sorted(set(sys.modules) - before)]))
"""


@dataclass(frozen=True)
class Loaded:
    """One import in a fresh interpreter."""

    took_ms: float
    modules: frozenset[str]

    @property
    def packages(self) -> frozenset[str]:
        """Top-level names that others made: not the standard library, not the product.

        A leading underscore is a compiled part of a package that is named by itself.
        """
        found = {name.partition(".")[0] for name in self.modules}
        ours = {"chalicelib", API, "cython_runtime"}
        others = found - sys.stdlib_module_names - ours
        return frozenset(name for name in others if not name.startswith("_"))


def event_modules() -> list[str]:
    """The modules of `chalicelib.entry` that hold an event function: those Lambda imports alone."""
    found = (path.stem for path in ENTRY.glob("*.py"))
    others = ("hourly", "nightly", "node_door", "sweep")
    return sorted(name for name in found if name.startswith("on_") or name in others)


def module_of(function: str) -> str:
    return API if function == API else f"chalicelib.entry.{function}"


def load(work: str) -> Loaded:
    """Run `work` in a fresh interpreter, with nothing of this process's environment but paths."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(work=work)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    took_ms, modules = json.loads(done.stdout)
    return Loaded(took_ms, frozenset(modules))


def load_module(module: str) -> Loaded:
    return load(f"import {module}")


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    repeats = 1 if quick else 5
    functions = [*event_modules(), API]
    times: dict[str, list[float]] = {name: [] for name in [*functions, "boto3"]}
    last: dict[str, Loaded] = {}
    load(BOTO3)  # the disk's cache and the compiled files are for nobody's account
    for name in functions:
        load_module(module_of(name))
    # Taken in turns, so that what slows the machine for a while slows all alike.
    for _ in range(repeats):
        for name in times:
            last[name] = load(BOTO3) if name == "boto3" else load_module(module_of(name))
            times[name].append(last[name].took_ms)
    say(f"imports of {len(functions)} functions, {repeats} times each")
    base = statistics.median(times["boto3"])
    figures = []
    for name in functions:
        took = statistics.median(times[name])
        found = len(last[name].modules)
        figures += [
            Figure(f"import_{name}_modules", found, "modules"),
            Figure(f"import_{name}_ms", round(took, 1), "ms"),
            Figure(
                f"import_{name}_over_boto3", round(took / base, 2), "ratio", OVER_BOTO3_TARGET,
                note=f"boto3 with a client: {base:.0f} ms",
            ),
        ]  # fmt: skip
    heavy = [name for name in event_modules() if HEAVY & last[name].packages]
    figures.append(
        Figure("heavy_imports", len(heavy), "count", 0, note=", ".join(heavy) or "none loads one")
    )
    return Measured(figures)
