"""What SdI says about a file, applied to its document. Source: fatturapa.md sections 9 and 10.

A message is found by the file name it speaks of (unique for ever, made by us before sending), kept
with the document and applied in one transaction; (IdSdI, type, MessageId) makes it unique. What
belongs to nobody is kept aside for the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.base import clock, dynamo, log, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.invoicing import authorities, claims, intake, names, own, paying, states, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.fatturapa import messages
from chalicelib.invoicing.fatturapa.messages import SdiMessage
from chalicelib.invoicing.signing import seal
from chalicelib.invoicing.states import Event, State, Step

# What SdI answers when it has the file of this name, or the same invoice, already.
_ECHO = frozenset({"00002", "00404"})
_TRIES = 5


@dataclass(frozen=True)
class Incoming:
    """A message as it was stored, and what it says (None with `code` when unreadable)."""

    place: Place
    message: SdiMessage | None
    code: str = ""
    seal: str = ""

    @property
    def stem(self) -> str:
        """The stem of the file that it speaks of."""
        if self.message is not None and self.message.file_name:
            return names.stem(self.message.file_name)
        parts = messages.parse_name(names.base(self.place.key))
        return parts.stem.upper() if parts else ""


def read(place: Place) -> Incoming:
    """Fetch and read one message."""
    try:
        # The attestation comes in a ZIP beside the invoice: the seal is on what is inside.
        content = messages.opened(s3.get(place))
        message = messages.read(names.base(place.key), content)
    except Rejected as refusal:
        return Incoming(place, None, refusal.code)
    return Incoming(place, message, seal=_seal(content))


def _seal(content: bytes) -> str:
    """What SdI's seal on a message is worth: only a mark, since genuine ones come without."""
    try:
        return seal.verify_sdi_seal(content, authorities.seal_trust()).state
    except Rejected:
        return "broken"  # read leniently as a message, but not the XML that was sealed


def owners(found: Iterable[Incoming]) -> dict[Place, tuple[str, str]]:
    """(tenant, document) of each message of a batch: by the name it speaks of, which is ours and
    unique; what a customer brought counts for the document he brought it for, and no other."""
    every = list(found)
    by_stem = store.owners({one.stem for one in every if one.stem})
    owned = {one.place: own.owner_of(one.place) or by_stem.get(one.stem) for one in every}
    return {place: owner for place, owner in owned.items() if owner}


def documents(found: Mapping[Place, tuple[str, str]]) -> dict[tuple[str, str], Document]:
    """The documents of those owners."""
    return store.get_many(found.values())


def apply(
    incoming: Incoming,
    owner: tuple[str, str] | None,
    known: Mapping[tuple[str, str], Document],
    wakes: Wakes,
    now: datetime,
) -> None:
    """Keep the message and let its document follow it. `known` may be stale: it is re-read."""
    message = incoming.message
    event = _event(message) if message else None
    if message is None or owner is None or event is None:
        code = incoming.code or ("sdi_message_unmatched" if message and event else "sdi_type")
        _keep_unmatched(incoming, code, now)
        return
    document = known.get(owner)
    for _ in range(_TRIES):
        document = document or store.get(*owner)
        if document is None:
            _keep_unmatched(incoming, "sdi_message_unmatched", now)
            return
        try:
            wakes.commit(_decided(owner[0], document, incoming, message, event, now))
        except ConditionFailed as failed:
            if "message" in failed.found:
                return  # the same message again
            document = None
            continue
        log.write(log.Event.SDI_MESSAGE, tenant=owner[0], id=owner[1], message_type=message.type)
        return
    raise Conflict()


def _event(message: SdiMessage) -> Event | None:
    """The message as an event; None for what is not said to a sender."""
    if message.type == "NE":
        return message.outcome or None
    return message.type if message.type in ("RC", "NS", "MC", "DT", "AT") else None


def _keep_unmatched(incoming: Incoming, code: str, now: datetime) -> None:
    try:
        dynamo.commit([store.unmatched(incoming.place, code, now)])
    except ConditionFailed:
        return
    log.write(log.Event.SDI_UNMATCHED, code=code)
    log.metric("SdiUnmatched", 1)


def _decided(
    tenant: str,
    document: Document,
    incoming: Incoming,
    message: SdiMessage,
    event: Event,
    now: datetime,
) -> list[Op]:
    kept = store.message(
        tenant,
        document.id,
        message.id_sdi,
        message.type,
        message.message_id,
        at=clock.stamp(now),
        version=document.version,
        event=event,
        file=names.base(incoming.place.key),
        place=vars(incoming.place),
        note=message.description[:1000],
        seal=incoming.seal,
        errors=_errors(message),
    )
    if incoming.stem != names.stem(document.name):
        return [kept]  # of an earlier sending, under a name that is not used any more
    if _is_echo(document, message, event):
        return [kept, *_amend_echo(tenant, document, message)]
    step = states.step(document.family, _before_echo(document, message, event), event)
    if _foreign(document, message):
        step = Step(document.state, "unexpected")
    if step.flag:
        _, ops = store.changed(
            tenant,
            document,
            now,
            "sdi",
            flag=step.flag,
            flags=(*document.flags, f"{step.flag}:{event}"),
        )
        return [kept, *ops]
    changes = _learnt(document, message, event)
    if step.state == document.state:
        late = {name: value for name, value in changes.items() if not getattr(document, name)}
        if not late:
            return [kept]
        _, ops = store.amended(tenant, document, **late)
        return [kept, *ops]
    changes |= {"state": step.state, "outcome_at": clock.stamp(now), "id_sdi": message.id_sdi}
    if document.state == "rejected":
        changes |= {"errors": (), "reason": "", "text": "", "unsure": True}
    # SdI has it, so it has left, also where our own mark of that comes later.
    gone, paid = paying.left(document, now, "sdi")
    _, ops = store.changed(tenant, document, now, "sdi", credits=gone.credits, **changes)
    ops += paid
    if document.state == "rejected":
        return [kept, *ops, *_retaken(tenant, document)]
    return [kept, *ops, *_releases(tenant, document, step)]


def _is_echo(document: Document, message: SdiMessage, event: Event) -> bool:
    """Whether an NS speaks of our own repeat of a file that SdI had taken already.

    A repeat has the same name, a later IdSdI, and is answered 00002 (or 00404): it says nothing
    about the document. A 00404 about the first copy is a true rejection.
    """
    codes = {error.code for error in message.errors}
    if event != "NS" or not codes or not codes <= _ECHO:
        return False
    if codes == {"00002"}:
        # The name is ours alone: if SdI has it, an earlier run of ours sent it. Only a document
        # that was surely sent once, and whose own id this is, met a name that others used.
        return document.state == "ready" or document.unsure or document.id_sdi != message.id_sdi
    if document.state == "ready":
        return False
    if not document.id_sdi:
        return False  # the repeat was recognised before: this is about the first copy
    if document.id_sdi == message.id_sdi:
        return document.unsure
    return not document.unsure or _order(message.id_sdi) > _order(document.id_sdi)


def _order(id_sdi: str) -> tuple[int, str]:
    """SdI numbers what it receives: shorter and smaller is earlier."""
    return len(id_sdi), id_sdi


def _before_echo(document: Document, message: SdiMessage, event: Event) -> State:
    """The state to decide from. A document counted as rejected only because its repeat was
    refused (00002, 00404) is `sent` again when its first copy turns out to have arrived."""
    codes = {error["code"] for error in document.errors}
    refused_repeat = document.state == "rejected" and codes and codes <= _ECHO
    if refused_repeat and event != "NS" and document.id_sdi != message.id_sdi:
        return "sent"
    return document.state


def _amend_echo(tenant: str, document: Document, message: SdiMessage) -> list[Op]:
    """The id of a repeat that SdI recognised is not the document's: the first one is."""
    if document.state == "ready":
        return store.amended(tenant, document, unsure=True)[1]
    if document.state != "sent" or document.id_sdi != message.id_sdi:
        return []
    flags = (*document.flags, "resend_recognised")
    _, ops = store.amended(tenant, document, id_sdi="", flags=flags)
    return ops


def _foreign(document: Document, message: SdiMessage) -> bool:
    """Another IdSdI than the one we were given, and no doubt about how often we sent."""
    known = document.id_sdi
    if not known or known == message.id_sdi or document.unsure:
        return False
    return document.state != "rejected"


def _errors(message: SdiMessage) -> list[dict[str, str]]:
    return [
        {"code": one.code, "description": one.description, "suggestion": one.suggestion}
        for one in message.errors
    ]


def _learnt(document: Document, message: SdiMessage, event: Event) -> dict[str, Any]:
    """What a message tells beside the state."""
    if event == "RC":
        return {"delivered_at": message.delivered_at}
    if event == "MC":
        return {"available_on": message.available_on} if document.family == "private" else {}
    if event == "NS":
        errors = tuple(_errors(message))
        first = errors[0] if errors else {"code": "", "description": ""}
        return {"errors": errors, "reason": first["code"], "text": first["description"]}
    if event == "EC02":
        return {"reason": "EC02", "text": message.description}
    return {}


def _releases(tenant: str, document: Document, step: Step) -> list[Op]:
    """Not issued: the number, the name and the bytes may come again."""
    if step.state not in states.RELEASING:
        return []
    taken = store.claims_of(tenant, document.id)
    inside, outside = taken[: intake.CLAIMS_INSIDE], taken[intake.CLAIMS_INSIDE :]
    intake.give_back(outside, document.id)
    return [claims.release(claim, document.id) for claim in inside]


def _retaken(tenant: str, document: Document) -> list[Op]:
    """It was issued after all: take back what is still free of its number, name and bytes."""
    given_back = store.claims_of(tenant, document.id)[: intake.CLAIMS_INSIDE]
    there = dynamo.batch_get(claim.key for claim in given_back)
    return [
        claims.take(claim, document.id)
        for claim in given_back
        if there.get(claim.key, {}).get("document") == document.id
    ]
