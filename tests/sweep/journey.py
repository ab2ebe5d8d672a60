"""The story that the sweeps let fail: every workflow of invoicing and messages, act by act.

An act begins in a world at rest and is over when the world is at rest again.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.invoicing import hub
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.signing import cades
from infra.local import invoices
from infra.local.subjects import SELLER, SUPPLIER
from tests.world import World

TELL = frozenset({"OnTell"})
SEND = frozenset({"OnSend"})


@dataclass(frozen=True)
class Act:
    """`do` begins it; the functions in `holds` do not run before the next act.

    Not `swept` are the acts that make only the calls of another one, more of them.
    """

    do: Callable[[World], None]
    holds: frozenset[str] = frozenset()
    swept: bool = True

    def begin(self, world: World) -> None:
        world.held = self.holds
        self.do(world)


ALFA, BETA = "alfa", "beta"
TOKEN = f"sk_{ALFA}_{'ab' * 6}_{'ab' * 32}"


def begin(world: World) -> None:
    """Two resellers: one is told by mail, one by webhook and a daily digest."""
    world.reset()
    world.add_reseller(ALFA)
    world.add_customer(ALFA, "C1", SELLER)
    world.add_reseller(BETA, random="cd" * 38, digest="daily", unknown_seller="register")
    settings = {"url": "https://beta.example/hook", "secret": "s" * 32}
    world.set_webhook(BETA, settings)
    world.sdi.stories = {
        "2/2026": ("RC", "NE:EC01"),
        "3/2026": ("MC",),
        "7/2026": ("NS:00400", "|", "RC"),
    }


def invoice(number: str, **more: Any) -> bytes:
    return invoices.make(number=f"{number}/2026", **more)


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP that is the same bytes every time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, (2026, 11, 23, 9, 0, 0)), data)
    return packed.getvalue()


def signed(data: bytes, world: World, at: datetime) -> bytes:
    return cades.sign(data, world.signer(), at)


def _archive(world: World) -> None:
    """Private, public, lot, signed, to be rejected; a number used twice; invalid; not a file."""
    members = {
        "private.xml": invoice("1"),
        "public.xml": invoice("2", format="FPA12"),
        "lot.xml": invoice("3", bodies=2),
        "signed.xml.p7m": signed(invoice("6"), world, world.clock.at),
        "rejected.xml": invoice("7"),
        "duplicate.xml": invoice("1", progressive="00002"),
        "invalid.xml": invoice("8").replace(b"<Divisa>EUR</Divisa>", b""),
        "inner.zip": archive({"a.xml": invoice("9")}),
        "empty.xml": b"",
    }
    world.drop(f"{ALFA}/batch.zip", archive(members))


def _answers(world: World) -> None:
    world.sdi_answers()


def _send_held(world: World) -> None:
    _decide(world, "duplicate.xml", "send")


def _resend(world: World) -> None:
    document = named(world, "rejected.xml")
    headers = {"Idempotency-Key": "resend"}
    world.request("POST", f"/v1/documents/{document.id}/resend", TOKEN, headers=headers)


def _drop_unknown(world: World) -> None:
    """A seller that alfa does not know: held."""
    world.drop(f"{ALFA}/stranger.xml", invoice("10", seller=SUPPLIER))


def _discard(world: World) -> None:
    _decide(world, "stranger.xml", "discard")


def _decide(world: World, name: str, action: str) -> None:
    path = f"/v1/documents/{named(world, name).id}/decision"
    headers = {"Content-Type": "application/json", "Idempotency-Key": action}
    world.request("POST", path, TOKEN, body=f'{{"action": "{action}"}}'.encode(), headers=headers)


def _hand_in(world: World) -> None:
    headers = {"Content-Type": "application/xml", "Idempotency-Key": "one"}
    path = "/v1/documents?name=handed.xml"
    world.request("POST", path, TOKEN, body=invoice("11"), headers=headers)


def _lose_every_message(world: World) -> None:
    """A file comes, its work is planned, and SQS forgets all of it."""
    world.drop(f"{ALFA}/lost.xml", invoice("12"))
    assert world.step() == "OnIntake"
    world.lose_messages()


def _digested(world: World) -> None:
    world.drop(f"{BETA}/daily.xml", invoice("13"))


def _send_digest(world: World) -> None:
    world.pass_time(86_400)
    world.sweep()


def _go_on(_world: World) -> None:
    """What was held runs now."""


def _drop_one(world: World) -> None:
    world.drop(f"{ALFA}/one.xml", invoice("2", format="FPA12"))


# One document, each function alone: small enough for every kind of error at every call.
SHORT: dict[str, Act] = {
    "one comes": Act(_drop_one, SEND | TELL),
    "one is sent": Act(_go_on, TELL),
    "one is told": Act(_go_on),
    "one is answered": Act(_answers, TELL),
    "the answer is told": Act(_go_on),
    "one is handed in": Act(_hand_in, SEND | TELL),
}
# Telling is held wherever it is not the matter: it would be most of every sweep.
ACTS: dict[str, Act] = {
    "archive": Act(_archive, SEND | TELL),
    "its documents are sent": Act(_go_on, TELL),
    "its changes are told": Act(_go_on, swept=False),
    "first answers": Act(_answers, TELL),
    "first answers are told": Act(_go_on, swept=False),
    "second answers": Act(_answers, TELL, swept=False),
    "second answers are told": Act(_go_on),
    "held is sent": Act(_send_held, SEND | TELL),
    "it goes out": Act(_go_on, swept=False),
    "rejected is sent again": Act(_resend, SEND | TELL),
    "it goes out again": Act(_go_on, swept=False),
    "answers to both": Act(_answers, swept=False),
    "unknown seller": Act(_drop_unknown),
    "held is discarded": Act(_discard, TELL),
    "that is told": Act(_go_on, swept=False),
    "handed in by API": Act(_hand_in, SEND | TELL),
    "what was handed in goes out": Act(_go_on, swept=False),
    "messages are lost": Act(_lose_every_message, TELL),
    "what was lost is told": Act(_go_on, swept=False),
    "digested": Act(_digested, SEND),
    "what was digested goes out": Act(_go_on, swept=False),
    "answers to the last": Act(_answers, swept=False),
    "digest goes out": Act(_send_digest),
}


def documents(world: World, tenant: str = ALFA) -> list[Document]:
    return list(hub.page(tenant, hub.Filter(), "", 200, flows=True).documents)


def named(world: World, name: str, tenant: str = ALFA) -> Document:
    (found,) = (one for one in documents(world, tenant) if one.file_name == name)
    return found
