"""`make bench`: measures every figure and keeps them in .local/bench.json.

python -m infra.bench [--only name,name] [--quick]

`--only` takes names of parts or of figures; `--quick` measures less and keeps nothing. The exit
status is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from infra.bench import figures
from infra.bench.figures import Figure, Measured
from infra.local.engines import ROOT

KEPT = ROOT / ".local" / "bench.json"
FOLDER = ROOT / ".local" / "run" / "bench"


@dataclass(frozen=True)
class Part:
    """A module with `measure`, and patterns of the figures it gives."""

    name: str
    figures: tuple[str, ...]

    def gives(self, wanted: str) -> bool:
        return wanted == self.name or any(fnmatch(wanted, one) for one in self.figures)


# The short ones first: a mistake shows early.
PARTS = (
    Part("imports", ("import_*", "heavy_imports")),
    Part("speed", ("sign_over_rsa", "examine_per_parse")),
    Part(
        "controls",
        ("controls_over_a38_*", "raw_to_signed_over_floor", "courtesy_copies_per_second"),
    ),
    Part("notices", ("notices_per_second", "notices_with_slip_per_second")),
    Part(
        "accounting",
        ("fdr_*", "statement_rows_per_second", "remittances_per_second", "matching_*"),
    ),
    Part("login", ("login_*", "session_check_*")),
    Part("node", ("node_*",)),
    Part("reconciled", ("matched_calls", "posted_calls_*")),
    Part("intake", ("intake_*",)),
    Part("calls", ("aws_calls_*", "cost_*")),
    Part("dues", ("dues_*",)),
    Part("positions", ("iuvs_per_second", "generated_*")),
    Part("archive", ("zip_*",)),
    Part("notices_job", ("job_*",)),
)


def chosen(only: str) -> list[Part]:
    """The parts for a list of names; all without one. Raises ValueError for an unknown name."""
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for name in wanted:
        if not any(part.gives(name) for part in PARTS):
            raise ValueError(f"{name!r} is neither a part nor a figure of the bench")
    return [part for part in PARTS if not wanted or any(part.gives(name) for name in wanted)]


def _measure(part: Part, quick: bool) -> Measured:
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"[{part.name} {time.monotonic() - begun:4.0f} s] {text}", flush=True)

    # Loaded only when wanted: the others need the whole local cloud.
    measured: Measured = importlib.import_module(f"infra.bench.{part.name}").measure(
        FOLDER, quick=quick, say=say
    )
    return measured


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME,NAME")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        parts = chosen(asked.only)
    except ValueError as error:
        parser.error(str(error))
    FOLDER.mkdir(parents=True, exist_ok=True)
    found: list[Figure] = []
    for part in parts:
        measured = _measure(part, asked.quick)
        found += measured.figures
        if measured.details:
            print(f"\n{measured.details}\n", flush=True)
        if not asked.quick:
            # After each part: what was measured stays, also when a later part fails.
            figures.save(measured.figures, KEPT)
    print(figures.report(found))
    return 1 if any(one.missed for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
