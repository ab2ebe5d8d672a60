"""Documents of every kind for the tests of lists, and what the filters mean, said apart."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from chalicelib.base import clock
from chalicelib.base.s3 import Place
from chalicelib.invoicing.document import Document, Said
from chalicelib.invoicing.states import STATES
from tests.entry.api_world import START

PEOPLE = [
    ("IT01100100158", "Officina Bassi S.r.l."),
    ("IT02200200153", "Ferramenta Colombo S.n.c."),
    ("FRRGLI84C49F839X", "Giulia FERRI"),
    ("DE136695976", "Straße & Söhne GmbH"),
]
CHANNELS = ("bucket", "upload", "api")
CUSTOMERS = ("", "c1", "c2", "c3")
TYPES = ("TD01", "TD04", "TD24")
AMOUNTS = tuple(map(Decimal, ("-10", "0", "0.01", "99.99", "100", "100.00000001", "1234.5")))
NOT_DOCUMENTS = {"unpacking", "unpacked", "refused_file"}
TO_SEND = {"to_convert", "held", "awaiting_signature", "own_sending", "ready"}
NEVER_SENT = {"invalid", "discarded", "kept"}


def _said(chance: random.Random, n: int) -> Said:
    seller, buyer = chance.sample(PEOPLE, 2)
    lot: tuple[dict[str, Any], ...] = ()
    kind = chance.choice(TYPES)
    amount = chance.choice(AMOUNTS)
    day = f"2026-{chance.randint(9, 11):02d}-{chance.randint(1, 28):02d}"
    if n % 9 == 0:
        first = {"type": kind, "number": str(n), "date": day, "amount": amount}
        lot = (first, {"type": "TD05", "number": f"{n}/bis", "date": day, "amount": Decimal(1)})
    # The schema lets a day carry a zone.
    day += chance.choice(("", "", "Z", "+01:00"))
    return Said(
        format="FPR12", family="private", type=kind, number=str(n), date=day, currency="EUR",
        amount=amount, taxable=Decimal(1), tax=Decimal(0), seller=seller[0],
        seller_name=seller[1], buyer=buyer[0], buyer_name=buyer[1], recipient="0000000",
        bodies=max(1, len(lot)), lot=lot,
    )  # fmt: skip


def made(chance: random.Random, n: int) -> Document:
    state = chance.choice(STATES)
    # Some arrive in the same millisecond.
    at = START - timedelta(days=chance.randint(0, 20), milliseconds=chance.choice((0, 0, 7)))
    return Document(
        id=f"d{chance.getrandbits(40):010x}", state=state, version=1, file_name=f"{n}.xml",
        channel=chance.choice(CHANNELS), sender="s", received_at=clock.stamp(at), size=1,
        sha256="0", raw=Place("b", "k"), customer=chance.choice(CUSTOMERS),
        archive=chance.choice(("", "", "z1")),
        said=None if state in NOT_DOCUMENTS | {"to_convert"} else _said(chance, n),
    )  # fmt: skip


days = st.dates(START.date() - timedelta(days=90), START.date()).map(str)
wanted_filters = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.sampled_from(["c1", "c2", "nobody"]),
        "state": st.sampled_from(STATES),
        "section": st.sampled_from(["to_send", "sent"]),
        "channel": st.sampled_from(CHANNELS),
        "archive": st.sampled_from(["z1", "z2"]),
        "received_from": days,
        "received_to": days,
        "date_from": days,
        "date_to": days,
        "amount_min": st.sampled_from(AMOUNTS),
        "amount_max": st.sampled_from(AMOUNTS),
        "type": st.sampled_from([*TYPES, "TD05"]),
        "number": st.sampled_from(["9", "9/bis", "10", "x"]),
        "counterpart": st.sampled_from(["bassi", "COLOMBO", "IT0", "de13", "STRASSE", "ferri"]),
    },
)


def expected(one: Document, wanted: dict[str, Any]) -> bool:
    """What the filters mean, said plainly and apart from the product."""
    said = one.said
    sent = one.state not in TO_SEND | NEVER_SENT | NOT_DOCUMENTS
    bodies = [] if said is None else [vars(said), *said.lot]
    people = "" if said is None else "\n".join(
        (said.seller, said.seller_name, said.buyer, said.buyer_name)
    )  # fmt: skip
    tests = {
        "customer": lambda v: one.customer == v,
        "state": lambda v: one.state == v,
        "section": lambda v: sent if v == "sent" else one.state in TO_SEND,
        "channel": lambda v: one.channel == v,
        "archive": lambda v: one.archive == v,
        "received_from": lambda v: one.received_at[:10] >= v,
        "received_to": lambda v: one.received_at[:10] <= v,
        "date_from": lambda v: said is not None and said.date[:10] >= v,
        "date_to": lambda v: said is not None and said.date[:10] <= v,
        "amount_min": lambda v: said is not None and said.amount >= v,
        "amount_max": lambda v: said is not None and said.amount <= v,
        "type": lambda v: any(body["type"] == v for body in bodies),
        "number": lambda v: any(body["number"] == v for body in bodies),
        "counterpart": lambda v: v.casefold() in people.casefold(),
    }
    return all(tests[name](value) for name, value in wanted.items())
