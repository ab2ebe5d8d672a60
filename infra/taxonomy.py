"""The operator's command about pagoPA's taxonomy. Part of `python -m infra.operate`.

    python -m infra.operate --stack sportello-prod taxonomy --file taxonomy.csv

The official list: https://api.platform.pagopa.it/taxonomy/service/v1/taxonomy?extension=csv
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from chalicelib.base import clock
from chalicelib.payments import taxonomy


def add(acts: Any) -> None:
    """Add the command to the parser's."""
    act = acts.add_parser("taxonomy", help="put pagoPA's taxonomy in force")
    act.add_argument("--file", required=True, type=Path, help="the official CSV")
    act.set_defaults(do=_load)


def _load(given: argparse.Namespace) -> None:
    count = taxonomy.load(given.file.read_bytes(), clock.now())
    print(f"{count} codes are in force by their days.")
