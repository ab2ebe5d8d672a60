"""What only one document of a reseller may have: its bytes, its file name, its fiscal key.

A claim is an item taken in the same transaction as the document, so uniqueness holds also for
files that arrive together. Source: fatturapa.md section 8.

    pk T#<t>#BYTES#<sha256>              sk CLAIM
    pk T#<t>#FILE#<customer or *>#<stem> sk CLAIM
    pk T#<t>#NUMBERS#<issuer>#<year>     sk <I|C>#<numero>[#<date>]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.base import keys
from chalicelib.base.dynamo import ABSENT, Condition, Item, Key, Put, Update
from chalicelib.invoicing import names
from chalicelib.invoicing.model import Body, Invoice

Kind = Literal["bytes", "name", "number"]


@dataclass(frozen=True)
class Claim:
    """One claim and what its item holds beside the owner."""

    kind: Kind
    key: Key
    says: tuple[tuple[str, Any], ...] = ()

    @property
    def label(self) -> str:
        return f"claim:{self.kind}:{self.key[1]}"


def numbers_pk(tenant: str, issuer: str, year: str) -> str:
    """Partition of one issuer's numbers in a year; the numbering report reads it whole."""
    return keys.pk(tenant, "NUMBERS", issuer.upper(), year)


def number_key(tenant: str, issuer: str, kind: str, number: str, year: str, day: str = "") -> Key:
    """Where a fiscal key is claimed. `kind` C or I; `day` (ISO) only under Art73, where numbers
    may repeat within a year."""
    return numbers_pk(tenant, issuer, year), keys.sk(kind, number, *([day] if day else []))


def _number_of(tenant: str, invoice: Invoice, body: Body) -> Key:
    issuer = invoice.issuer_of(body).fiscal_id
    day = body.date if body.art73 else ""
    return number_key(tenant, issuer, body.kind, body.number, body.year, day)


def of(
    tenant: str, customer: str, file_name: str, sha256: str, invoice: Invoice | None
) -> list[Claim]:
    """Every claim of a file. A name of SdI's form is unique for ever and for everybody; any
    other name only for its customer. A lot that repeats a number inside itself claims it once."""
    name = names.base(file_name)
    owner = "*" if names.is_sdi(name) else customer or "-"
    found = [
        Claim("bytes", (keys.pk(tenant, "BYTES", sha256), "CLAIM")),
        Claim("name", (keys.pk(tenant, "FILE", owner, names.stem(name)), "CLAIM")),
    ]
    seen: set[Key] = set()
    for body in invoice.bodies if invoice else ():
        assert invoice is not None
        key = _number_of(tenant, invoice, body)
        if key not in seen:
            seen.add(key)
            says = (("number", body.number), ("date", body.date), ("type", body.type))
            found.append(Claim("number", key, says))
    return found


def take(claim: Claim, document: str) -> Put:
    """Take it if it is free, given back, or ours already (a repeated event)."""
    free: Condition = ({"pk": ABSENT}, {"released": True}, {"document": document})
    return Put(_item(claim, document), when=free, label=claim.label)


def beside(claim: Claim, document: str) -> Claim:
    """The place next to a claim that is another's, for a document sent all the same."""
    pk, sk = claim.key
    return Claim(claim.kind, (pk, keys.sk(sk, "also", document)), claim.says)


def beside_prefix(kind: str) -> str:
    """What the sort keys of the places beside claims of a kind begin with."""
    return keys.escape(keys.sk(kind, ""))


def besides_which(sk: str) -> str:
    """The sort key of the claim that such a place is beside, as it is escaped in it."""
    return sk.partition("#also#")[0]


def release(claim: Claim, document: str) -> Update:
    """Give it back; the row stays, for the numbering report."""
    return Update(
        claim.key, put={"released": True}, when=({"document": document},), label=claim.label
    )


def _item(claim: Claim, document: str) -> Item:
    return {
        "pk": claim.key[0],
        "sk": claim.key[1],
        "document": document,
        "released": False,
        **dict(claim.says),
    }


def clash(found: dict[str, Item | None]) -> tuple[Kind, str] | None:
    """Which claim stood in the way, and whose it is: bytes before number before name."""
    order: Iterable[Kind] = ("bytes", "number", "name")
    for kind in order:
        for label, item in sorted(found.items()):
            if label.startswith(f"claim:{kind}:") and item:
                return kind, str(item["document"])
    return None
