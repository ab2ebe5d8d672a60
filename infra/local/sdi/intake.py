"""Taking a file in: name, controls, duplicates, verdict, and the messages that follow from it."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lxml import etree

from infra.local.sdi import messages
from infra.local.sdi.behaviours import Behaviour
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.controls import (
    FILE_BYTES_MAX,
    ROME,
    Inspection,
    InvoiceReference,
    Rules,
    guess_format,
    inspect_file,
)
from infra.local.sdi.names import (
    NAME_CHARS_MAX,
    InvoiceName,
    message_name,
    name_key,
    parse_name,
    stem_of,
)
from infra.local.sdi.outcomes import Delays, Step, contradicted, plan_outcome, reordered
from infra.local.sdi.seal import Sealer
from infra.local.sdi.store import Delivery, ReceivedFile, Store

ARCHIVE_FILES_MAX = 1000
ARCHIVE_BYTES_MAX = 150_000_000
"""Unpacked; facts §6 give both for the SFTP channel, here they stop a zip bomb."""

# What zipfile raises on rotten archives: RuntimeError stands for an enciphered entry or an unknown
# method, ValueError and struct.error for offsets that lead nowhere.
_ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    ValueError,
    EOFError,
)

_UNKNOWN_NAME = "IT99999999990_ZZZZZ.xml"


@dataclass(frozen=True)
class Intake:
    """The parts that a reception needs; holds no state of its own."""

    store: Store
    rules: Rules
    sealer: Sealer
    delays: Delays
    behaviour_of: Callable[[str], Behaviour]

    def take(self, name: str, data: bytes, now: datetime) -> int:
        """Take one file sent by the channel; gives its IdentificativoSdI.

        Everything about it, to the last message, is decided and stored here in one transaction.
        """
        with self.store.transaction():
            id_sdi = self.store.next_number("id_sdi")
            parsed = parse_name(name)
            finding = self._judge_name(name, parsed)
            if finding is not None or parsed is None:
                refused = Inspection(guess_format(data), (finding or Finding("00001"),))
                self._settle(_Arrival(id_sdi, name, data, now), refused)
            elif parsed.extension == "zip":
                self._take_archive(_Arrival(id_sdi, name, data, now))
            else:
                self._take_invoice(_Arrival(id_sdi, name, data, now), parsed)
        return id_sdi

    def _judge_name(self, name: str, parsed: InvoiceName | None) -> Finding | None:
        if parsed is None:
            return Finding("00001", name)
        if not self.store.take_name(name_key(parsed.stem)):
            return Finding("00002", name)
        return None

    def _take_archive(self, arrival: _Arrival) -> None:
        """The archive is judged only as such; each file inside has its own id and fate."""
        try:
            members = _unpack(arrival.data)
        except _ArchiveError as error:
            refused = Inspection(guess_format(b""), (error.finding,))
            self._settle(arrival, refused)
            return
        self._remember(arrival, ())
        for name, data in members:
            member = replace(
                arrival,
                id_sdi=self.store.next_number("id_sdi"),
                name=name,
                data=data,
                archive=(arrival.id_sdi, arrival.name),
            )
            parsed = parse_name(name)
            finding = self._judge_name(name, parsed)
            if parsed is not None and parsed.extension == "zip":
                finding = Finding("00001", name)
            if finding is not None or parsed is None:
                refused = Inspection(guess_format(data), (finding or Finding("00001"),))
                self._settle(member, refused)
            else:
                self._take_invoice(member, parsed)

    def _take_invoice(self, arrival: _Arrival, name: InvoiceName) -> None:
        inspection = inspect_file(name, arrival.data, arrival.received_at, self.rules)
        if not inspection.findings:
            duplicates = self._find_duplicates(inspection, arrival.received_at)
            inspection = replace(inspection, findings=duplicates)
        self._settle(arrival, inspection)

    def _find_duplicates(self, inspection: Inspection, now: datetime) -> tuple[Finding, ...]:
        findings: list[Finding] = []
        seen: set[str] = set()
        for key, reference in zip(inspection.keys, inspection.references, strict=True):
            if key in seen:
                findings.append(Finding("00409", reference.number))
            seen.add(key)
            holder = self.store.key_holder(key, now.timestamp())
            if holder is not None:
                words = f"numero {reference.number}, IdentificativoSdI {holder}"
                findings.append(Finding("00404", words))
        return tuple(findings)

    def _settle(self, arrival: _Arrival, inspection: Inspection) -> None:
        """Remember the verdict, hold the keys of an accepted file and queue its messages."""
        self._remember(arrival, inspection.findings)
        header = inspection.header
        subject = messages.Subject(
            id_sdi=arrival.id_sdi,
            name=arrival.name,
            sha256=arrival.sha256,
            received_at=arrival.received_at,
            format=inspection.format,
            recipient=header.recipient if header else "",
            recipient_name=header.buyer_name if header else "",
            archive=arrival.archive,
        )
        if inspection.findings or header is None:
            steps = [Step("NS", self.delays.outcome_s)]
        else:
            steps = plan_outcome(header, self.delays)
            refusal = next((step for step in steps if step.outcome == "EC02"), None)
            received_s = arrival.received_at.timestamp()
            released_at = received_s + refusal.after_s if refusal else None
            for key in inspection.keys:
                self.store.hold_key(key, arrival.id_sdi, released_at)

        behaviour = self.behaviour_of(arrival.name)
        if behaviour.contradict:
            steps = contradicted(steps, self.delays)
        if behaviour.reorder:
            steps = reordered(steps)
        for step in steps:
            self._post(arrival, subject, inspection, step, behaviour)
        if behaviour.unknown_id:
            stranger = replace(
                subject, id_sdi=self.store.next_number("unknown_id"), name=_UNKNOWN_NAME
            )
            stranger = replace(stranger, recipient=stranger.recipient or "0000000")
            receipt = Step("RC", steps[0].after_s)
            self._post(arrival, stranger, inspection, receipt, Behaviour())

    def _remember(self, arrival: _Arrival, findings: tuple[Finding, ...]) -> None:
        codes = tuple(dict.fromkeys(finding.code for finding in findings))
        file = ReceivedFile(
            name=arrival.name,
            id_sdi=arrival.id_sdi,
            sha256=arrival.sha256,
            codes=codes,
            accepted=not findings,
            archive_id=arrival.archive[0] if arrival.archive else None,
        )
        self.store.add_file(file, arrival.received_at.timestamp(), arrival.data)

    def _post(
        self,
        arrival: _Arrival,
        subject: messages.Subject,
        inspection: Inspection,
        step: Step,
        behaviour: Behaviour,
    ) -> None:
        """Write, seal and queue one message, as many times as the behaviour asks."""
        at = arrival.received_at + timedelta(seconds=step.after_s + behaviour.late_s)
        message_id = str(self.store.next_number("message_id"))
        counter = f"message|{name_key(stem_of(subject.name))}|{step.kind}"
        number = self.store.next_number(counter)
        root = self._write(subject, inspection, step, message_id, at)
        content = self.sealer.seal(root, at.astimezone(ROME))
        file_name = message_name(subject.name, step.kind, number)
        if step.kind == "AT":
            content = _attestation_archive(arrival, file_name, content, at)
            file_name = message_name(subject.name, step.kind, number, "zip")
        delivery = Delivery(messages.OPERATIONS[step.kind], subject.id_sdi, file_name, content)
        for _ in range(behaviour.repeat):
            self.store.add_message(delivery, at.timestamp())

    def _write(
        self,
        subject: messages.Subject,
        inspection: Inspection,
        step: Step,
        message_id: str,
        at: datetime,
    ) -> etree._Element:
        references = inspection.references
        reference: InvoiceReference | None = references[0] if len(references) == 1 else None
        if step.kind == "RC":
            return messages.delivered(subject, message_id, at)
        if step.kind == "NS":
            return messages.rejected(subject, message_id, inspection.findings)
        if step.kind == "MC":
            return messages.not_delivered(subject, message_id, at)
        if step.kind == "NE":
            buyer_id = str(self.store.next_number("message_id"))
            return messages.buyer_outcome(subject, message_id, step.outcome, reference, buyer_id)
        if step.kind == "DT":
            return messages.term_expired(subject, message_id, reference)
        assert step.kind == "AT", step.kind
        return messages.attested(subject, message_id)


@dataclass(frozen=True)
class _Arrival:
    """A file as it came; `archive` is the (id, name) of the zip it was in."""

    id_sdi: int
    name: str
    data: bytes
    received_at: datetime
    archive: tuple[int, str] | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class _ArchiveError(Exception):
    finding: Finding


def _unpack(data: bytes) -> list[tuple[str, bytes]]:
    """Name and bytes of the files in a zip. Raises _ArchiveError (00003, 00106)."""
    if len(data) > FILE_BYTES_MAX:
        raise _ArchiveError(Finding("00003", f"{len(data)} byte"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not entries:
                raise _ArchiveError(Finding("00106"))
            unpacked_bytes = sum(entry.file_size for entry in entries)
            if len(entries) > ARCHIVE_FILES_MAX or unpacked_bytes > ARCHIVE_BYTES_MAX:
                raise _ArchiveError(Finding("00003", f"{len(entries)} file"))
            return [(_plain_name(entry.filename), archive.read(entry)) for entry in entries]
    except _ARCHIVE_FAULTS as error:
        raise _ArchiveError(Finding("00106", str(error))) from error


def _plain_name(name: str) -> str:
    """A name out of an archive, cut and cleaned so that a rejection can quote it."""
    return "".join(c if c.isprintable() else "_" for c in name)[:NAME_CHARS_MAX]


def _attestation_archive(
    arrival: _Arrival, message_file_name: str, message: bytes, at: datetime
) -> bytes:
    """The zip of an AT: the file as it was sent and the attestation."""
    local = at.astimezone(ROME)
    stamp = (local.year, local.month, local.day, local.hour, local.minute, local.second)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(arrival.name, stamp), arrival.data)
        archive.writestr(zipfile.ZipInfo(message_file_name, stamp), message)
    return buffer.getvalue()
