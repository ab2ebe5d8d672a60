"""`python -m chalicelib.invoicing.check [--json] PATH...`: every control before sending.

Files, folders (with what is below them) and ZIP archives. Hidden files and those that operating
systems leave behind (`.DS_Store`, `Thumbs.db`) are passed over; any other file is judged, so that
a document with a wrong name cannot slip through.

There is no ledger here of what was sent before: 00404 is found among the files given together and
left open for all others.

With `--trust` the signers' certificates are judged as well (00101, 00104, 00107): they must lead to
one of those authorities, and whether they were revoked is asked where they say, unless `--offline`.

Exit status: 0 all accepted, 1 some file has an error, 2 wrong arguments (also: nothing to check).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from chalicelib.base import archives, clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.controls.finding import Finding, Language
from chalicelib.invoicing.controls.whole import Examination, examine_all, refuse, to_json
from chalicelib.invoicing.fatturapa import schema
from chalicelib.invoicing.together import Together

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from chalicelib.invoicing.signing.trust import TrustSource

_DEFAULT_SCHEMAS = Path(".local/layers/schemas")
_LEFTOVERS = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_SEVERITIES = {
    "it": {"error": "errore", "likely": "probabile", "warning": "avviso"},
    "en": {"error": "error", "likely": "likely", "warning": "warning"},
}
_LABELS = {
    "it": ("accettato", "rifiutato", "non valutabili qui", "file", "accettati", "rifiutati"),
    "en": ("accepted", "refused", "not decidable here", "files", "accepted", "refused"),
}
# A file that stops at an early family leaves dozens open: people are told how many.
_LISTED = 20
_STOPPED = {
    "it": "non valutati {} controlli, a cui il file non è arrivato",
    "en": "{} controls not evaluated: the file did not come that far",
}


@dataclass(frozen=True)
class Setting:
    """What all files of a run are judged with."""

    schemas: Path
    received_at: datetime
    today: date
    together: Together = field(default_factory=Together)
    trust: TrustSource | None = None


class _File:
    """A file on disk as `archives` reads it: by ranges."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def read(self, start: int, length: int) -> bytes:
        self._stream.seek(start)
        return self._stream.read(length)


# --- what to check ------------------------------------------------------------------------------
def _is_leftover(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LEFTOVERS


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """The files at `paths` and below those that are folders, each folder in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, inside, found in os.walk(path):
            inside[:] = sorted(name for name in inside if not _is_leftover(name))
            yield from (Path(folder, name) for name in sorted(found) if not _is_leftover(name))


def examine_path(path: Path, setting: Setting) -> Iterator[Examination]:
    """The examinations of one file: one, or as many as an archive holds.

    What is in an archive is named `<archive>/<member>`.
    """
    try:
        with path.open("rb") as stream:
            if archives.is_zip(stream.read(4)):
                size = os.fstat(stream.fileno()).st_size
                yield from _archive(str(path), _File(stream, size), setting)
                return
            stream.seek(0)
            # A byte more than is taken, so that what is larger is seen to be.
            data = stream.read(limits.DOCUMENT_RAW_BYTES + 1)
    except OSError as error:
        unreadable = Rejected("unreadable", f"The file cannot be read: {error.strerror}.")
        yield refuse(str(path), unreadable, setting.today)
        return
    yield _examine(data, str(path), os.path.realpath(path), setting)


def _examine(data: bytes, name: str, file: str, setting: Setting) -> Examination:
    """`file` is where the bytes are; `name` is how they were called."""
    at, schemas, today = setting.received_at, setting.schemas, setting.today
    return setting.together.judge(
        file, lambda sent: examine_all(data, name, at, schemas, today, sent, trust=setting.trust)
    )


def _archive(name: str, source: _File, setting: Setting) -> Iterator[Examination]:
    try:
        members = archives.plan(source).members
    except Rejected as refusal:
        yield refuse(name, refusal, setting.today)
        return
    for member in members:
        if member.refusal and member.refusal != "member_system_file":
            no = Rejected(member.refusal, "The file in the archive is refused.")
            yield refuse(f"{name}/{member.name}", no, setting.today)
    for window in archives.windows(members, limits.ARCHIVE_WINDOW_BYTES):
        data = source.read(window.start, window.length)
        for member in window.members:
            own = f"{name}/{member.name}"
            try:
                content = archives.extract(data, window.start, member)
            except Rejected as refusal:
                yield refuse(own, refusal, setting.today)
            else:
                yield _examine(content, own, f"{os.path.realpath(name)}#{member.index}", setting)


# --- what to say --------------------------------------------------------------------------------
def _for_people(found: Examination, language: Language) -> str:
    labels = _LABELS[language]
    verdict = labels[0] if found.verdict.accepted else labels[1]
    kind = f" ({found.format})" if found.format else ""
    lines = [f"{found.name}{kind}: {verdict}"]
    lines += [_finding_line(one, language) for one in found.verdict.findings]
    left = found.verdict.not_evaluated
    if len(left) > _LISTED:
        lines.append(f"  {_STOPPED[language].format(len(left))}")
    elif left:
        lines.append(f"  {labels[2]}: {' '.join(left)}")
    return "\n".join(lines)


def _finding_line(one: Finding, language: Language) -> str:
    number = f" [{one.id}]" if one.id else ""
    where = f"\n      {one.where}{number}" if one.where else ""
    return f"  {one.code} {_SEVERITIES[language][one.severity]}: {one.sentence(language)}{where}"


# --- the command --------------------------------------------------------------------------------
def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a day (YYYY-MM-DD): {text}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chalicelib.invoicing.check",
        description="Judge FatturaPA files with SdI's controls before they are sent.",
        epilog="Exit status: 0 all accepted, 1 some file has an error, 2 wrong arguments.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder or a ZIP")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--language", choices=("it", "en"), default="it")
    parser.add_argument(
        "--schemas", help=f"folder of the official schemas (else SCHEMAS, or {_DEFAULT_SCHEMAS})"
    )
    parser.add_argument("--today", type=_day, help="the day of receipt (else the present one)")
    parser.add_argument(
        "--trust",
        nargs="+",
        action="extend",
        default=[],
        metavar="PEM",
        help="authorities whose qualified signatures count; written after the PATHs",
    )
    parser.add_argument(
        "--crl",
        nargs="+",
        action="extend",
        default=[],
        metavar="CRL",
        help="lists of revoked certificates that are at hand (with --trust)",
    )
    parser.add_argument(
        "--offline", action="store_true", help="ask nobody whether a certificate was revoked"
    )
    return parser


def _schemas(given: str | None) -> Path:
    """The folder of the schemas. Rejected `schemas_missing` when a file is not in it."""
    folder = Path(given or os.environ.get("SCHEMAS") or _DEFAULT_SCHEMAS)
    for name in (*schema.FILES.values(), schema.XMLDSIG):
        if not (folder / name).is_file():
            raise Rejected(
                "schemas_missing",
                f"{name} is not in {folder}: give --schemas or set SCHEMAS"
                f" (`make setup` puts the schemas into {_DEFAULT_SCHEMAS}).",
            )
    return folder


def _setting(schemas: Path, today: date | None) -> Setting:
    if today is None:
        now = clock.now()
        return Setting(schemas, now, clock.rome_day(now))
    # The end of that day, so that what was signed in it is not in the future.
    return Setting(schemas, datetime.combine(today, time.max, clock.ROME), today)


def _trust(
    pems: Sequence[str], crls: Sequence[str], now: datetime, *, offline: bool
) -> TrustSource | None:
    """Whom to believe, out of files; None without any.

    Rejected `unreadable`, as bundle.authorities, and `trust_list` (a list that is none).
    """
    if not pems:
        return None
    from chalicelib.invoicing.signing import bundle, trust
    from chalicelib.invoicing.signing.lookup import Lookup
    from chalicelib.invoicing.signing.revocation import Known, known

    every = bundle.authorities(b"\n".join(_read(name) for name in pems), now)
    given = known(crls=[_read(name) for name in crls])
    if given.unreadable:
        raise Rejected("trust_list", "A list of revoked certificates cannot be read.")
    lookup = Lookup(clock.now)

    def lists(path: Sequence[Certificate]) -> Known:
        found = Known() if offline else lookup(path)
        return Known((*given.crls, *found.crls), found.answers)

    found = trust.Trust(trust.anchors(bundle.written(every)), lists)
    return lambda: found


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Rejected("unreadable", f"{name} cannot be read: {error.strerror}.") from error


def _printable(text: str, stream: TextIO) -> str:
    """What the stream can hold: a file name may be no text, a terminal may have no `≤`."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _show_progress(stream: TextIO, count: int, name: str) -> None:
    stream.write(f"\r\x1b[K{count} {name[-60:]}")
    stream.flush()


def run(paths: Sequence[Path], setting: Setting, *, as_json: bool, language: Language) -> int:
    """Judge and print each file as it is judged; the exit status."""
    out, err = sys.stdout, sys.stderr
    # Both on one terminal would write into each other's lines.
    watched = err.isatty() and not out.isatty()
    count = refusals = 0
    for path in files_of(paths):
        for found in examine_path(path, setting):
            count += 1
            refusals += not found.verdict.accepted
            text = json.dumps(to_json(found, language)) if as_json else _for_people(found, language)
            out.write(_printable(text, out) + "\n")
            if watched:
                _show_progress(err, count, _printable(found.name, err))
    if watched:
        err.write("\r\x1b[K")
    if not count:
        err.write("check: there is no file to check\n")
        return 2
    if not as_json:
        _, _, _, files, accepted, refused = _LABELS[language]
        out.write(f"{count} {files}: {count - refusals} {accepted}, {refusals} {refused}\n")
    out.flush()
    return 1 if refusals else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `arguments` without the program's name. Exits 2 on wrong arguments."""
    parser = _parser()
    given = parser.parse_args(arguments)
    paths = [Path(name) for name in given.paths]
    for path in paths:
        if not path.exists():
            parser.error(f"there is no {path}")
    try:
        setting = _setting(_schemas(given.schemas), given.today)
        trust = _trust(given.trust, given.crl, setting.received_at, offline=given.offline)
    except Rejected as refusal:
        named = "".join(f"\n  {one}" for one in refusal.details.get("certificates", ()))
        parser.error(refusal.message + named)
    setting = replace(setting, trust=trust)
    return run(paths, setting, as_json=given.json, language=given.language)


if __name__ == "__main__":
    try:
        status = main()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more to say, and not at interpreter's exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
