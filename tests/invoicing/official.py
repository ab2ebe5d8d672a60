"""Where official material is found: schemas of the build, the tax agency's own examples.

Neither is committed: a test that needs one asks here, and is skipped with the reason when it is
not there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"


def schemas() -> Path:
    """The folder of the invoice schemas that the build takes out of their wheel."""
    folder = Path(os.environ.get("SPORTELLO_SCHEMAS") or ROOT / ".local" / "layers" / "schemas")
    if not (folder / "xmldsig-core-schema.xsd").is_file():
        pytest.skip(f"no official schemas in {folder}: build the layer or set SPORTELLO_SCHEMAS")
    return folder


def samples() -> list[Path]:
    """The example invoices; an empty list where they are not at hand."""
    return sorted((SHARED / "samples" / "fatturapa").glob("*.xml"))


def facts(name: str) -> Path:
    """A page of facts."""
    path = SHARED / "facts" / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand")
    return path
