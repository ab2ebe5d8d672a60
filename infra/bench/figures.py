"""A figure, its promise, and the file that keeps the last of each."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Figure:
    """One measured value. Without a target it only informs; `note` says how it came about."""

    name: str
    value: float
    unit: str
    target: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""

    @property
    def missed(self) -> bool:
        if self.target is None:
            return False
        return self.value > self.target if self.better == "lower" else self.value < self.target


def line(figure: Figure) -> str:
    """As it is printed."""
    text = f"{figure.name:38} {number(figure.value):>10} {figure.unit:8}"
    if figure.target is not None:
        sign = "<=" if figure.better == "lower" else ">="
        said = "MISSED" if figure.missed else "met"
        text += f" {sign} {number(figure.target):8} {said:6}"
    return f"{text:78} {figure.note}".rstrip()


def number(value: float) -> str:
    """Four significant digits, whole numbers whole."""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def as_json(figures: Iterable[Figure]) -> dict[str, dict[str, Any]]:
    return {
        one.name: {
            "value": one.value,
            "target": one.target,
            "better": one.better,
            "unit": one.unit,
            **({"note": one.note} if one.note else {}),
        }
        for one in figures
    }


def save(figures: Iterable[Figure], path: Path) -> None:
    """Put them over those of the same names; whoever reads meanwhile sees the old or the new."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        kept = {}
    kept.update(as_json(figures))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(kept, out, indent=2, sort_keys=True)
            out.write("\n")
        # mkstemp's file is its maker's alone; a report is for everybody.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def report(figures: Iterable[Figure]) -> str:
    """All lines, then what was missed."""
    listed = list(figures)
    missed = [one.name for one in listed if one.missed]
    end = f"missed: {', '.join(missed)}" if missed else "every target met"
    return "\n".join([*map(line, listed), end])


@dataclass(frozen=True)
class Measured:
    """What one part of the bench found; `details` is text to be read."""

    figures: list[Figure]
    details: str = ""
