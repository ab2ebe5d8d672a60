"""What is told about one change, pure: the mail's text and the webhook's body."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.accounts.model import Language
from chalicelib.base import ids
from chalicelib.invoicing.document import Document
from chalicelib.messages import texts


@dataclass(frozen=True)
class Change:
    """One history row and the document as it is, for telling.

    `state`, `reason`, `errors` and `flag` are of the change, whatever came after it.
    """

    tenant: str
    document: Document
    version: int
    at: str
    state: str
    reason: str
    flag: str
    errors: tuple[dict[str, str], ...]
    customer_name: str

    @property
    def id(self) -> str:
        """The same for every repetition, so that who receives it can tell."""
        return ids.derive(self.tenant, self.document.id, str(self.version))


@dataclass(frozen=True)
class Mail:
    """A message ready for a carrier. `html` says the same as `body`; `id` is the left part of its
    Message-ID, "" to leave that to the carrier."""

    to: str
    subject: str
    body: str
    tags: tuple[tuple[str, str], ...] = ()
    html: str = ""
    id: str = ""


def amount(value: Decimal, currency: str, language: Language) -> str:
    """`1234.5` -> `1.234,50 EUR` (it) or `1,234.50 EUR` (en)."""
    text = f"{value:,.2f}"
    if language == "it":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text} {currency}"


def reference(document: Document, language: Language) -> str:
    """`TD01 n. 12/2026 del 2026-11-20`, or the file's name when it was not understood."""
    said = document.said
    if said is None:
        return document.file_name
    words = texts.words(language)
    text = f"{said.type} {words.number} {said.number} {words.of} {said.date}"
    if said.bodies > 1:
        text += f" (+{said.bodies - 1})"
    return text


def subject(change: Change, language: Language) -> str:
    state = texts.state(change.state, language)
    text = f"{reference(change.document, language)}: {state}"
    if change.customer_name:
        text = f"{change.customer_name} - {text}"
    # An encoded word would be decoded where the header is made, its line breaks included.
    return one_line(text).replace("=?", "= ?")[:180]


def one_line(text: str) -> str:
    """No line break or control character may reach a mail header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def lines(change: Change, language: Language) -> list[str]:
    """The body: customer, references, state, SdI's own messages (F004-060..063)."""
    words, document, said = texts.words(language), change.document, change.document.said
    found = [
        f"{words.customer}: {change.customer_name or words.issuer_unknown}"
        + (f" ({document.customer})" if document.customer else ""),
        f"{words.document}: {reference(document, language)}",
    ]
    if said is not None:
        found.append(f"{words.buyer}: {said.buyer_name} ({said.buyer})")
        found.append(f"{words.total}: {amount(said.amount, said.currency, language)}")
    found.append(f"{words.file}: {document.file_name}" + (
        f" -> {document.name}" if document.name else ""))  # fmt: skip
    found.append(f"{words.state}: {texts.state(change.state, language)}")
    if document.members:
        found.append(f"{document.documents} + {document.refusals} {words.members}")
    for extra in (texts.reason(change.reason, language), texts.flag(change.flag, language)):
        if extra:
            found.append(extra)
    if change.state in ("refused_file", "refused") and document.text:
        found.append(f"{change.reason}: {document.text}")
    if change.errors:
        found += ["", f"{words.messages}:"]
        for error in change.errors:
            found.append(f"  {error['code']}  {error['description']}")
            if error.get("suggestion"):
                found.append(f"         {words.advice}: {error['suggestion']}")
    return [one_line(line) if not line.startswith("  ") else line for line in found]


def mail(change: Change, to: str, language: Language, leg: str) -> Mail:
    """One change, one mail."""
    words = texts.words(language)
    body = "\n".join([*lines(change, language), "", "-- ", words.why, ""])
    tags = (
        ("tenant", change.tenant),
        ("document", change.document.id),
        ("version", str(change.version)),
        ("leg", leg),
    )
    return Mail(to, subject(change, language), body, tags)


def digest(tenant: str, slot: str, changes: Sequence[Change], to: str, language: Language) -> Mail:
    """Many changes, one mail."""
    words = texts.words(language)
    blocks = ["\n".join(lines(change, language)) for change in changes]
    title = f"{words.digest}: {len(changes)} {words.changes}"
    body = "\n\n".join([title, *blocks, "-- \n" + words.why]) + "\n"
    return Mail(to, title, body, (("tenant", tenant), ("digest", _slot_tag(slot))))


def _slot_tag(slot: str) -> str:
    """SES takes letters, digits, `_` and `-` in a tag's value: no colon, no dot."""
    return re.sub("[:.]", "_", slot)


def slot_of(tag: str) -> str:
    """Back from the tag: `2026-11-21T10_00_00_000Z` -> `2026-11-21T10:00:00.000Z`."""
    return re.sub(r"T(\d\d)_(\d\d)_(\d\d)_(\d{3}Z)", r"T\1:\2:\3.\4", tag)


def webhook_body(change: Change) -> dict[str, Any]:
    """What a webhook receives; `id` is stable over repetitions."""
    document, said = change.document, change.document.said
    return {
        "id": change.id,
        "type": "document.changed",
        "at": change.at,
        "document": {
            "id": document.id,
            "customer": document.customer or None,
            "file_name": document.file_name,
            "state": change.state,
            "reason": change.reason or None,
            "flag": change.flag or None,
            "version": change.version,
            "id_sdi": document.id_sdi or None,
            "name": document.name or None,
            "type": said.type if said else None,
            "number": said.number if said else None,
            "date": said.date if said else None,
            "amount": str(said.amount) if said else None,
            "currency": said.currency if said else None,
            "errors": list(change.errors),
        },
    }


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1=<hex>`: HMAC-SHA256 over `<id>.<timestamp>.<body>`; the timestamp stops replays."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
