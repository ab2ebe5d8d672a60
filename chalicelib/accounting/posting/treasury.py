"""Flows of orders for the treasurer: what is told, in which file, and by whose signature.

A flow takes the journal from where the last one of its year ended: what was posted since is
INSERIMENTO, what was taken back is ANNULLO, and what was posted and taken back in between never
reaches him. So each order is told once, whoever asks how often.

T#<tenant>#POSTING      TREASURER          how both are known in SIOPE+
T#<tenant>#POSTING      SIGNERS            the certificates by which he signs what he answers
T#<tenant>#POSTING      OPI#<year>         the last flow of a year and where in the journal it ended
T#<tenant>#OPI          <year>#<number>    a flow

A flow is signed by the key that the operator has bound to the body (`invoicing.mandates`), by a row
of the queue that alone may sign. Without one the file stays as it is, for whoever binds the body to
sign it himself; the house's own key is never used, for it binds no body.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from chalicelib.accounting.posting import opi, store
from chalicelib.accounting.posting.model import Draft, Order, Setting
from chalicelib.accounting.posting.opi import Operation, Payer, Treasurer
from chalicelib.accounting.posting.store import Kept
from chalicelib.base import clock, config, dynamo, fields, ids, keys, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.invoicing import mandates
from chalicelib.payments import bodies
from chalicelib.payments.dues import store as due_store

if TYPE_CHECKING:
    from chalicelib.invoicing.signing.bundle import Described

SignatureState = Literal["none", "waiting", "signed"]
# The worker of this queue alone may use keys for signing.
SIGNING_QUEUE: Final = "send"
_TRIES: Final = 5


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


# ------------------------------------------------------------------ the setting
def get_treasurer(tenant: str) -> Treasurer:
    """NotFound before it is said."""
    item = dynamo.get((keys.pk(tenant, "POSTING"), "TREASURER"))
    if item is None:
        raise NotFound("treasurer")
    return Treasurer(**{name: value for name, value in item.items() if name not in ("pk", "sk")})


def save_treasurer(tenant: str, wanted: Treasurer, also: Sequence[Op] = ()) -> Treasurer:
    """On the version that was read (0: for the first time). Conflict."""
    bodies.get(tenant)
    version = wanted.version + 1
    item = asdict(wanted) | {
        "pk": keys.pk(tenant, "POSTING"), "sk": "TREASURER", "version": version,
    }  # fmt: skip
    try:
        dynamo.commit([Put(item, when=_same(wanted.version), label="treasurer"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(wanted, version=version)


# ------------------------------------------------------------------ by whom he signs
@dataclass(frozen=True)
class Trusted:
    """The certificates of whoever signs the treasurer's answers, PEM; `version` 0 before any."""

    certificates: tuple[str, ...] = field(default=(), repr=False)
    version: int = 0

    def described(self) -> list[Described]:
        from chalicelib.invoicing.signing import bundle

        return [bundle.describe(one.encode()) for one in self.certificates]


def get_trusted(tenant: str) -> Trusted:
    item = dynamo.get((keys.pk(tenant, "POSTING"), "SIGNERS"))
    if item is None:
        return Trusted()
    # A certificate names a person, and often his codice fiscale.
    text = fields.unseal(tenant, "treasurer", "SIGNERS", "certificates", item["sealed"])
    return Trusted(tuple(json.loads(text)), item["version"])


def trusted(tenant: str) -> frozenset[str]:
    """The SHA-256 of the certificates that a body has loaded."""
    item = dynamo.get((keys.pk(tenant, "POSTING"), "SIGNERS"))
    return frozenset(item["fingerprints"] if item else ())


def save_trusted(
    tenant: str, pem: str, version: int, now: datetime, also: Sequence[Op] = ()
) -> Trusted:
    """Whose signature counts, from now on and all at once; "" is nobody's. On the version that was
    read (0: for the first time). Conflict; Rejected as `bundle.signers`."""
    from chalicelib.invoicing.signing import bundle

    bodies.get(tenant)
    found = bundle.signers(pem.encode(), now) if pem.strip() else []
    certificates = [bundle.written([one]).decode() for one in found]
    sealed = fields.seal(
        tenant, "treasurer", "SIGNERS", "certificates", json.dumps(certificates)
    )  # fmt: skip
    item: Item = {
        "pk": keys.pk(tenant, "POSTING"), "sk": "SIGNERS", "version": version + 1,
        "fingerprints": [bundle.fingerprint(one) for one in found], "sealed": sealed,
    }  # fmt: skip
    try:
        dynamo.commit([Put(item, when=_same(version), label="signers"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return Trusted(tuple(certificates), version + 1)


# ------------------------------------------------------------------ flows
@dataclass(frozen=True)
class Flow:
    """A flow: `id` is what the treasurer knows it by, `orders` what it asks of each.

    `signature`: `none` where nobody signs for the body; while it is `waiting`, `signature_code`
    says why it did not work, "" so far. `key` and `signed_key`: where the files are."""

    id: str
    year: int
    number: int
    created_at: str
    cents: int
    orders: tuple[tuple[Operation, str], ...]
    key: str
    signature: SignatureState = "none"
    signature_code: str = ""
    signed_key: str = ""
    signed_at: str = ""
    asked: int = 0


def flow_key(tenant: str, year: int, number: int) -> Key:
    return keys.pk(tenant, "OPI"), keys.sk(str(year), f"{number:07d}")


def _flow_item(tenant: str, flow: Flow) -> Put:
    pk, sk = flow_key(tenant, flow.year, flow.number)
    orders = [list(one) for one in flow.orders]
    return Put(asdict(flow) | {"pk": pk, "sk": sk, "orders": orders}, label="flow")


def _read_flow(item: Item) -> Flow:
    values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Flow(**values | {"orders": tuple((op, order) for op, order in item["orders"])})


def list_flows(tenant: str, year: int) -> list[Flow]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "OPI"), prefix=keys.sk(str(year), ""), descending=True,
                         limit=limits.PAGE_ITEMS_MAX)  # fmt: skip
    return [_read_flow(item) for item in found]


def get_flow(tenant: str, year: int, number: int) -> Flow:
    """NotFound."""
    item = dynamo.get(flow_key(tenant, year, number))
    if item is None:
        raise NotFound("flow")
    return _read_flow(item)


def link(tenant: str, year: int, number: int) -> tuple[str, str, Flow]:
    """A link to the flow's file, its name, and the flow, which says whether it is signed.
    NotFound."""
    flow = get_flow(tenant, year, number)
    name = f"{flow.id}.xml"
    place = Place(config.get("DOCUMENTS_BUCKET"), flow.signed_key or flow.key)
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name, flow


def make(tenant: str, year: int, now: datetime, wakes: Wakes, also: Sequence[Op] = ()) -> Flow:
    """The next flow of a year, of at most OPI_ORDERS orders; its signature is work that follows.

    Rejected `opi_nothing`, `opi_lacking` (orders without a provisional number, chapters without a
    classification: told by `details`); NotFound `treasurer`.
    """
    body, treasurer = bodies.get(tenant), get_treasurer(tenant)
    setting = store.get_setting(tenant)
    for _ in range(_TRIES):
        head = dynamo.get((keys.pk(tenant, "POSTING"), keys.sk("OPI", str(year)))) or {}
        orders, seq = _since(tenant, year, head.get("seq", 0))
        if not orders:
            raise Rejected("opi_nothing", "There is nothing new for the treasurer.", status=409)
        wanted = opi.lacking((order for _, order in orders), setting.classifications)
        if wanted:
            raise Rejected(
                "opi_lacking", "The treasurer needs more of these.", status=409,
                **{name: values[: limits.PAGE_ITEMS] for name, values in wanted.items()},
            )  # fmt: skip
        number = head.get("number", 0) + 1
        name = f"{body.fiscal_code}-{year}-{number:05d}"
        said = opi.Head(name, now, year, body.fiscal_code, body.name)
        data = _written(tenant, said, treasurer, orders, setting)
        key = f"{tenant}/opi/{name}-{ids.sha256(data)[:16]}.xml"
        # Before the flow names it, so that a flow never names what is not there.
        s3.put(Place(config.get("DOCUMENTS_BUCKET"), key), data, "application/xml")
        flow = Flow(
            name, year, number, clock.stamp(now), sum(order.draft.cents for _, order in orders),
            tuple((operation, order.id) for operation, order in orders), key,
        )  # fmt: skip
        asked: list[Op] = []
        if mandates.is_bound(tenant):
            flow = replace(flow, signature="waiting", asked=1)
            asked.append(_signing(tenant, flow, now))
        version = head.get("version", 0)
        item = {"pk": keys.pk(tenant, "POSTING"), "sk": keys.sk("OPI", str(year)), "seq": seq,
                "number": number, "version": version + 1}  # fmt: skip
        try:
            wakes.commit([
                _flow_item(tenant, flow), Put(item, when=_same(version), label="opi"), *asked,
                *also,
            ])  # fmt: skip
        except ConditionFailed:
            continue
        return flow
    raise Conflict()


def _signing(tenant: str, flow: Flow, now: datetime) -> Put:
    """The work of signing a flow; its signing time is fixed here, so that a repeated run makes the
    same bytes."""
    return work.row(
        SIGNING_QUEUE, flow_key(tenant, flow.year, flow.number)[0], f"{flow.id}-{flow.asked}", now,
        task="opi_sign", year=flow.year, number=flow.number, signing_time=clock.stamp(now),
    )  # fmt: skip


def ask_signature(
    tenant: str, year: int, number: int, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Flow:
    """Have a flow signed that was made while nobody signed for the body; asked again, the same.

    NotFound; Rejected `signer_missing`; Conflict.
    """
    old = get_flow(tenant, year, number)
    if old.signature != "none":
        return old
    if not mandates.is_bound(tenant):
        raise Rejected("signer_missing", "No key signs for this body: ask for one.", status=409)
    new = replace(old, signature="waiting", asked=old.asked + 1)
    change = Update(
        flow_key(tenant, year, number), put={"signature": "waiting", "asked": new.asked},
        when=({"signature": "none", "asked": old.asked},), label="flow",
    )  # fmt: skip
    try:
        wakes.commit([change, _signing(tenant, new, now), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def _since(tenant: str, year: int, after: int) -> tuple[list[tuple[Operation, Order]], int]:
    """What the journal holds for the treasurer behind an entry, and where that ends."""
    found: dict[str, Operation] = {}
    seq = after
    for entry in store.entries(tenant, after):
        if len(found) == limits.OPI_ORDERS:
            break
        seq = entry.seq
        if not entry.order.startswith(f"{year}-"):
            continue
        if entry.kind == "posted":
            found[entry.order] = "INSERIMENTO"
        elif found.pop(entry.order, None) is None:
            found[entry.order] = "ANNULLO"
    orders = store.get_orders(tenant, found)
    return [(found[name], orders[name].order) for name in sorted(found)], seq


def _written(
    tenant: str, head: opi.Head, treasurer: Treasurer, orders: Sequence[tuple[Operation, Order]],
    setting: Setting,
) -> bytes:  # fmt: skip
    payers = payers_of(tenant, [order for _, order in orders])
    return opi.write(head, treasurer, orders, payers, setting.classifications)


def payers_of(tenant: str, orders: Sequence[Order]) -> dict[str, Payer]:
    """Who paid, by the blind index that lines have of him."""
    wanted = {line.person for order in orders for line in order.draft.lines if line.person}
    found = due_store.get_persons(tenant, wanted) if wanted else {}
    return {name: Payer(one.name, one.tax_code) for name, one in found.items()}


def _under(draft: Draft, number: str) -> Draft:
    """The order with all of its money under one number, however it was divided."""
    lines = tuple(replace(line, sospesi=()) for line in draft.lines)
    return replace(draft, provisional=number, lines=lines)


def set_provisional(tenant: str, order: str, number: str, also: Sequence[Op] = ()) -> Kept:
    """The provisional number of the money that an order regularises, where the bank's file had none
    or there are several (F001-126).

    Rejected `provisional_malformed`, `order_told` when the treasurer has it already.
    """
    if not opi.is_provisional(number):
        raise Rejected("provisional_malformed", "A provisional number has 1 to 18 digits.")
    for _ in range(_TRIES):
        found = store.get_orders(tenant, [order])
        if order not in found:
            raise NotFound("order")
        kept = found[order]
        if kept.order.draft.provisional == number:
            return kept
        head = dynamo.get((keys.pk(tenant, "POSTING"), keys.sk("OPI", str(kept.order.year)))) or {}
        if kept.order.seq <= head.get("seq", 0):
            raise Rejected("order_told", "The treasurer has it already.", status=409)
        new = replace(
            kept.order, draft=_under(kept.order.draft, number),
            version=kept.order.version + 1,
        )  # fmt: skip
        # A flow that is made meanwhile moves this mark.
        mark = dynamo.Check(
            (keys.pk(tenant, "POSTING"), keys.sk("OPI", str(new.year))),
            ({"version": head["version"]},) if head else ({"pk": dynamo.ABSENT},), label="opi",
        )  # fmt: skip
        try:
            dynamo.commit([store.put_order(tenant, new, kept.together), mark, *also])
        except ConditionFailed:
            continue
        return Kept(new, kept.together)
    raise Conflict()
