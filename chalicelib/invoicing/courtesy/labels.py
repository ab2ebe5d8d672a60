"""What a code of FatturaPA means, on a day and in a language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from chalicelib.invoicing.courtesy import lists, lists_more

Language = Literal["it", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("it", "en")


@dataclass(frozen=True)
class Label:
    """One meaning of a code; `since` and `until` are ISO days of the document, "" for no bound."""

    code: str
    it: str
    en: str
    since: str = ""
    until: str = ""


def _read(text: str) -> dict[str, tuple[Label, ...]]:
    found: dict[str, tuple[Label, ...]] = {}
    for line in text.strip().splitlines():
        label = Label(*(part.strip() for part in line.split("|")))
        found[label.code] = (*found.get(label.code, ()), label)
    return found


@cache
def tables() -> dict[str, dict[str, tuple[Label, ...]]]:
    """Every list by the name of its element (two have names of ours), each code with its rows."""
    return {name: _read(text) for name, text in {**lists.LISTS, **lists_more.LISTS}.items()}


def meaning(name: str, code: str, language: Language, day: str = "") -> str:
    """The label of a code of the list `name`; "" for a code that the list does not have.

    A code that was not in force on `day` has its label all the same: what the file says is shown,
    and whether it may say so is the business of the controls.
    """
    rows = tables()[name].get(code, ())
    valid = [row for row in rows if row.since <= day and (not row.until or day <= row.until)]
    if not rows:
        return ""
    row = (valid or rows)[0]
    return row.it if language == "it" else row.en
