"""Items of the invoicing domain.

pk T#<t>#D#<id>  sk DOC               the document (indexes list, customer, state)
                 sk CLAIMS            keys of the claims it took
                 sk H#<version>       one change: what is told, and the timeline
                 sk M#<id>#<type>#<m> one message of SdI
                 sk W#<queue>#<name>  work (base/work.py)
                 sk A#<request>       what a decision was answered, for its repeat
pk T#_house#NAME#<STEM>  sk NAME      whose file has this name at SdI
pk T#_house#COUNTER      sk <transmitter>
pk T#_house#UNMATCHED    sk <place>   a message of SdI for nobody's file
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.dynamo import NEW, Condition, Item, Key, Op, Put
from chalicelib.base.s3 import Place
from chalicelib.base.work import Work
from chalicelib.credits.hold import Hold
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.document import Document, Said

TELL = "tell"


def partition(tenant: str, document: str) -> str:
    return keys.pk(tenant, "D", document)


def key(tenant: str, document: str) -> Key:
    return partition(tenant, document), "DOC"


def list_partition(tenant: str) -> str:
    return keys.pk(tenant, "ALL")


def customer_partition(tenant: str, customer: str) -> str:
    return keys.pk(tenant, "OF", customer)


def state_partition(tenant: str, state: str) -> str:
    return keys.pk(tenant, "IN", state)


def _values(document: Document) -> Item:
    """The fields that say something; `read` knows what the others are."""
    values: Item = {
        name: value
        for name, value in dataclasses.asdict(document).items()
        if value not in ("", None, (), 0, False)
    }
    values["version"] = document.version
    return values


def _item(tenant: str, document: Document) -> Item:
    item = _values(document)
    pk, sk = key(tenant, document.id)
    item |= {
        "pk": pk,
        "sk": sk,
        "list_pk": list_partition(tenant),
        "list_sk": f"{document.received_at}#{document.id}",
        "state_pk": state_partition(tenant, document.state),
    }
    if document.customer:
        item["customer_pk"] = customer_partition(tenant, document.customer)
    return item


_CENT = Decimal("0.01")
_FIELDS = {field.name: field for field in dataclasses.fields(Document)}
_SAID = {field.name for field in dataclasses.fields(Said)}


def _place(value: Any) -> Place | None:
    return Place(**value) if value else None


def _money(value: Any) -> Decimal:
    """With its cents: the table forgets zeros at the end of a number."""
    found = Decimal(value)
    exponent = found.as_tuple().exponent
    return found if isinstance(exponent, int) and exponent < -2 else found.quantize(_CENT)


def read(item: Item) -> Document:
    """Back from the item."""
    known: dict[str, Any] = {"size": 0, "sha256": ""}
    known |= {name: item[name] for name in _FIELDS if name in item}
    for name in ("raw", "unsigned", "signed"):
        known[name] = _place(known.get(name))
    for name in ("warnings", "errors", "flags"):
        known[name] = tuple(known.get(name, ()))
    known["credits"] = tuple(Hold(**one) for one in known.get("credits", ()))
    if known.get("said"):
        values = {name: known["said"][name] for name in _SAID}
        for name in ("amount", "taxable", "tax"):
            values[name] = _money(values[name])
        values["lot"] = tuple(one | {"amount": _money(one["amount"])} for one in values["lot"])
        values["attachments"] = tuple(values["attachments"])
        known["said"] = Said(**values)
    return Document(**known)


def get(tenant: str, document: str) -> Document | None:
    item = dynamo.get(key(tenant, document))
    return read(item) if item else None


def get_many(found: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Document]:
    """Documents by (tenant, id), in one read for each hundred."""
    wanted = {key(tenant, document): (tenant, document) for tenant, document in found}
    items = dynamo.batch_get(wanted)
    return {wanted[one]: read(item) for one, item in items.items()}


def born(tenant: str, document: Document, now: datetime, by: str, *, told: bool = True) -> list[Op]:
    """The operations of a new document."""
    assert document.version == 1
    return _written(tenant, document, now, by, NEW, told=told)


def changed(
    tenant: str,
    old: Document,
    now: datetime,
    by: str,
    *,
    flag: str = "",
    told: bool = True,
    **changes: Any,
) -> tuple[Document, list[Op]]:
    """One change of state: the next version of the item, its history row, the work to tell it."""
    new = dataclasses.replace(old, version=old.version + 1, **changes)
    when: Condition = ({"version": old.version},)
    return new, _written(tenant, new, now, by, when, told=told, flag=flag)


def amended(tenant: str, old: Document, **changes: Any) -> tuple[Document, list[Op]]:
    """More is known but the state is the same: no history row, nobody is told."""
    new = dataclasses.replace(old, version=old.version + 1, **changes)
    put = Put(_item(tenant, new), when=({"version": old.version},), label="document")
    return new, [put]


def _written(
    tenant: str,
    document: Document,
    now: datetime,
    by: str,
    when: Condition,
    *,
    told: bool,
    flag: str = "",
) -> list[Op]:
    pk = partition(tenant, document.id)
    number = f"{document.version:06d}"
    ops: list[Op] = [
        Put(_item(tenant, document), when=when, label="document"),
        Put(
            {
                "pk": pk,
                "sk": keys.sk("H", number),
                "at": clock.stamp(now),
                "state": document.state,
                "reason": document.reason,
                "first": document.first,
                "flag": flag,
                "by": by,
                "name": document.name,
                "errors": list(document.errors) if document.state == "rejected" else [],
            },
            when=NEW,
            label="history",
        ),
    ]
    if told:
        ops.append(work.row(TELL, pk, number, now, document=document.id))
    return ops


def answer(tenant: str, decided: Document, name: str, request: str, now: datetime) -> Put:
    """The document as a decision left it, under the name of the request that asked for it."""
    item = {
        "pk": partition(tenant, decided.id),
        "sk": keys.sk("A", name),
        "request": request,
        "document": _values(decided),
        "expires": int(now.timestamp()) + limits.ANSWER_DAYS * 86_400,
    }
    return Put(item, when=NEW, label="answer")


def get_answer(tenant: str, document: str, name: str) -> tuple[str, Document] | None:
    """(what was asked, the document as it was answered)."""
    item = dynamo.get((partition(tenant, document), keys.sk("A", name)))
    return (item["request"], read(item["document"])) if item else None


def claims_item(tenant: str, document: str, claims: Sequence[Claim]) -> Put:
    """What a document took, so that it can be given back."""
    item = {
        "pk": partition(tenant, document),
        "sk": "CLAIMS",
        "claims": [[one.kind, *one.key, dict(one.says)] for one in claims],
    }
    return Put(item, when=dynamo.ANY, label="claims")


def claims_of(tenant: str, document: str) -> list[Claim]:
    item = dynamo.get((partition(tenant, document), "CLAIMS"))
    return [
        Claim(kind, (pk, sk), tuple(says.items()))
        for kind, pk, sk, says in (item or {}).get("claims", [])
    ]


def load(jobs: Iterable[Work]) -> dict[tuple[str, str], Document]:
    """The documents that rows of work are about."""
    return get_many((job.tenant, job.item["document"]) for job in jobs)


def history_rows(found: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str, int], Item]:
    """History rows by (tenant, document, version), in one read for each hundred."""
    wanted = {
        (partition(tenant, document), keys.sk("H", f"{version:06d}")): (tenant, document, version)
        for tenant, document, version in found
    }
    return {wanted[one]: item for one, item in dynamo.batch_get(wanted).items()}


def history(tenant: str, document: str) -> list[Item]:
    """Changes in order."""
    return list(dynamo.query(partition(tenant, document), prefix="H#"))


def messages(tenant: str, document: str) -> list[Item]:
    """SdI's messages in order of identifier."""
    return list(dynamo.query(partition(tenant, document), prefix="M#"))


def message(
    tenant: str, document: str, id_sdi: str, kind: str, message_id: str, **fields: Any
) -> Put:
    """(IdSdI, type, MessageId) is unique: the same message again fails on label `message`.

    Among the fields, `version` is the one that the document had when the message came.
    """
    item = {
        **fields,
        "pk": partition(tenant, document),
        "sk": keys.sk("M", id_sdi, kind, message_id),
        "type": kind,
        "id_sdi": id_sdi,
        "message_id": message_id,
    }
    return Put(item, when=NEW, label="message")


def _name_key(stem: str) -> Key:
    return keys.pk(keys.HOUSE, "NAME", stem.upper()), "NAME"


def name(tenant: str, document: str, stem: str, attempt: int) -> Put:
    """The name is this document's for ever."""
    pk, sk = _name_key(stem)
    item = {"pk": pk, "sk": sk, "tenant": tenant, "document": document, "attempt": attempt}
    return Put(item, when=NEW, label="name")


def own_name(tenant: str, document: str, stem: str) -> Put:
    """A name under which a customer sent a document himself: unique among his reseller's, and
    apart from the house's own, which nobody may take away."""
    pk = keys.pk(tenant, "NAME", stem.upper())
    return Put({"pk": pk, "sk": "NAME", "document": document}, when=NEW, label="name")


def owners(stems: Iterable[str]) -> dict[str, tuple[str, str]]:
    """(tenant, document) of each known stem."""
    wanted = {_name_key(stem): stem.upper() for stem in stems}
    return {
        wanted[found]: (item["tenant"], item["document"])
        for found, item in dynamo.batch_get(wanted).items()
    }


def take_names(transmitter: str, count: int) -> int:
    """First of `count` numbers for outgoing names."""
    return dynamo.take_number((keys.pk(keys.HOUSE, "COUNTER"), keys.sk("NAME", transmitter)), count)


def slot_key(tenant: str, document: str) -> Key:
    return partition(tenant, document), "SLOT"


def slot(tenant: str, document: str, **fields: Any) -> Put:
    """What was said about a file before it is uploaded, or with a request that hands it in."""
    pk, sk = slot_key(tenant, document)
    return Put({**fields, "pk": pk, "sk": sk}, when=NEW, label="slot")


def get_slot(tenant: str, document: str) -> Item | None:
    return dynamo.get(slot_key(tenant, document))


def unmatched(place: Place, code: str, now: datetime, **fields: Any) -> Put:
    """Something that reached us and belongs to nobody: kept, counted, shown to the operator."""
    item = {
        **fields,
        "pk": keys.pk(keys.HOUSE, "UNMATCHED"),
        "sk": keys.sk(place.bucket, place.key, place.version),
        "code": code,
        "at": clock.stamp(now),
    }
    return Put(item, when=NEW, label="unmatched")


def list_unmatched(limit: int = 100) -> list[Item]:
    return list(dynamo.query(keys.pk(keys.HOUSE, "UNMATCHED"), limit=limit))


def listed(
    index: str,
    partition_key: str,
    low: str,
    high: str,
    page: int,
) -> Iterator[Document]:
    """Documents of an index, newest first, between two positions (`<received_at>#<id>`)."""
    found = dynamo.query(
        partition_key, index=index, between=(low, high), descending=True, page=page
    )
    return (read(item) for item in found)


def customers_in(tenant: str, state: str) -> Iterator[str]:
    """The customer ("" unknown) of each document in a state, newest first; read as asked for."""
    found = dynamo.query(state_partition(tenant, state), index="state", descending=True)
    return (str(item.get("customer", "")) for item in found)


def numbers(tenant: str, issuer: str, year: str) -> list[Item]:
    """Every number that an issuer used in a year, with its document."""
    from chalicelib.invoicing import claims

    return list(dynamo.query(claims.numbers_pk(tenant, issuer, year)))


def claimed(tenant: str, wanted: Iterable[Key]) -> dict[Key, list[Item]]:
    """By the key of a number (`claims.number_key`) every claim on it, also those that stand
    beside another's; numbers that nobody ever claimed are left out."""
    from chalicelib.invoicing import claims

    there = dynamo.batch_get(wanted)
    assert all(keys.tenant_of(pk) == tenant for pk, _ in there)
    found = {one: [item] for one, item in there.items()}
    by_escaped = {(pk, keys.escape(sk)): (pk, sk) for pk, sk in found}
    # Sent on purpose beside another's: few, and together in the partition of issuer and year.
    for pk, kind in sorted({(pk, sk.partition("#")[0]) for pk, sk in found}):
        for item in dynamo.query(pk, prefix=claims.beside_prefix(kind)):
            one = by_escaped.get((pk, claims.besides_which(item["sk"])))
            if one:
                found[one].append(item)
    return found
