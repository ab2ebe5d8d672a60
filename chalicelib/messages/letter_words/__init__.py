"""The words of letters, one module for each language; `words` picks."""

from __future__ import annotations

from typing import Final

from chalicelib.messages.letter_words import en, es, fr, it
from chalicelib.messages.letter_words.text import Text, Words

_LANGUAGES: Final[dict[str, Words]] = {
    "it": it.WORDS,
    "en": en.WORDS,
    "fr": fr.WORDS,
    "es": es.WORDS,
}


def words(language: str) -> Words:
    """Italian for a language that has none."""
    return _LANGUAGES.get(language, it.WORDS)


def text(language: str, kind: str, plan: str = "") -> Text:
    """The letter's own words; what is said of a plan depends on which."""
    found = words(language).letters
    return found.get(f"{kind}:{plan}") or found[kind]
