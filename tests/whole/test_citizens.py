"""The citizens' part of `make run`, in small: what it writes down is what the house's doors say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local import collecting, run, settling
from infra.local.citizens import Citizen
from infra.local.collecting import Collected
from infra.local.doors import Door
from infra.local.engines import Engines
from infra.local.house import AUTHORITY_FOLDER, House
from infra.local.smtp import MailServer
from infra.local.story import Story

# One of everything that citizens, payment providers and banks do.
SMALL = Story(
    dues=14, companies=3, late=1, citizens=9, twice=1, later=1, repeated=1, instalments=2,
    cancelled=1, pairs=1, forgotten=1, late_money=1, short=1, with_stranger=1,
)  # fmt: skip
SETTLED_WRONG = SMALL.forgotten + SMALL.late_money + SMALL.short


class Played:
    """The story as it ended, and the doors of the house in which it did."""

    def __init__(self, house: House, mail: MailServer, collected: Collected) -> None:
        self.house, self.mail, self.collected = house, mail, collected
        self.office = collected.town.office

    def get(self, path: str) -> Any:
        return self.office.door.call("GET", path)


@pytest.fixture(scope="module")
def played(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("house")
    trust = {"SSL_CERT_FILE": str(AUTHORITY_FOLDER / "ca.pem")}
    with (
        House(folder, engines=engines, real_time=True, variables=trust) as house,
        MailServer(house.authority) as mail,
        house.working(),
    ):
        yield Played(house, mail, collecting.play(house, mail, SMALL))


def test_what_is_written_down_is_what_the_doors_say(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RESULT", tmp_path / "new" / "run.json")
    run.write_result([], 0.0, played.collected)
    written = json.loads(run.RESULT.read_text())
    assert set(written) == {
        "flows", "documents", "refusals", "seconds",
        "positions", "notices", "receipts", "reconciliation",
    }  # fmt: skip
    archive = played.office.positions()
    assert written["positions"] == Counter(one["state"] for one in archive)
    # One for each due, and the certificate that nobody had asked for.
    assert sum(written["positions"].values()) == SMALL.dues + 1
    sums = {state: one["count"] for state, one in played.get("/v1/body/summary")["states"].items()}
    assert {state: count for state, count in sums.items() if count} == written["positions"]
    assert written["receipts"] == len(played.office.receipts())
    assert set(written["reconciliation"]) == {"matched", "posted", "anomalies"}
    summary = played.get(f"{settling.ROOT}/summary")
    for name, found in written["reconciliation"].items():
        assert summary[name] == found, name
    assert not played.house.cloud.pump.errors


def test_each_notice_went_out_once_with_its_pdf(played: Played) -> None:
    notices = [one for one in played.mail.mails if any(name.endswith(".pdf") for name in one.files)]
    sent = [one for one in notices if one.to.startswith("iscritto")]
    told = Counter(one.to for one in sent)
    assert played.collected.notices == SMALL.dues
    assert set(told) == {f"iscritto{number + 1}@example.org" for number in range(SMALL.dues)}


def test_who_paid_and_how_shows_in_the_states(played: Played) -> None:
    positions = played.office.positions()
    paid = [one for one in positions if one["state"] in ("paid", "reported")]
    partly = [one for one in positions if one["state"] == "partially_paid"]
    # Of the companies that pay by instalments every other one stops after the first.
    assert len(partly) == (SMALL.instalments + 1) // 2
    # Everybody else who came has paid, but who turned back; a pair is one citizen's two notices.
    turned_away = SMALL.cancelled + len(partly)
    assert len(paid) == SMALL.citizens - turned_away + SMALL.pairs
    # Each instalment has its receipt; whoever paid at two places has two.
    both = SMALL.instalments // 2
    assert played.collected.receipts == len(paid) + len(partly) + both + SMALL.twice
    doubles = [one for one in played.office.receipts() if one["double"]]
    assert len(doubles) == SMALL.twice


def test_the_settlement_is_matched_and_posted_but_for_what_was_damaged(played: Played) -> None:
    found, receipts = played.collected.reconciled, played.collected.receipts
    # What the bank booked wrongly or not at all is reported by its flow all the same.
    assert found.matched == receipts - SMALL.forgotten
    assert found.posted == receipts - SETTLED_WRONG - SMALL.with_stranger
    # A flow without its money, one that is a cent short, a line that nobody has a receipt of. A
    # receipt without a flow becomes odd after days.
    assert found.anomalies == {"IUF_NO_TES": 1, "IUF_TES_DIV_IMP": 1, "IUV_NO_RT": 1}
    orders = played.get(f"{settling.POSTING}/orders?year={played.office.today.year}")["orders"]
    assert len(orders) == found.orders
    summary = played.get(f"{settling.ROOT}/summary")
    assert sum(one["cents"] for one in orders) == summary["posted_cents"] > 0


def test_what_is_left_to_try_is_there_to_pay(played: Played) -> None:
    town = played.collected.town
    notice, tax_code = town.unpaid()
    shown = Citizen(Door(town.office.door.url, source="127.0.1.200"), town.checkout).find(
        notice, tax_code
    )
    assert (shown["notice"], shown["state"]) == (notice, "payable")
    assert notice in town.link()
