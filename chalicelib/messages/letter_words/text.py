"""What the words of a letter are made of.

`{name}` stands for a value of the letter (accounts/letters.py). A line with a value that is not
there is left out. Subjects hold no link and nothing that other people wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One letter: lines, then the link as a button, then more lines."""

    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...] = ()
    button: str = ""


@dataclass(frozen=True)
class Words:
    """A language. `instant` is for strftime; `roles` and `products` are by their codes."""

    greeting: str
    footer: str
    instant: str
    roles: Mapping[str, str]
    products: Mapping[str, str]
    letters: Mapping[str, Text]
