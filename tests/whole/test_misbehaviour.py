"""SdI late, twice, out of order, silent after taking a file: the end is the same."""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.invoicing import store
from infra.local import demo, invoices
from infra.local.house import House, Reseller
from infra.local.sdi.behaviours import Behaviour

# Orders of the demo's events; `make sweep` plays more of them.
SEEDS = int(os.environ.get("ORDERS", "1"))


def _drop(house: House, *numbers: str, **more: Any) -> None:
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    seller = demo.customers()[0].subject
    for number in numbers:
        data = invoices.make(number=number, date=day, seller=seller, **more)
        house.drop(f"demo/{number}.xml", data)


def _finish(house: House) -> None:
    house.settle()
    for _ in range(6):
        house.pass_time(timedelta(minutes=30), timedelta(minutes=10))


def _mails_per_change(house: House) -> set[int]:
    told = Counter((m.tags["document"], m.tags["version"]) for m in house.cloud.mailbox.mails())
    return set(told.values())


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(late_s=3_000),
        Behaviour(repeat=3),
        Behaviour(reorder=True),
        Behaviour(drop_connection_before=2),
        Behaviour(error="EI02", error_times=2),
        Behaviour(fault=2),
        Behaviour(repeat=2, reorder=True, late_s=100),
    ],
    ids=lambda behaviour: str(behaviour)[10:60],
)
def test_the_end_is_the_same(house: House, reseller: Reseller, behaviour: Behaviour) -> None:
    house.sdi.behave(behaviour)
    _drop(house, "M-1")
    _drop(house, "P-1", format="FPA12", recipient="UFEC01")
    _drop(house, "P-2", format="FPA12", recipient="UFMC01")
    _finish(house)
    found = {one.file_name: one for one in house.documents("demo")}
    assert {name: one.state for name, one in found.items()} == {
        "M-1.xml": "delivered",
        "P-1.xml": "accepted",
        "P-2.xml": "accepted",
    }
    assert all(not one.flags for one in found.values())
    assert _mails_per_change(house) == {1}
    accepted = [file for file in house.sdi.files() if file.accepted]
    assert len(accepted) == 3


def test_sdi_takes_the_file_and_drops_the_connection(house: House, reseller: Reseller) -> None:
    """Nobody told us that it was taken: the second sending is answered NS 00002 under another
    IdSdI, and the first one's receipt counts."""
    house.sdi.behave(Behaviour(drop_connection_after=1))
    _drop(house, "M-1")
    _finish(house)
    (document,) = house.documents("demo")
    assert document.state == "delivered"
    files = house.sdi.files()
    assert [file.accepted for file in files] == [True, False]
    assert document.id_sdi == str(files[0].id_sdi)
    messages = {row["type"]: row["id_sdi"] for row in store.messages("demo", document.id)}
    assert messages == {"RC": str(files[0].id_sdi), "NS": str(files[1].id_sdi)}
    assert _mails_per_change(house) == {1}


def test_an_answer_for_an_unknown_file_is_kept_aside(house: House, reseller: Reseller) -> None:
    house.sdi.behave(Behaviour(unknown_id=True))
    _drop(house, "M-1")
    _finish(house)
    assert [one.state for one in house.documents("demo")] == ["delivered"]
    assert [one["code"] for one in store.list_unmatched()] == ["sdi_message_unmatched"]


def test_contradicting_ends_keep_the_first_and_say_so(house: House, reseller: Reseller) -> None:
    house.sdi.behave(Behaviour(contradict=True))
    _drop(house, "P-1", format="FPA12", recipient="UFEC01")
    house.settle()
    house.pass_time(timedelta(days=17), timedelta(days=1))
    (document,) = house.documents("demo")
    assert document.state == "accepted"
    assert document.flags == ("contradiction:DT",)
    assert any("contraddizione" in mail.message.get_content() for mail in
               house.cloud.mailbox.mails())  # fmt: skip


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_event_twice_in_any_order(house: House, reseller: Reseller, seed: int) -> None:
    now = house.cloud.clock.now()
    house.drop("demo/fatture.zip", demo.build_zip(now, None))
    house.settle(duplicate=True, order=Random(seed))
    house.pass_time(timedelta(minutes=1), duplicate=True, order=Random(seed))
    house.pass_time(timedelta(days=16), timedelta(days=8), duplicate=True, order=Random(seed))
    states = Counter(one.state for one in house.documents("demo"))
    fates = Counter(one.fate for one in demo.describe(now))
    assert states["delivered"] == fates["delivered"] + fates["repaired"]
    assert states["accepted"] == fates["accepted"]
    assert states["rejected"] == fates["rejected"]
    assert states["held"] == fates["held"] + fates["unassigned"]
    assert states["refused_file"] == fates["not_taken"] + fates["unreadable"]
    assert _mails_per_change(house) == {1}
    assert not house.cloud.pump.errors
