"""Documents with every element of the format, random but repeatable, and what a copy must say.

Texts are unlike each other, so that finding one in the copy proves that it is this one.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from chalicelib.invoicing.courtesy.labels import tables
from chalicelib.invoicing.courtesy.pdf import FILES
from infra.local.invoices import ORDINARY_NS, SIMPLIFIED_NS
from tests.invoicing.courtesy.trees import (
    ORDINARY_BODY,
    ORDINARY_HEADER,
    SIMPLIFIED_BODY,
    SIMPLIFIED_HEADER,
)

ROOT = Path(__file__).parents[3]
ALPHABET = (
    "ABCDEFGHILMNOPQRSTUVZabcdefghilmnopqrstuvz0123456789"
    "!#$%&'()*+,-./:;<=>?@[]^_`{|}~¡¢£§©«®°±²µ¶·»¼½¿ÀÉÌÒÙàèéìòùçñßøœ€"
)


def fonts() -> Path:
    """The folder of the fonts that the build takes out of their wheel."""
    folder = Path(os.environ.get("SPORTELLO_FONTS") or ROOT / ".local" / "layers" / "fonts")
    if not all((folder / file).is_file() for file in FILES.values()):
        pytest.skip(f"no fonts in {folder}: build the layer or set SPORTELLO_FONTS")
    return folder


def squeezed(text: str) -> str:
    """Without white space: lines are broken where the page wants it."""
    return "".join(text.split())


# --- values -------------------------------------------------------------------------------------
def _text(chance: random.Random, least: int, most: int) -> str:
    """Words of up to 12 signs, now and then one of up to 60 without a blank."""
    words: list[str] = []
    while sum(map(len, words)) < least:
        size = chance.randint(20, 60) if chance.random() < 0.05 else chance.randint(1, 12)
        words.append("".join(chance.choice(ALPHABET) for _ in range(size)))
    return " ".join(words)[:most].strip()


def _figure(chance: random.Random, whole: int, decimals: int) -> str:
    digits = "".join(chance.choice("0123456789") for _ in range(chance.randint(2, decimals)))
    sign = "-" if chance.random() < 0.1 else ""
    return f"{sign}{chance.randrange(10 ** chance.randint(1, whole))}.{digits}"


def _day(chance: random.Random) -> str:
    return (date(2019, 1, 1) + timedelta(chance.randrange(3_000))).isoformat()


def _value(kind: str, chance: random.Random) -> str:
    if kind.startswith("="):
        return kind[1:]
    if kind.startswith("list:"):
        return chance.choice(sorted(tables()[kind[5:]]))
    if kind.startswith("code"):
        return "".join(chance.choice("ABCDEFGHILMNZ0123456789") for _ in range(int(kind[4:])))
    plain = {"text": (8, 60), "short": (5, 10), "long": (120, 200)}
    if kind in plain:
        return _text(chance, *plain[kind])
    if kind == "moment":
        return f"{_day(chance)}T{chance.randrange(24):02d}:30:00"
    figures = {"amount": (11, 2), "price": (9, 8), "quantity": (9, 8), "rate": (2, 2)}
    if kind in figures:
        return _figure(chance, *figures[kind]).removeprefix("" if kind == "amount" else "-")
    return {
        "day": _day(chance),
        "int": str(chance.randint(1, 999)),
        "five": f"{chance.randrange(10**5):05d}",
        "two": chance.choice(("IT", "RM", "MI", "FR")),
        "three": "DAP",
        "yes": "SI",
        "sign": chance.choice(("SC", "MG")),
        "bytes": base64.b64encode(b"x" * chance.randrange(1, 3_000)).decode(),
    }[kind]


def figure(text: str, language: str = "it", least: int = 2) -> str:
    """A number as people write it, told in another way than the code does."""
    whole, _, fraction = text.lstrip("-").partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    written = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    if language == "it":
        written = written.translate(str.maketrans(",.", ".,"))
    return ("-" if text.startswith("-") else "") + written


def said(kind: str, value: str) -> str:
    """What an Italian copy must say of a value, without white space; "" where it says it freely."""
    if kind in ("yes", "sign", "bytes"):
        return ""
    if kind in ("amount", "price"):
        return figure(value)
    if kind == "quantity":
        return figure(value, least=0)
    if kind == "rate":
        return figure(value)
    if kind in ("day", "moment"):
        year, month, day = value[:10].split("-")
        return f"{day}/{month}/{year}{value[11:]}"
    return squeezed(value)


# --- trees --------------------------------------------------------------------------------------
Line = tuple[int, str, str, str]


def _lines(tree: str) -> list[Line]:
    found = []
    for raw in tree.splitlines():
        if raw.strip():
            words = raw.split()
            card = words.pop() if words[-1] in "?*" else ""
            kind = words[1] if len(words) > 1 else ""
            found.append(((len(raw) - len(raw.lstrip())) // 2, words[0], kind, card))
    return found


def _render(
    lines: list[Line], chance: random.Random, full: bool, expected: list[str]
) -> Iterator[str]:
    at = 0
    while at < len(lines):
        depth, name, kind, card = lines[at]
        end = at + 1
        while end < len(lines) and lines[end][0] > depth:
            end += 1
        times = 1
        if card == "?":
            times = int(full or chance.random() < 0.6)
        elif card == "*":
            times = chance.randint(1, 2) if full else chance.randint(0, 2)
        for _ in range(times):
            if end > at + 1:
                below = "".join(_render(lines[at + 1 : end], chance, full, expected))
                # An empty block says nothing.
                yield f"<{name}>{below}</{name}>" if below else ""
            else:
                value = _value(kind, chance)
                expected.append(said(kind, value))
                yield f"<{name}>{escape(value)}</{name}>"
        at = end


def document(
    seed: int, *, simplified: bool = False, bodies: int = 1, full: bool = False
) -> tuple[bytes, list[str]]:
    """A file and what its copy must say; with `full` every element is there at least once."""
    chance = random.Random(seed)
    expected: list[str] = []
    header = SIMPLIFIED_HEADER if simplified else ORDINARY_HEADER
    body = SIMPLIFIED_BODY if simplified else ORDINARY_BODY
    inner = "".join(
        part
        for tree in (header, *[body] * bodies)
        for part in _render(_lines(tree), chance, full, expected)
    )
    root, space, version = (
        ("FatturaElettronicaSemplificata", SIMPLIFIED_NS, "FSM10")
        if simplified
        else ("FatturaElettronica", ORDINARY_NS, "FPR12")
    )
    made = f'<p:{root} versione="{version}" xmlns:p="{space}">{inner}</p:{root}>'
    return made.encode(), [text for text in expected if text]
