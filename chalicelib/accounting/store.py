"""Facts of payments, and what is derived of them, in the table.

T#<tenant>#IUV#<iuv>          GROUP              receipts, lines and transfers of an IUV
T#<tenant>#IUV#<iuv>          POSTED#<iur>#<n>   by which order a payment of it was posted
T#<tenant>#SETTLED#<name>     FLOW               a flow, its versions, its shares, its money
T#<tenant>#NAMED#<ID>         HUB                flows and movements of an id, in capitals
T#<tenant>#KNOWN              <ID>#<name>        flows to look ids up in
T#<tenant>#KNOWN#<cents>      <day>#<name>       … and amounts
T#<tenant>#SOUGHT             <signs>#<identity> movements whose text may name a flow
T#<tenant>#SOUGHT#<cents>     <day>#<identity>   … or that a flow of that amount may be proposed for
T#<tenant>#MOVEMENT#<id>      MOVEMENT           a movement of the bank and what it was found to be
T#<tenant>#MOVEMENT#<id>      LINK#<version>     what an operator said of it
T#<tenant>#STATEMENT#<id>     STATEMENT          a statement that was handed in

A group, a hub, a movement and the setting of a flow change on the version read; the sums of a flow
are added to, because thousands of groups change them, and each such commit counts `changes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from chalicelib.accounting import groups, settled
from chalicelib.accounting.facts import Receipt, Reported
from chalicelib.accounting.groups import ODD, PARTS, Held, Kept, Part, Single, Sums, flow_name
from chalicelib.accounting.payment_match import FlowKey
from chalicelib.accounting.settled import Bank, Credit, Named, Settled, Version
from chalicelib.base import clock, dynamo, ids, keys
from chalicelib.base.dynamo import Item, Key, Put, Update

_KEYS = ("pk", "sk", "list_pk", "list_sk", "state_pk", "customer_pk")


def same(version: int) -> dynamo.Condition:
    """The item is of that version; 0: there is none."""
    return ({"version": version},) if version else dynamo.NEW


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


# ------------------------------------------------------------------ groups
@dataclass(frozen=True)
class Stored:
    """A group as it is kept. `facts`: position, number, person of its receipts, "" for unknown."""

    held: Held
    parts: tuple[Part, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def iuv(self) -> str:
        return self.held.iuv


def group_key(tenant: str, iuv: str) -> Key:
    return keys.pk(tenant, "IUV", iuv), keys.sk("GROUP")


def put_group(tenant: str, stored: Stored) -> Put:
    """Write the version after the one that `stored` was read with."""
    pk, sk = group_key(tenant, stored.iuv)
    held = stored.held
    item: Item = {
        "pk": pk,
        "sk": sk,
        "iuv": stored.iuv,
        "receipts": [[*one[1:4], one.day.isoformat(), one.stamp] for one in held.receipts],
        "lines": [[*one.key, one.version, *one.line, *one[3:]] for one in held.lines],
        "bank": [[one.identity, one.day.isoformat(), *one[2:]] for one in held.bank],
        "cancelled": held.cancelled,
        "parts": [list(one) for one in stored.parts],
        "facts": dict(stored.facts),
        "version": stored.version + 1,
    }
    day = paid_day(held) or min((one.day.isoformat() for one in held.bank), default="")
    if day and (held.bank or any(one.state != "elsewhere" for one in stored.parts)):
        # What is another partner's is counted in its flow and shown there only.
        item |= {
            "list_pk": keys.pk(tenant, "PAYMENTS"),
            "list_sk": keys.sk(day, f"p.{ids.derive('payment', stored.iuv)}"),
            "state_pk": keys.pk(tenant, "PAYMENTS", groups.lies_on(held, stored.parts)),
        }
        if person := stored.facts.get("person"):
            item["customer_pk"] = keys.pk(tenant, "PAYMENTS", "OF", str(person))
    return Put(item, when=same(stored.version), label=f"group:{stored.iuv}")


def paid_day(held: Held) -> str:
    """The day of its first payment, "" where nobody tells one."""
    days = [one.day.isoformat() for one in held.receipts] or [one.day for one in held.lines]
    return min((one for one in days if one), default="")


def read_group(item: Item) -> Stored:
    """What an item of `group_key` says."""
    iuv = item["iuv"]
    receipts = tuple(
        Receipt(iuv, iur, transfer, cents, date.fromisoformat(day), stamp)
        for iur, transfer, cents, day, stamp in item["receipts"]
    )
    lines = tuple(
        Kept((one[0], one[1], one[2]), one[3], Reported(*one[4:10]), *one[10:])
        for one in item["lines"]
    )
    bank = tuple(
        Single(identity, date.fromisoformat(day), cents, *more)
        for identity, day, cents, *more in item["bank"]
    )
    return Stored(
        Held(iuv, receipts, lines, bank, item["cancelled"]),
        tuple(_part(one) for one in item["parts"]),
        item["facts"],
        item["version"],
    )


def _part(said: Sequence[Any]) -> Part:
    found = list(said)
    found[4] = tuple(found[4])
    return Part(*found)


def get_groups(tenant: str, iuvs: Iterable[str]) -> dict[str, Stored]:
    """By IUV; one that is not there yet is empty."""
    wanted = {group_key(tenant, one): one for one in iuvs}
    found = dynamo.batch_get(wanted)
    return {
        iuv: read_group(found[key]) if key in found else Stored(Held(iuv))
        for key, iuv in wanted.items()
    }


def list_groups(
    tenant: str, *, desk: str = "", person: str = "", first: str = "0", last: str = "~",
    descending: bool = True, page: int = 0,
) -> Iterator[tuple[str, Stored]]:  # fmt: skip
    """Groups with their places, by the day of payment; `last` is left out if it is a place."""
    index, partition = "list", keys.pk(tenant, "PAYMENTS")
    if person:
        index, partition = "customer", keys.pk(tenant, "PAYMENTS", "OF", person)
    elif desk:
        index, partition = "state", keys.pk(tenant, "PAYMENTS", desk)
    found = dynamo.query(
        partition, between=(first, last), index=index, descending=descending, page=page
    )
    for item in found:
        if item["list_sk"] != last:
            yield item["list_sk"], read_group(item)


# ------------------------------------------------------------------ flows
def flow_partition(tenant: str, name: str) -> str:
    return keys.pk(tenant, "SETTLED", name)


def flow_key(tenant: str, name: str) -> Key:
    return flow_partition(tenant, name), keys.sk("FLOW")


def written_flow(tenant: str, flow: Settled) -> Item:
    """The whole item of a flow, for who makes it or writes it anew; its lists as it stands."""
    pk, sk = flow_key(tenant, flow.name)
    return {
        "pk": pk,
        "sk": sk,
        "name": flow.name,
        "key": list(flow.key),
        "flow_id": flow.flow_id,
        "versions": [
            [one.id, clock.stamp(one.created), one.revision, one.settled.isoformat(), *one[4:]]
            for one in flow.versions
        ],
        "counting": flow.counting,
        "conflict": flow.conflict,
        "applied": flow.applied,
        "held": list(flow.held),
        "touched": list(flow.touched),
        "cursor": list(flow.cursor),
        "lump": list(flow.lump),
        **_sums(flow.sums),
        **banked(flow.bank),
        "posted_lines": flow.posted_lines,
        "posted_cents": flow.posted_cents,
        "postable": flow.postable,
        "told": list(flow.told),
        "changes": flow.changes,
        "facts": dict(flow.facts),
        "version": flow.version,
        "revising": flow.revising,
        "refused": list(flow.refused),
        "repost": flow.repost,
        **listed(tenant, flow),
    }


def listed(tenant: str, flow: Settled) -> Item:
    """Where it is found: by the day of its transfer, and on the desk it lies on."""
    return {
        "list_pk": keys.pk(tenant, "SETTLEMENTS"),
        "list_sk": keys.sk(flow.counts.settled.isoformat(), f"f.{flow.name}"),
        "state_pk": keys.pk(tenant, "SETTLEMENTS", settled.standing(flow).desk),
    }


def _sums(sums: Sums) -> Item:
    cents = {f"{name}_cents": sums.cents[at] for at, name in enumerate(PARTS)}
    lines = {f"{name}_lines": sums.lines[at] for at, name in enumerate(PARTS)}
    return cents | lines | {f"odd_{name}": sums.odd[at] for at, name in enumerate(ODD)}


def banked(bank: Bank) -> Item:
    """What the bank says of a flow, as attributes of its item."""
    return {
        "bank_cents": bank.cents,
        "bank_day": _text(bank.day),
        "movements": list(bank.movements),
        "by_hand": bank.by_hand,
    }


def read_flow(item: Item) -> Settled:
    """What an item of `flow_key` says."""
    versions = tuple(
        Version(one[0], clock.parse(one[1]), one[2], date.fromisoformat(one[3]), *one[4:])
        for one in item["versions"]
    )
    psp, flow_id, year = item["key"]
    return Settled(
        key=(psp, flow_id, year),
        name=item["name"],
        flow_id=item["flow_id"],
        versions=versions,
        counting=item["counting"],
        conflict=item["conflict"],
        applied=item["applied"],
        held=tuple(item["held"]),
        touched=tuple(item["touched"]),
        cursor=(item["cursor"][0], item["cursor"][1]),
        lump=(item["lump"][0], item["lump"][1]),
        sums=Sums(
            tuple(item[f"{name}_cents"] for name in PARTS),
            tuple(item[f"{name}_lines"] for name in PARTS),
            tuple(item.get(f"odd_{name}", 0) for name in ODD),
        ),
        bank=Bank(
            item["bank_cents"], _day(item["bank_day"]), tuple(item["movements"]), item["by_hand"]
        ),
        posted_lines=item["posted_lines"],
        posted_cents=item["posted_cents"],
        postable=item["postable"],
        told=(item["told"][0], item["told"][1], item["told"][2]),
        changes=item["changes"],
        version=item["version"],
        facts=item["facts"],
        revising=item.get("revising", ""),
        refused=tuple(item.get("refused", ())),
        repost=item.get("repost", ""),
    )


def get_flow(tenant: str, name: str) -> Settled | None:
    item = dynamo.get(flow_key(tenant, name))
    return None if item is None else read_flow(item)


def get_flows(tenant: str, names: Iterable[str]) -> dict[str, Settled]:
    """Those that are there, by name."""
    found = dynamo.batch_get(flow_key(tenant, one) for one in names)
    return {item["name"]: read_flow(item) for item in found.values()}


def list_flows(
    tenant: str, *, desk: str = "", first: str = "0", last: str = "~", descending: bool = True,
    page: int = 0,
) -> Iterator[tuple[str, Settled]]:  # fmt: skip
    """Flows with their places, by the day of settlement."""
    index, partition = "list", keys.pk(tenant, "SETTLEMENTS")
    if desk:
        index, partition = "state", keys.pk(tenant, "SETTLEMENTS", desk)
    found = dynamo.query(
        partition, between=(first, last), index=index, descending=descending, page=page
    )
    for item in found:
        if item["list_sk"] != last:
            yield item["list_sk"], read_flow(item)


def added(tenant: str, name: str, sums: Sums, **more: Any) -> Update:
    """Add to the shares of a flow's money; `more` joins the same operation."""
    change = {name: value for name, value in _sums(sums).items() if value}
    return Update(flow_key(tenant, name), add=change | {"changes": 1}, label=f"flow:{name}", **more)


# ------------------------------------------------------------------ ids and who names them
@dataclass(frozen=True)
class Hub:
    """Flows of an id, and movements that name it for sure."""

    flow_id: str
    flows: tuple[Named, ...] = ()
    credits: tuple[Credit, ...] = ()
    version: int = 0


def hub_key(tenant: str, flow_id: str) -> Key:
    return keys.pk(tenant, "NAMED", flow_id.upper()), keys.sk("HUB")


def put_hub(tenant: str, hub: Hub) -> Put:
    pk, sk = hub_key(tenant, hub.flow_id)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "flow_id": hub.flow_id,
        "flows": [[one.name, *one.key, one.settled.isoformat(), one.cents] for one in hub.flows],
        "credits": [[one.identity, one.day.isoformat(), *one[2:]] for one in hub.credits],
        "version": hub.version + 1,
    }
    return Put(item, when=same(hub.version), label=f"hub:{hub.flow_id}")


def get_hub(tenant: str, flow_id: str) -> Hub:
    item = dynamo.get(hub_key(tenant, flow_id))
    return Hub(flow_id.upper()) if item is None else read_hub(item)


def read_hub(item: Item) -> Hub:
    return Hub(
        item["flow_id"],
        tuple(
            Named(name, (psp, flow_id, year), date.fromisoformat(day), *cents)
            for name, psp, flow_id, year, day, *cents in item["flows"]
        ),
        tuple(
            Credit(identity, date.fromisoformat(day), cents, *more)
            for identity, day, cents, *more in item["credits"]
        ),
        item["version"],
    )


_HEAD: Final = 10  # of an id or of signs: the day it begins with


def head_of(signs: str) -> str:
    """What an id and the text that names it begin with alike."""
    return signs.upper()[:_HEAD]


def known_rows(tenant: str, key: FlowKey, settled_on: date, cents: int) -> list[Put]:
    """A flow among those that texts and amounts are looked up in."""
    name = flow_name(key)
    fact = {"flow_id": key[1], "cents": cents, "day": settled_on.isoformat(), "name": name}
    return [
        Put(
            {"pk": keys.pk(tenant, "KNOWN"), "sk": keys.sk(key[1], name), **fact},
            when=dynamo.ANY, label=f"known:{name}",
        ),
        Put(
            {
                "pk": keys.pk(tenant, "KNOWN", str(cents)),
                "sk": keys.sk(settled_on.isoformat(), name), **fact,
            },
            when=dynamo.ANY, label=f"amount:{name}",
        ),
    ]  # fmt: skip


def unknown_amount(tenant: str, key: FlowKey, settled_on: date, cents: int) -> dynamo.Delete:
    """The amount that a flow had in a version that counts no longer."""
    place = keys.pk(tenant, "KNOWN", str(cents)), keys.sk(settled_on.isoformat(), flow_name(key))
    return dynamo.Delete(place, when=dynamo.ANY, label="amount_gone")


def known_by_head(tenant: str, head: str) -> list[Item]:
    """Flows whose id begins so: flow_id, cents, day, name."""
    return list(dynamo.query(keys.pk(tenant, "KNOWN"), prefix=keys.escape(head)))


def known_by_cents(tenant: str, cents: int, first: date, last: date) -> list[Item]:
    """Flows of that total whose transfer is of those days."""
    between = first.isoformat(), last.isoformat() + "~"
    return list(dynamo.query(keys.pk(tenant, "KNOWN", str(cents)), between=between))
