"""DynamoDB's values and expressions, for the tests' tables: compiled once for each text.

Source: DynamoDB API reference, "Expressions"; developer guide, "Item sizes and formats".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

Wire = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Wire]
Test = Callable[[Names, Values, Wire], bool]


class Refused(Exception):
    """What DynamoDB answers with status 400."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(code)
        self.body = {
            "__type": f"com.amazonaws.dynamodb.v20120810#{code}",
            "message": message,
            **more,
        }


def invalid(message: str) -> Refused:
    return Refused("ValidationException", message)


# ------------------------------------------------------------------ values
def _size(value: Wire) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "B":
        return len(content) * 3 // 4
    if kind == "N":
        return len(content) // 2 + 2
    if kind == "M":
        return 3 + sum(len(name.encode()) + _size(one) + 1 for name, one in content.items())
    if kind == "L":
        return 3 + sum(_size(one) + 1 for one in content)
    return 1


def size_of(item: Wire) -> int:
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def plain(value: Wire) -> tuple[str, Any]:
    """What two values are compared by."""
    ((kind, content),) = value.items()
    if kind == "N":
        return kind, Decimal(content)
    if kind == "M":
        return kind, {name: plain(one) for name, one in content.items()}
    if kind == "L":
        return kind, [plain(one) for one in content]
    return kind, content


def stored(value: Wire) -> Wire:
    """Numbers as DynamoDB gives them back: no exponent, no zeros that say nothing."""
    ((kind, content),) = value.items()
    if kind == "N":
        number = Decimal(content)
        if len(number.as_tuple().digits) > 38:
            raise invalid("Attempting to store more than 38 significant digits in a Number")
        text = format(number, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return {"N": "0" if text in ("-0", "") else text}
    if kind == "M":
        return {"M": {name: stored(one) for name, one in content.items()}}
    if kind == "L":
        return {"L": [stored(one) for one in content]}
    return value


def unpacked(item: Wire) -> Wire:
    """The item as boto3 gives it: bytes where JSON has base64."""
    return {name: _unpacked(value) for name, value in item.items()}


def _unpacked(value: Wire) -> Wire:
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content)}
    if kind == "M":
        return {"M": {name: _unpacked(one) for name, one in content.items()}}
    if kind == "L":
        return {"L": [_unpacked(one) for one in content]}
    return value


# ------------------------------------------------------------------ expressions
_TERM = re.compile(
    r"(?P<function>attribute_exists|attribute_not_exists)\((?P<path>#?\w+)\)"
    r"|begins_with\((?P<of>#?\w+), (?P<prefix>:\w+)\)"
    r"|(?P<name>#?\w+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
    r"|(?P<left>#?\w+) (?P<sign>=|<>|<=|>=|<|>) (?P<right>:\w+)"
)
_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}


def name_of(names: Names, mark: str) -> str:
    if not mark.startswith("#"):
        return mark
    if mark not in names:
        raise invalid(f"An expression attribute name is not defined: {mark}")
    return names[mark]


def value_of(values: Values, mark: str) -> Wire:
    if mark not in values:
        raise invalid(f"An expression attribute value is not defined: {mark}")
    return values[mark]


def _existence(found: re.Match[str]) -> Test:
    path, wanted = found["path"], found["function"] == "attribute_exists"
    return lambda names, values, item: (name_of(names, path) in item) is wanted


def _beginning(found: re.Match[str]) -> Test:
    of, prefix = found["of"], found["prefix"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there = item.get(name_of(names, of), {})
        return "S" in there and there["S"].startswith(value_of(values, prefix)["S"])

    return test


def _within(found: re.Match[str]) -> Test:
    name, low, high = found["name"], found["low"], found["high"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there = item.get(name_of(names, name))
        if there is None:
            return False
        kind, content = plain(there)
        (one, least), (other, most) = plain(value_of(values, low)), plain(value_of(values, high))
        return bool(kind == one == other and least <= content <= most)

    return test


def _comparison(found: re.Match[str]) -> Test:
    left, sign, right = found["left"], found["sign"], found["right"]

    def test(names: Names, values: Values, item: Wire) -> bool:
        there, wanted = item.get(name_of(names, left)), value_of(values, right)
        if there is None:
            return sign == "<>"
        if sign in ("=", "<>"):
            return (there == wanted or plain(there) == plain(wanted)) is (sign == "=")
        (kind, one), (other_kind, other) = plain(there), plain(wanted)
        return kind == other_kind and kind in "SNB" and _SIGNS[sign](one, other)

    return test


def _term_of(text: str, at: int) -> tuple[Test, int]:
    found = _TERM.match(text, at)
    if found is None:
        raise NotImplementedError(text[at:])
    if found["function"]:
        return _existence(found), found.end()
    if found["of"]:
        return _beginning(found), found.end()
    return (_within if found["name"] else _comparison)(found), found.end()


def _alternative(text: str, at: int) -> tuple[Test, int]:
    """Terms joined by AND, each perhaps in brackets of its own."""
    terms = []
    while True:
        if text.startswith("(", at):
            term, at = _any_of(text, at + 1)
            assert text[at] == ")", text
            at += 1
        else:
            term, at = _term_of(text, at)
        terms.append(term)
        if not text.startswith(" AND ", at):
            break
        at += len(" AND ")
    if len(terms) == 1:
        return terms[0], at
    return (lambda names, values, item: all(term(names, values, item) for term in terms)), at


def _any_of(text: str, at: int) -> tuple[Test, int]:
    found = []
    while True:
        one, at = _alternative(text, at)
        found.append(one)
        if not text.startswith(" OR ", at):
            break
        at += len(" OR ")
    if len(found) == 1:
        return found[0], at
    return (lambda names, values, item: any(one(names, values, item) for one in found)), at


@lru_cache(maxsize=1024)
def condition(text: str) -> Test:
    """A condition, compiled. NotImplementedError for what nobody here writes."""
    test, end = _any_of(text, 0)
    if end != len(text):
        raise NotImplementedError(text[end:])
    return test


Change = Callable[[Names, Values, Wire, Wire], None]
_SET = re.compile(r"(#?\w+) = (?:(:\w+)|if_not_exists\((#?\w+), (:\w+)\))(?:, |$)", re.ASCII)
_ADD = re.compile(r"(#?\w+) (:\w+)(?:, |$)", re.ASCII)
_REMOVE = re.compile(r"(#?\w+)(?:, |$)", re.ASCII)
_CLAUSE = re.compile(r"\b(SET|ADD|REMOVE) ")


def _parts(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        found = pattern.match(text, at)
        if found is None:
            raise NotImplementedError(text[at:])
        yield found
        at = found.end()


def _setting(found: re.Match[str]) -> Change:
    name, value, known, default = found.groups()

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        if value:
            new[name_of(names, name)] = stored(value_of(values, value))
        else:
            there = old.get(name_of(names, known))
            new[name_of(names, name)] = there or stored(value_of(values, default))

    return change


def _adding(found: re.Match[str]) -> Change:
    name, value = found.groups()

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        more, there = value_of(values, value), old.get(name_of(names, name), {"N": "0"})
        if "N" not in more or "N" not in there:
            raise invalid("An operand in the update expression has an incorrect data type")
        total = Decimal(there["N"]) + Decimal(more["N"])
        new[name_of(names, name)] = stored({"N": str(total)})

    return change


def _removing(found: re.Match[str]) -> Change:
    name = found[1]

    def change(names: Names, values: Values, old: Wire, new: Wire) -> None:
        new.pop(name_of(names, name), None)

    return change


@lru_cache(maxsize=1024)
def changes(text: str) -> tuple[Change, ...]:
    """An update expression, compiled."""
    pieces = _CLAUSE.split(text)
    made: list[Change] = []
    for clause, said in zip(pieces[1::2], pieces[2::2], strict=True):
        pattern, make = {
            "SET": (_SET, _setting), "ADD": (_ADD, _adding), "REMOVE": (_REMOVE, _removing)
        }[clause]  # fmt: skip
        made += [make(found) for found in _parts(pattern, said.rstrip())]
    return tuple(made)
