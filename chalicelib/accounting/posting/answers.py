"""The treasurer's messages: handed in or dropped, judged, and told to the orders they speak of.

    treasury/<tenant>/…/<file>             where the treasurer, or who fetches for him, drops them

A message is kept as it came and read by a row. What his signature is worth is decided first: where
the body has loaded his certificates, a message that he did not sign changes no order; where it has
not, its outcomes are taken and marked as not verified. A certificate of an authority that the
operator believes is asked about: one that was revoked when the message came makes it none of his,
and while nobody answers the message waits, without changing an order, and its row asks again. An
outcome is known by what it says, so that the same one in another message, or once more, is the
same.

T#<tenant>#OPI#MESSAGE#<id>   MESSAGE              a message; in the list of all
T#<tenant>#OPI                BYTES#<sha256>       the message that brought these bytes first
T#<tenant>#ORDER#<id>         OUTCOME#<at>#<id>    what the treasurer said of an order
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from chalicelib.accounting.posting import authenticity, outcomes, store, treasury
from chalicelib.accounting.posting.authenticity import Proved, Signature, Verdict
from chalicelib.accounting.posting.outcomes import Fault, Outcome
from chalicelib.accounting.posting.store import Kept
from chalicelib.accounting.regrouping import QUEUE
from chalicelib.base import clock, config, dynamo, ids, keys, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Op, Put
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.invoicing import authorities
from chalicelib.payments import bodies

Carrier = Literal["upload", "drop"]
MessageState = Literal["reading", "asking", "kept", "repeated", "refused"]
UNKNOWN: Final = "order_unknown"
UNANSWERED: Final = "outcome_revocation_unanswered"
_TRIES: Final = 5


@dataclass(frozen=True)
class Unknown:
    """An outcome of an order that is none of the body's."""

    order: str
    flow: str
    word: str
    at: str
    code: str = UNKNOWN


@dataclass(frozen=True)
class Message:
    """A message of the treasurer. `place`: where its bytes are. `code`: why it was refused, or why
    it is `asking` yet. `signature` "" until it is judged, `signer` the SHA-256 of the certificate
    that signed it; `revocation`: `good` where it was asked about, `unasked` where nobody can be.
    `orders` were told of; `unknown_total` outcomes are of none of ours, the first of which are
    `unknown`. `same_as`: the message that brought the same bytes before."""

    id: str
    carrier: Carrier
    file_name: str
    received_at: str
    place: tuple[str, str, str]
    state: MessageState = "reading"
    code: str = ""
    signature: Signature | Literal[""] = ""
    signer: str = ""
    revocation: Literal["", "good", "unasked"] = ""
    outcomes: int = 0
    orders: int = 0
    unknown_total: int = 0
    unknown: tuple[Unknown, ...] = ()
    same_as: str = ""
    tries: int = 1


# ------------------------------------------------------------------ handed over
def hand_in(
    tenant: str, file_name: str, data: bytes, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Message:
    """A message by the API; the same bytes again are the same message. One that was refused is
    judged again, for the body may have loaded a certificate meanwhile. Rejected `xml_empty`."""
    bodies.get(tenant)
    if not data.strip():
        raise Rejected("xml_empty", "Send the message.")
    sha = ids.sha256(data)
    place = config.get("DOCUMENTS_BUCKET"), f"{tenant}/opi/messages/{sha}", ""
    s3.put(Place(*place), data, "application/octet-stream")
    name = ids.derive("opi_message", sha)
    message = Message(
        name, "upload", file_name[: limits.FILE_NAME_CHARS], clock.stamp(now), place
    )  # fmt: skip
    return _plan(tenant, message, now, wakes, also)


def dropped(tenant: str, place: Place, now: datetime, wakes: Wakes) -> Message:
    """An object that somebody put under treasury/<tenant>/; it stays where it is. NotFound."""
    bodies.get(tenant)
    message = Message(
        ids.derive("drop", place.bucket, place.key, place.version), "drop",
        place.key.rsplit("/", 1)[-1][: limits.FILE_NAME_CHARS], clock.stamp(now),
        (place.bucket, place.key, place.version),
    )  # fmt: skip
    return _plan(tenant, message, now, wakes, ())


def _plan(
    tenant: str, message: Message, now: datetime, wakes: Wakes, also: Sequence[Op]
) -> Message:
    try:
        wakes.commit([_put(tenant, message), _row(tenant, message, now), *also])
    except ConditionFailed:
        known = get(tenant, message.id)
    else:
        return message
    if known.state != "refused" or message.carrier == "drop":
        return known
    again = replace(message, tries=known.tries + 1)
    same = ({"state": "refused", "tries": known.tries},)
    try:
        wakes.commit([_put(tenant, again, same), _row(tenant, again, now), *also])
    except ConditionFailed:
        return get(tenant, message.id)
    return again


def _row(tenant: str, message: Message, now: datetime) -> Put:
    partition = key_of(tenant, message.id)[0]
    return work.row(QUEUE, partition, f"read-{message.tries}", now, task="opi_message",
                    message=message.id)  # fmt: skip


# ------------------------------------------------------------------ read
def read(job: Work, wakes: Wakes, now: datetime, _: Callable[[], int]) -> None:
    """Judge a message and tell the orders what it says of them."""
    tenant = job.tenant
    message = get(tenant, str(job.item["message"]))
    if message.state not in ("reading", "asking"):
        dynamo.commit([job.done()])
        return
    place = Place(*message.place)
    try:
        data = _bytes(place)
        verdict = authenticity.judge(
            data, treasury.trusted(tenant), clock.parse(message.received_at)
        )
        said = outcomes.read(verdict.content)
        if said.creditor != bodies.get(tenant).fiscal_code:
            raise Rejected("outcome_other_body", "The message is for another body.")
        verdict, revocation = _asked(verdict, clock.parse(message.received_at))
        if revocation == "unknown":
            _ask_again(job, message, verdict.signer, now)
            return
    except (Rejected, NotFound) as refused:
        _end(job, replace(message, state="refused", code=refused.code))
        return
    found = [replace(one, verified=verdict.signature == "verified") for one in said.outcomes]
    known = store.get_orders(tenant, {one.order for one in found})
    told = [one for one in found if one.order in known]
    for start in range(0, len(told), limits.OPI_OUTCOMES_AT_ONCE):
        _keep(tenant, told[start : start + limits.OPI_OUTCOMES_AT_ONCE])
    unknown = [
        Unknown(one.order, one.flow, one.word, one.at) for one in found if one.order not in known
    ]
    done = replace(
        message, state="kept", code="", signature=verdict.signature, signer=verdict.signer,
        revocation=revocation, outcomes=len(found), orders=len({one.order for one in told}),
        unknown_total=len(unknown),
        unknown=tuple(unknown[: limits.OPI_UNKNOWN_SHOWN]),
    )  # fmt: skip
    _end(job, done, ids.sha256(data))


def _asked(
    verdict: Verdict, at: datetime
) -> tuple[Verdict, Literal["", "good", "unasked", "unknown"]]:
    """The verdict by the first of its signers that was not revoked when the message came.

    Rejected `outcome_certificate_revoked` where all were.
    """
    open_: Proved | None = None
    for one in verdict.proved:
        said = authorities.revocation(one.certificate, one.others, at)
        if said in ("good", "unasked"):
            return replace(verdict, signer=one.sha256), said
        open_ = open_ or (one if said == "unknown" else None)
    if open_ is not None:
        return replace(verdict, signer=open_.sha256), "unknown"
    if verdict.proved:
        raise Rejected("outcome_certificate_revoked", "The certificate that signed it was revoked.")
    return verdict, ""


def _ask_again(job: Work, message: Message, signer: str, now: datetime) -> None:
    """Leave the message as not verified yet, and its row for the sweeper; in the end it is refused,
    and whoever hands it in again has it asked anew."""
    since = clock.parse(message.received_at)
    waits = replace(
        message, state="asking", code=UNANSWERED, signature="not_verified", signer=signer
    )
    if now - since > timedelta(seconds=limits.OPI_REVOCATION_FOR_S):
        _end(job, replace(waits, state="refused"))
        return
    at = now + timedelta(seconds=limits.OPI_REVOCATION_EVERY_S)
    dynamo.commit([_put(job.tenant, waits, _open(message)), work.again(job, now, at)])


def _open(message: Message) -> dynamo.Condition:
    return tuple({"state": state, "tries": message.tries} for state in ("reading", "asking"))


def _bytes(place: Place) -> bytes:
    there = s3.find(place)
    if there is None:
        raise NotFound("object")
    if there[1] > limits.OPI_OUTCOME_BYTES:
        raise Rejected("document_too_large", "The file is larger than any message may be.")
    return s3.get(place)


def _end(job: Work, message: Message, sha: str = "") -> None:
    tenant = job.tenant
    when = _open(message)
    ops: list[Op] = [_put(tenant, message, when), job.done()]
    if not sha:
        dynamo.commit(ops)
        return
    first = keys.pk(tenant, "OPI"), keys.sk("BYTES", sha)
    item = {"pk": first[0], "sk": first[1], "message": message.id}
    mine: dynamo.Condition = (*dynamo.NEW, {"message": message.id})
    try:
        dynamo.commit([Put(item, when=mine, label="bytes"), *ops])
    except ConditionFailed as failed:
        other = failed.found.get("bytes")
        if other is None:
            raise
        again = replace(message, state="repeated", same_as=other["message"])
        dynamo.commit([_put(tenant, again, when), job.done()])


def _keep(tenant: str, told: Sequence[Outcome]) -> None:
    rows = {_outcome_key(tenant, one): one for one in told}
    for _ in range(_TRIES):
        orders = store.get_orders(tenant, {one.order for one in told})
        there = dynamo.batch_get(rows)
        ops: dict[Any, Op] = {}
        # The latest word counts, in whatever order messages come.
        for key, one in sorted(rows.items(), key=lambda row: outcomes.instant(row[1].at)):
            if key not in there or (one.verified and not there[key]["verified"]):
                ops[key] = _outcome_item(tenant, one)
            kept, standing = orders[one.order], one.standing()
            old = kept.order.treasury
            if old is None or (old.instant, old.word, old.verified) < (
                standing.instant, standing.word, standing.verified
            ):  # fmt: skip
                new = Kept(replace(kept.order, treasury=standing), kept.together)
                orders[one.order] = new
                version = kept.order.version + 1
                put = store.put_order(tenant, replace(new.order, version=version), new.together)
                ops[put.key] = put
        try:
            if ops:
                dynamo.commit(list(ops.values()))
        except ConditionFailed:
            continue
        return
    raise Conflict()


def _outcome_key(tenant: str, one: Outcome) -> Key:
    name = ids.derive("outcome", repr(one.said))
    return store.order_key(tenant, one.order)[0], keys.sk("OUTCOME", outcomes.instant(one.at), name)


def _outcome_item(tenant: str, one: Outcome) -> Put:
    pk, sk = _outcome_key(tenant, one)
    faults = [asdict(fault) for fault in one.faults]
    return Put(
        asdict(one) | {"pk": pk, "sk": sk, "faults": faults}, when=dynamo.ANY, label=f"outcome:{sk}"
    )


# ------------------------------------------------------------------ shown
def outcomes_of(tenant: str, order: str) -> list[Outcome]:
    """What the treasurer said of an order, oldest first."""
    partition = store.order_key(tenant, order)[0]
    return [_read_outcome(item) for item in dynamo.query(partition, prefix=keys.sk("OUTCOME", ""))]


def _read_outcome(item: Mapping[str, Any]) -> Outcome:
    values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Outcome(**values | {"faults": tuple(Fault(**one) for one in item["faults"])})


def key_of(tenant: str, message: str) -> Key:
    return keys.pk(tenant, "OPI", "MESSAGE", message), "MESSAGE"


def get(tenant: str, message: str) -> Message:
    """NotFound."""
    item = dynamo.get(key_of(tenant, message))
    if item is None:
        raise NotFound("message")
    return _read(item)


def list_messages(tenant: str) -> list[Message]:
    """The newest first."""
    found = dynamo.query(
        keys.pk(tenant, "OPI", "MESSAGES"), index="list", descending=True,
        limit=limits.PAGE_ITEMS_MAX,
    )  # fmt: skip
    return [_read(item) for item in found]


def _put(tenant: str, message: Message, when: dynamo.Condition = dynamo.NEW) -> Put:
    pk, sk = key_of(tenant, message.id)
    item: Item = asdict(message) | {
        "pk": pk,
        "sk": sk,
        "place": list(message.place),
        "unknown": [asdict(one) for one in message.unknown],
        "list_pk": keys.pk(tenant, "OPI", "MESSAGES"),
        "list_sk": keys.sk(message.received_at, message.id),
    }
    return Put(item, when=when, label="message")


def _read(item: Item) -> Message:
    found = {name: item[name] for name in Message.__dataclass_fields__ if name in item}
    unknown = tuple(Unknown(**one) for one in item["unknown"])
    bucket, key, version = item["place"]
    return Message(**found | {"unknown": unknown, "place": (bucket, key, version)})
