"""SdI as our channel adapter meets it, played: it takes files once by name and says what it says.

A story is what SdI will say about a document, stage by stage; it is chosen by the document's
number. The same name again gets another IdSdI and, later, a rejection 00002 (fatturapa.md
section 6: a name is unique for ever).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from chalicelib.invoicing import names
from chalicelib.invoicing.channels.sdicoop import Receipt, Uncertain
from chalicelib.invoicing.fatturapa import envelope
from infra.local.sdi import messages
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.messages import Subject
from infra.local.sdi.names import message_name

FIRST_ID = 70_000_000_001
RECEIVED = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_KINDS = ("RC", "MC", "NS", "NE", "DT", "AT")
_NUMBER = re.compile(rb"<Numero>([^<]+)</Numero>")


@dataclass
class Taken:
    """A file that SdI has: its name is used for ever."""

    name: str
    sha256: str
    content: str
    id_sdi: int
    format: str
    story: tuple[str, ...]
    said: int = 0

    @property
    def subject(self) -> Subject:
        return Subject(self.id_sdi, self.name, self.sha256, RECEIVED, self.format, "ABC1234")


@dataclass
class Sdi:
    """`stories` by number, else `usual`.

    `misbehave` for the next calls: "" answers, "taken" takes it silently, "lost" does nothing.
    """

    stories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    usual: tuple[str, ...] = ("RC",)
    files: dict[str, Taken] = field(default_factory=dict)
    echoes: list[Taken] = field(default_factory=list)
    misbehave: list[str] = field(default_factory=list)
    calls: int = 0

    def take(self, name: str, content: bytes) -> Receipt:
        """RiceviFile."""
        self.calls += 1
        how = self.misbehave.pop(0) if self.misbehave else ""
        if how == "lost":
            raise Uncertain("SdI did not answer: it may have the file.")
        taken = self._taken(name, content)
        if names.stem(name) in self.files:
            self.echoes.append(taken)
        else:
            self.files[names.stem(name)] = taken
        if how == "taken":
            raise Uncertain("SdI did not answer: it may have the file.")
        return Receipt(str(taken.id_sdi), "", "")

    def _taken(self, name: str, content: bytes) -> Taken:
        xml = envelope.unwrap(content).xml
        found = _NUMBER.search(xml)
        assert found is not None
        number = found[1].decode()
        return Taken(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            content=hashlib.sha256(xml).hexdigest(),
            id_sdi=FIRST_ID + len(self.files) + len(self.echoes),
            format="FPA12" if b'versione="FPA12"' in xml else "FPR12",
            story=self._story(number),
        )

    def _story(self, number: str) -> tuple[str, ...]:
        """A story `A | B` is A for the first sending and B for the next."""
        story = self.stories.get(number, self.usual)
        if "|" not in story:
            return story
        cut = story.index("|")
        sent = sum(taken.story == story[:cut] for taken in self.files.values())
        return story[cut + 1 :] if sent else story[:cut]

    def answer(self, at: datetime) -> list[tuple[str, bytes]]:
        """(key in the SdI bucket, content) of the next message about every file, and of echoes."""
        found = [written(one, "NS:00002", at) for one in self.echoes if not one.said]
        for one in self.echoes:
            one.said = 1
        for taken in self.files.values():
            if taken.said < len(taken.story):
                found.append(written(taken, taken.story[taken.said], at))
                taken.said += 1
        return found


def written(taken: Taken, what: str, at: datetime, number: int = 1) -> tuple[str, bytes]:
    """One message, `what` is RC, MC, NS:<code>, NE:EC01, NE:EC02, DT or AT."""
    kind, _, detail = what.partition(":")
    message_id = f"{taken.id_sdi % 1000}{_KINDS.index(kind)}{number}"
    root = _root(taken.subject, kind, detail, message_id, at)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    name = message_name(taken.name, kind, number)
    return f"incoming/{hashlib.sha256(data).hexdigest()}/{name}", data


def _root(
    subject: Subject, kind: str, detail: str, message_id: str, at: datetime
) -> etree._Element:
    if kind == "RC":
        return messages.delivered(subject, message_id, at)
    if kind == "MC":
        return messages.not_delivered(subject, message_id, at)
    if kind == "NS":
        codes: Sequence[str] = (detail or "00404",)
        findings = [Finding(code) for code in codes]
        return messages.rejected(subject, message_id, findings)
    if kind == "NE":
        return messages.buyer_outcome(subject, message_id, detail, None, f"B{message_id}")
    if kind == "DT":
        return messages.term_expired(subject, message_id, None)
    assert kind == "AT"
    return messages.attested(subject, message_id)
