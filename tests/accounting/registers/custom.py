"""A fourth register, outside the core: lines of fixed width, told by a line for each due.

It is plugged in by configuration: REGISTER_CONNECTORS=notai=tests.accounting.registers.custom:NOTAI
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.accounting.registers.contract import (
    Connector,
    Message,
    Paid,
    Published,
    Row,
    Setting,
    layout,
)


def read(setting: Setting, data: bytes) -> Iterator[Row]:
    for line in data.decode("cp1252").splitlines():
        if len(line) < 57:
            raise layout(setting)
        amount = int(line[52:60])
        yield {
            "source": f"{setting.code}/{line[0:8].strip()}", "tax_code": line[8:24].strip(),
            "name": line[24:48].strip(), "year": line[48:52],
            "amount": f"{amount // 100},{amount % 100:02d}", "category": "professionista",
            "reason": f"Tassa {line[48:52]}", **setting.constants,
        }  # fmt: skip


def _lines(found: Sequence[Any], word: str) -> list[Message]:
    data = "".join(f"{one.id:<8}{word}{one.cents:08d}\n" for one in found).encode()
    return [Message(tuple(range(len(found))), data, "text/plain", f"{word.lower()}.txt")]


def paid(setting: Setting, dues: Sequence[Paid]) -> list[Message]:
    return _lines(dues, "PAGATA")


def notices(setting: Setting, dues: Sequence[Published]) -> list[Message]:
    return _lines(dues, "AVVISO")


NOTAI = Connector("notai", "Registro dei notai", ("csv",), read, paid, notices)
