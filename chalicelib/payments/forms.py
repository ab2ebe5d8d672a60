"""What a spontaneous service asks of whoever pays: declared fields, and their check. Pure.

A form is a flat list of fields, each of one type; nothing in it is computed, so whoever draws it
and whoever checks it cannot disagree. What a body writes for people it writes in Italian, and in
other languages if it likes (FEATURES F001-154; pagopa.md section 12).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

FieldType = Literal["text", "number", "date", "choice"]
Problem = Literal[
    "missing", "unknown", "not_text", "too_long", "characters", "number", "day", "choice"
]
FIELD_TYPES: Final[tuple[FieldType, ...]] = FieldType.__args__  # type: ignore[attr-defined]
LANGUAGES: Final = ("it", "en", "fr", "es")
_LABEL_CHARS: Final = 120
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Texts:
    """The same text by language; "" where the body did not write it."""

    it: str
    en: str = ""
    fr: str = ""
    es: str = ""

    def said(self, language: str) -> str:
        """In a language, in Italian where there is none of it."""
        return getattr(self, language, "") or self.it

    @property
    def longest_chars(self) -> int:
        return max(len(getattr(self, language)) for language in LANGUAGES)


NOTHING: Final = Texts("")


@dataclass(frozen=True)
class Choice:
    """One of a list; `code` is what is stored."""

    code: str
    label: Texts


@dataclass(frozen=True)
class Field:
    """A field of a form. `choices` of a choice; `most_chars` of a text, FORM_TEXT_CHARS at most."""

    name: str
    label: Texts
    type: FieldType
    required: bool = False
    choices: tuple[Choice, ...] = ()
    most_chars: int = limits.FORM_TEXT_CHARS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise _malformed(self.name, "A field's name is small letters, digits, - and _.")
        if not self.label.it.strip() or self.label.longest_chars > _LABEL_CHARS:
            raise _malformed(self.name, "A field has a label in Italian that is not too long.")
        codes = [one.code for one in self.choices]
        listed = self.type == "choice"
        if listed != bool(codes) or len(set(codes)) < len(codes) or len(codes) > _CHOICES:
            raise _malformed(self.name, "A choice has a list, each of it once; no other field has.")
        for one in self.choices:
            named = _NAME.fullmatch(one.code) and one.label.it.strip()
            if not named or one.label.longest_chars > _LABEL_CHARS:
                raise _malformed(self.name, "What is chosen has a code and a label in Italian.")
        if not 1 <= self.most_chars <= limits.FORM_TEXT_CHARS:
            raise _malformed(self.name, "A text is not as long as that.")

    def read(self, value: Any) -> str:
        """What was written into it, as it is kept. ValueError with a Problem."""
        if not isinstance(value, str | int | Decimal | float) or isinstance(value, bool):
            raise ValueError("not_text")
        said = " ".join(unicodedata.normalize("NFC", str(value)).split())
        if not said:
            return ""
        if any(unicodedata.category(sign).startswith("C") for sign in said):
            raise ValueError("characters")
        return _READ[self.type](self, said)


_CHOICES: Final = limits.FORM_CHOICES
Form = tuple[Field, ...]


def _malformed(name: str, message: str) -> Rejected:
    return Rejected("form_field", message, field=name[:40])


def check(form: Form) -> Form:
    """The form itself. Rejected `form_fields` (too many, or two of a name)."""
    names = [one.name for one in form]
    if len(names) > limits.FORM_FIELDS or len(set(names)) < len(names):
        raise Rejected(
            "form_fields", "A form has fields of different names, not too many.",
            most=limits.FORM_FIELDS,
        )  # fmt: skip
    return form


def read(form: Form, values: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, by the names of its fields, in the form's order; empty fields left out.

    Rejected `form_values` with `problems`: field and Problem, never what was written.
    """
    problems = [{"field": name[:40], "problem": "unknown"}
                for name in sorted(values.keys() - {one.name for one in form})]  # fmt: skip
    found: dict[str, str] = {}
    for one in form:
        try:
            said = one.read(values.get(one.name, ""))
            if said:
                found[one.name] = said
            elif one.required:
                raise ValueError("missing")
        except ValueError as problem:
            problems.append({"field": one.name, "problem": str(problem)})
    if problems:
        raise Rejected("form_values", "Some fields are not filled in right.", problems=problems)
    return found


def _text(field: Field, said: str) -> str:
    if len(said) > field.most_chars:
        raise ValueError("too_long")
    return said


def _number(_: Field, said: str) -> str:
    if not _NUMBER.fullmatch(said):
        raise ValueError("number")
    try:
        return f"{Decimal(said.replace(',', '.')):f}"
    except InvalidOperation as error:
        raise ValueError("number") from error


def _day(_: Field, said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise ValueError("day") from error


def _choice(field: Field, said: str) -> str:
    if said not in {one.code for one in field.choices}:
        raise ValueError("choice")
    return said


_READ: Final = {"text": _text, "number": _number, "date": _day, "choice": _choice}


def shown(form: Form, values: Mapping[str, str], language: str) -> list[tuple[str, str, str]]:
    """(name, label, value) of what was filled in, as people read it."""
    known = {one.name: one for one in form}
    found = []
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            found.append((name, name, value))  # the form has changed since
            continue
        chosen = next((one for one in field.choices if one.code == value), None)
        found.append(
            (name, field.label.said(language), chosen.label.said(language) if chosen else value)
        )
    return found
