"""`python -m chalicelib.accounting.flows`: flows in files, told to people or as JSON.

Classic XML is one flow in a file. FdR-3 comes in several answers: a file with the head (`fdr`),
then files with its pages (`data`), in the order of the arguments; a head that has `data` itself is
a whole flow.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from chalicelib.accounting.fdr import classic, rest
from chalicelib.accounting.fdr.model import Stream
from chalicelib.accounting.flows import Check, Flow
from chalicelib.accounting.labels import FLOW, NOTES, Language
from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected

_LABELS: Final = {**FLOW, **NOTES}
_WORDS: Final = {
    "it": {
        "accepted": "regolare", "anomalous": "ANOMALO", "unreadable": "NON LEGGIBILE",
        "count": "pagamenti", "sum": "importo", "said": "dichiarato", "line": "riga",
        "psp": "mittente", "receiver": "ente", "settled": "regolamento", "created": "creato",
        "revision": "revisione", "outcomes": "esiti",
    },
    "en": {
        "accepted": "good", "anomalous": "ANOMALOUS", "unreadable": "UNREADABLE",
        "count": "payments", "sum": "amount", "said": "declared", "line": "line",
        "psp": "sender", "receiver": "body", "settled": "settled", "created": "created",
        "revision": "revision", "outcomes": "outcomes",
    },
}  # fmt: skip


@dataclass(frozen=True)
class _Work:
    """A flow to read: the file that it begins in, and its stream or why there is none."""

    name: str
    stream: Stream | None
    refusal: Rejected | None = None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(256 * limits.KIB):
            yield block


def _works(paths: Sequence[Path], psp: str) -> Iterator[_Work]:
    head: tuple[Path, dict[str, Any]] | None = None
    pages: list[dict[str, Any]] = []
    for path in paths:
        with path.open("rb") as source:
            begins = source.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if begins != b"{":
            if head:
                yield _Work(str(head[0]), rest.of_objects(head[1], pages))
            head = None
            yield _Work(str(path), classic.read(_blocks(path), psp=psp))
            continue
        try:
            found = rest.parsed(path.read_bytes())
        except Rejected as refusal:
            yield _Work(str(path), None, refusal)
            continue
        if "fdr" in found:
            if head:
                yield _Work(str(head[0]), rest.of_objects(head[1], pages))
            head, pages = (path, found), [found] if "data" in found else []
        elif head:
            pages.append(found)
        else:
            alone = Rejected("flow_page_alone", "A page of payments stands before any head.")
            yield _Work(str(path), None, alone)
    if head:
        yield _Work(str(head[0]), rest.of_objects(head[1], pages))


def _read(work: _Work, body: str) -> Flow | Rejected:
    if work.stream is None:
        assert work.refusal is not None
        return work.refusal
    check = Check(work.stream, body=body)
    try:
        for _ in check.lines():
            pass
        return check.flow()
    except Rejected as refusal:
        return refusal


# --- what is said ---------------------------------------------------------------------------------
def to_json(name: str, found: Flow | Rejected, language: Language) -> dict[str, Any]:
    """A flow for programs: amounts in cents, days and instants in ISO form."""
    if isinstance(found, Rejected):
        return {"file": name, "state": "unreadable", "code": found.code, "message": found.message}
    header = found.header
    checks = {
        "count": _check(header.said_count, found.count, found, "count_differs"),
        "sum_cents": _check(header.said_cents, found.cents, found, "sum_differs"),
    }
    return {
        "file": name,
        "state": found.state,
        "header": {key: _plain(value) for key, value in vars(header).items()},
        "checks": checks,
        "outcomes": dict(sorted(found.outcomes.items())),
        "labels": dict(sorted(found.labels.items())),
        "anomalies": [
            {"label": one.label, "line": one.place, "text": _LABELS[one.label].text(language)}
            for one in found.anomalies
        ],
    }


def _check(said: int | None, counted: int, found: Flow, label: str) -> dict[str, Any]:
    return {
        "said": said,
        "found": counted,
        "ok": said is not None and label not in found.labels,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.stamp(value)
    return value.isoformat() if isinstance(value, date) else value


def _euros(cents: int | None) -> str:
    if cents is None:
        return "-"
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _for_people(name: str, found: Flow | Rejected, language: Language) -> str:
    words = _WORDS[language]
    if isinstance(found, Rejected):
        return f"{name}: {words['unreadable']}: {found.message} ({found.code})"
    header = found.header
    settled = header.settled.isoformat() if header.settled else "-"
    created = header.created.isoformat() if header.created else "-"
    outcomes = ", ".join(
        f"{code or '-'}: {count}" for code, count in sorted(found.outcomes.items())
    )
    rows = [
        (words["psp"], f"{header.psp or header.sender} {header.sender_name}"),
        (words["receiver"], f"{header.receiver} {header.receiver_name}"),
        (words["created"], created),
        (words["revision"], str(header.revision) if header.revision else ""),
        (words["settled"], f"{settled} {header.trn}"),
        (words["count"], f"{found.count} ({words['said']}: {_or_dash(header.said_count)})"),
        (words["sum"], f"{_euros(found.cents)} ({words['said']}: {_euros(header.said_cents)})"),
        (words["outcomes"], outcomes),
    ]
    lines = [f"{name}: {header.flow_id or '-'}: {words[found.state]}"]
    lines += [f"  {key:12} {value.strip()}" for key, value in rows if value.strip()]
    for one in found.anomalies:
        where = f" ({words['line']} {one.place})" if one.place else ""
        lines.append(f"  {one.label}{where}: {_LABELS[one.label].text(language)}")
    return "\n".join(lines)


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _printable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    shown = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)


# --- the command ----------------------------------------------------------------------------------
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chalicelib.accounting.flows",
        description="Read settlement flows (classic XML, JSON of FdR-3) and check their totals.",
        epilog="Exit status: 0 all good, 1 some flow anomalous or unreadable, 2 wrong arguments.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--language", choices=("it", "en"), default="it")
    parser.add_argument("--body", default="", help="fiscal code that the flows must be for")
    parser.add_argument("--psp", default="", help="idPSP that the channel told, for XML")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `arguments` without the program's name. Exits 2 on wrong arguments."""
    parser = _parser()
    given = parser.parse_args(arguments)
    paths = [Path(name) for name in given.files]
    for path in paths:
        if not path.is_file():
            parser.error(f"there is no file {path}")
        if not os.access(path, os.R_OK):
            parser.error(f"{path} cannot be read")
    out = sys.stdout
    bad = 0
    for work in _works(paths, given.psp):
        found = _read(work, given.body)
        bad += isinstance(found, Rejected) or found.state == "anomalous"
        if given.json:
            out.write(json.dumps(to_json(work.name, found, given.language)) + "\n")
        else:
            out.write(_printable(_for_people(work.name, found, given.language), out) + "\n")
    out.flush()
    return 1 if bad else 0


def run() -> None:
    """`main` as a process."""
    try:
        status = main()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more to say, and not at interpreter's exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
