"""A body whose facts come through the store, on a table in memory; rows are worked in any order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

from chalicelib.accounting import (
    arriving,
    bank_store,
    groups,
    identifying,
    pieces,
    settled,
    store,
)
from chalicelib.accounting.facts import BankMatch, FlowMatch, FlowVersion, Receipt
from chalicelib.accounting.facts import Payment as Told
from chalicelib.accounting.fdr.model import Header, Line, Stream
from chalicelib.accounting.matching import Match
from chalicelib.accounting.payment_match import ANOMALOUS, ELSEWHERE, MATCHED, UNRECEIPTED
from chalicelib.accounting.statements import Identities, Movement
from chalicelib.base import clock, dynamo, work
from chalicelib.entry import on_reconcile
from chalicelib.payments import store as body_store
from chalicelib.payments.body import Account, Body, Segregation
from chalicelib.payments.positions import counts
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Line as Asked
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt as Kept
from chalicelib.payments.receipts.model import ReceiptTransfer, Subject
from tests.entry.api_world import Context
from tests.tables import due_rows

CREDITOR, IBAN, PARTNER = "80012000826", "IT60X0542811101000000123456", "12345670017"
DEBTOR = Subject("F", "RSSMRA80A41H501Y", "Rossi Maria")
_names = itertools.count(1)


def body(tenant: str = "", codes: Sequence[str] = ("01",)) -> str:
    """A tenant with the setting of a body, straight into the table."""
    tenant = tenant or f"ente{next(_names)}"
    segregations = tuple(Segregation(code, PARTNER, "Partner") for code in codes)
    setting = Body(CREDITOR, "Ordine", segregations, codes[0], (Account(IBAN, "Ordine"),))
    dynamo.commit([body_store.put_body(tenant, setting)])
    return tenant


def kept_receipt(creditor: str, iuv: str, iur: str, cents: int, **more: Any) -> Kept:
    """A receipt of one transfer, as the node brings it."""
    known: dict[str, Any] = {
        "id": iur, "iuv": iuv, "creditor": creditor, "cents": cents, "fee_cents": 150,
        "paid_at": "", "day": "2026-11-19", "method": "creditCard", "channel": "onLine",
        "psp_id": "ABI06090", "psp_name": "Banca di Prova", "description": "Quota",
        "company": "Ordine", "source": "node", "debtor": DEBTOR, "notice": f"3{iuv}",
        "transfers": (ReceiptTransfer(1, creditor, cents, IBAN, "Quota", "9/0101002IM/"),),
    }  # fmt: skip
    return Kept(**known | more)


def place(tenant: str, iuvs: Sequence[str], cents: int) -> list[Position]:
    """A position for each of these IUVs."""
    made = [placed(iuv, cents) for iuv in iuvs]
    for start in range(0, len(made), 25):
        born(tenant, *made[start : start + 25])
    return made


def placed(iuv: str, cents: int) -> Position:
    """A position that asks for the whole under that IUV."""
    line = Asked("quota", "Quota", cents, "9/0101002IM/", IBAN)
    return Position(
        f"p{iuv}", "valid", "spontaneous", "someone", CREDITOR, "Quota", cents, (line,),
        (Payment(0, iuv, cents, None),), clock.stamp(clock.now()), date(2026, 12, 31),
    )  # fmt: skip


def born(tenant: str, *made: Position) -> None:
    """Positions in the table, counted."""
    ops = [op for one in made for op in position_store.born(tenant, one, "test")]
    changes = [(None, one) for one in made]
    dynamo.commit([*ops, *counts.ops(tenant, changes, made[0].id)])


def receive(tenant: str, *facts: Receipt) -> None:
    """A receipt of pagoPA with these transfers, as the node would bring it."""
    first = facts[0]
    kept = Kept(
        id=first.iur, iuv=first.iuv, creditor=CREDITOR, cents=sum(one.cents for one in facts),
        fee_cents=150, paid_at="", day=first.day.isoformat(), method="creditCard",
        channel="onLine", psp_id="ABI06090", psp_name="Banca di Prova", description="Quota",
        company="Ordine",
        transfers=tuple(
            ReceiptTransfer(
                one.transfer, CREDITOR, one.cents, "" if one.stamp else IBAN, "Quota",
                "9/0101002IM/", one.stamp,
            )
            for one in facts
        ),
        source="node", debtor=DEBTOR, notice=f"3{first.iuv}",
    )  # fmt: skip
    with work.waking() as wakes:
        receipts.record(tenant, kept, json.dumps([*map(str, facts)]).encode(), clock.now(), wakes)


def settle(tenant: str, flow: FlowVersion) -> None:
    """A version of a flow, its lines kept and the version arrived."""
    lines = [
        Line(one.place, one.iuv, one.iur, one.transfer, one.cents, one.outcome, "2026-11-19")
        for one in flow.lines
    ]
    total = flow.cents if flow.good else flow.cents + 1
    header = Header(
        flow.flow_id, flow.psp, flow.created, flow.revision, "A", flow.psp, "Banca", CREDITOR,
        "Ordine", "TRN", flow.settled, "", len(lines), total,
    )  # fmt: skip
    source = f"s{next(_names)}"
    brought = pieces.keep(
        tenant, source, Stream(iter(lines), lambda: header), CREDITOR, clock.now(), {}
    )
    with work.waking() as wakes:
        arriving.arrive(tenant, brought, clock.now(), wakes)


def credit(tenant: str, movement: Movement) -> None:
    """A movement as a statement brings it."""
    one = bank_store.of_movement(movement, IBAN, "statement")
    known = bank_store.get(tenant, movement.identity)
    if known is None:
        dynamo.commit([bank_store.put(tenant, one), *bank_store.sought(tenant, one)])
    with work.waking() as wakes:
        identifying.again(tenant, [one.identity], frozenset({"01"}), clock.now(), wakes)


def movement(text: str, cents: int, day: date, number: int = 1) -> Movement:
    name = Identities(IBAN).of(day, cents, f"{text}{number}")
    return Movement(name, day, cents, text, number)


def cancel(tenant: str, iuv: str) -> None:
    """The position of an IUV is cancelled (its row comes from the position's own commit)."""
    from chalicelib.accounting import regrouping

    ops, _ = regrouping.of_groups(
        tenant, {iuv: groups.as_cancelled}, frozenset({"01"}), clock.now()
    )
    if ops:
        dynamo.commit(ops)


def work_off(
    random: Random | None = None, most: int = 0, together: int = 1, *, stops: bool = False
) -> int:
    """Every row of reconciliation until none is left (or so many are done), in any order, some in
    one batch; `stops`: the worker has no time left. Rows of posting are dropped."""
    done = 0
    while True:
        rows = due_rows("reconcile")
        if not rows:
            return done
        if random is not None:
            random.shuffle(rows)
        mine = []
        for row in rows:
            if "#postable-" in row["sk"]:
                dynamo.commit([dynamo.Delete((row["pk"], row["sk"]))])
            else:
                mine.append(row)
        for start in range(0, len(mine), together):
            records = [
                {"messageId": f"m{at}", "body": json.dumps({"pk": row["pk"], "sk": row["sk"]})}
                for at, row in enumerate(mine[start : start + together])
            ]
            answer = on_reconcile.handle({"Records": records}, Context())
            assert stops or answer == {"batchItemFailures": []}, answer
            done += len(records)
            if most and done >= most:
                return done


def found(tenant: str, today: date, iuvs: Sequence[str], identities: Sequence[str]) -> Match:
    """What the store says, as the pure match would say it."""
    flows = {flow.name: flow for _, flow in store.list_flows(tenant)}
    payments: list[Told] = []
    for iuv in sorted(set(iuvs)):
        stored = store.get_groups(tenant, [iuv])[iuv]
        days = {(one.iur, one.transfer): one.day for one in stored.held.receipts}
        for part in stored.parts:
            flow = flows.get(part.flow)
            state = settled.standing(flow).state if flow else None
            one = groups.shown(iuv, part, state, today, days.get((part.iur, part.transfer)))
            payments.append(one._replace(flow_id=flow.flow_id if flow else ""))
    return Match(
        tuple(sorted(payments)),
        tuple(sorted((_flow(flow, today) for flow in flows.values()), key=lambda one: one[:3])),
        tuple(_bank(tenant, one, flows) for one in sorted(set(identities))),
    )


def _flow(flow: settled.Settled, today: date) -> FlowMatch:
    stands = settled.standing(flow)
    clean = not (flow.sums.lines[UNRECEIPTED] or flow.sums.lines[ANOMALOUS])
    return FlowMatch(
        flow.key[0], flow.flow_id, flow.key[2], stands.state, stands.labels, flow.counts.cents,
        flow.bank.cents, flow.sums.cents[MATCHED], flow.sums.cents[ELSEWHERE],
        flow.sums.cents[UNRECEIPTED], flow.sums.cents[ANOMALOUS], flow.bank.day,
        settled.is_late(flow, today), stands.state == "cashed" and clean,
    )  # fmt: skip


def _bank(tenant: str, identity: str, flows: dict[str, settled.Settled]) -> BankMatch:
    one = bank_store.get(tenant, identity)
    assert one is not None
    flow = next((each for each in flows.values() if one.identity in each.bank.movements), None)
    named = one.found.flow_id or one.found.read_id
    kind, iuv, _ = one.target
    if flow is not None:
        stands = settled.standing(flow)
        if stands.state == "cashed":
            return BankMatch(one.identity, one.cents, "matched", ("RT_IUF_TES",), named, "")
        if not flow.bank.cents:
            return BankMatch(one.identity, one.cents, "ignored", ("TES_CANCELLED",), named, "")
        return BankMatch(one.identity, one.cents, "anomalous", stands.labels, named, "")
    if kind == "iuv":
        held = store.get_groups(tenant, [iuv])[iuv].held
        if groups.is_alone(held):
            return BankMatch(one.identity, one.cents, "matched", ("RT_TES",), "", iuv)
        asked = not held.lines and any(not each.stamp for each in held.receipts)
        label = "RT_TES_DIV_IMP" if asked else "TES_NO_IUF_OR_IUV"
        return BankMatch(one.identity, one.cents, "anomalous", (label,), "", iuv)
    if one.found.confidence == "proposed":
        return BankMatch(one.identity, one.cents, "proposed", ("TES_PROPOSED",), named, "")
    if one.cents < 0:
        return BankMatch(one.identity, one.cents, "ignored", (), named, one.found.iuv)
    return BankMatch(one.identity, one.cents, "anomalous", one.labels, named, one.found.iuv)
