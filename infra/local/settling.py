"""What follows the citizens: the node settles, the bank books, the house reconciles and posts.

The flows are fetched from the simulated node, the bank's statement is a CSV dropped in the bucket
with the damage that banks do. Not all of it agrees, as in life: a receipt that no flow reports, a
line that nobody has a receipt of, a flow whose money has not come, one whose money is a cent short.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.payments import iuv
from infra.local.collection import CREDITOR, IBAN, PARTNER, STATION, TENANT, Office, wait_for
from infra.local.pagopa.fdr import KEY, Fdr, Flow, Line

ROOT = "/v1/body/reconciliation"
POSTING = "/v1/body/posting"
COLUMNS = "banca"
LATE_MONEY = 2  # receipts in the flow whose transfer the bank has not booked yet
SHORT = 2  # receipts in the flow that a cent is missing of
WITH_STRANGER = 2  # receipts in the flow that has a line which nobody has a receipt of
FORGOTTEN = 1  # receipts that no flow reports
GOOD = 2  # flows that nothing is wrong with
STRANGER = 999_999_999  # the number of a notice that the body never made


@dataclass(frozen=True)
class Booked:
    """A row of the bank: what it says, and cents."""

    text: str
    cents: int


def flows(receipts: Sequence[dict[str, Any]], day: str) -> tuple[list[Flow], list[Booked]]:
    """The settlement of these receipts, and what the bank books of it, damage included."""
    lines: list[Line] = [(one["iuv"], one["id"], 1, one["cents"], "0") for one in receipts]
    waiting = lines[FORGOTTEN:]
    late, waiting = waiting[:LATE_MONEY], waiting[LATE_MONEY:]
    short, waiting = waiting[:SHORT], waiting[SHORT:]
    known, waiting = waiting[:WITH_STRANGER], waiting[WITH_STRANGER:]
    half = len(waiting) // 2
    stranger: Line = (iuv.make("01", STRANGER), "nobody-knows", 1, 15_000, "0")
    found = [
        Flow(f"{day}ABI06090-0001", "ABI06090", waiting[:half], day),
        Flow(f"{day}BPPIITRRXXX-000038102790", "BPPIITRRXXX", waiting[half:], day),
        Flow(f"{day}ABI03069-S{CREDITOR}", "ABI03069", short, day),
        Flow(f"{day}CIPBITMM-5", "CIPBITMM", [*known, stranger], day),
        Flow(f"{day}UNCRITMM-77", "UNCRITMM", late, day),
    ]
    first, poste, less, mixed, _ = found
    booked = [
        # A blank in the keyword and two in the id.
        Booked(f"ACCREDITO /PUR/LGPE- RIVERSAMENTO/URI/{first.id[:9]} {first.id[9:14]} "
               f"{first.id[14:]}", first.cents),
        # A tag before, words behind.
        Booked(f"RI1/PUR/LGPE-RIVERSAMENTO/URI/{poste.id} ACCREDITO BOLLETTINO P.A.", poste.cents),
        # UniCredit's tags around.
        Booked(f"Data Ordine: {day}; Descrizione Ordinante: PSP :RI3:/PUR/LGPE-RIVERSAMENTO/TXT/0"
               f"/URI/{less.id} :SEC:OTHR :OR1:", less.cents - 1),
        Booked(f"/PUR/LGPE-RIVERSAMENTO/URI/{mixed.id}", mixed.cents),
        Booked("BONIFICO A VOSTRO FAVORE ROSSI MARIO SALDO FATTURA 12", 24_400),
        Booked("COMMISSIONI E SPESE", -350),
    ]  # fmt: skip
    return found, booked


def statement(booked: Sequence[Booked], day: str) -> bytes:
    """As a bank exports it: a heading, Italian amounts, CP1252, a row of totals."""
    year, month, number = day.split("-")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Estratto conto", IBAN])
    writer.writerow(["Data contabile", "Descrizione", "Importo"])
    for row in booked:
        writer.writerow([f"{number}/{month}/{year}", row.text, _euro(row.cents)])
    writer.writerow(["Totale", "", _euro(sum(row.cents for row in booked))])
    return out.getvalue().encode("cp1252")


def _euro(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}".replace(",", ".") + f",{rest:02d}"


@dataclass(frozen=True)
class Reconciled:
    """How it ended: collections matched three ways, collections posted, anomalies by label."""

    matched: int
    posted: int
    anomalies: dict[str, int]
    orders: int

    @property
    def result(self) -> dict[str, object]:
        """For `.local/run.json`."""
        return {
            "reconciliation": {
                "matched": self.matched,
                "posted": self.posted,
                "anomalies": self.anomalies,
            }
        }


def play(office: Office, fdr: Fdr) -> Reconciled:
    """All of it, by the body's own software; the house works meanwhile."""
    door, day = office.door, office.today.isoformat()
    door.call("PUT", f"{ROOT}/setting", {
        "way": "rest", "broker": PARTNER, "station": STATION, "key": KEY,
    })  # fmt: skip
    door.call("PUT", f"{ROOT}/columns/{COLUMNS}", {
        "account": IBAN, "columns": {"day": 0, "texts": [1], "amount": 2, "first_row": 3,
                                     "mark": ","},
    })  # fmt: skip
    settled, booked = flows(office.receipts(), day)
    for flow in settled:
        fdr.publish(CREDITOR, flow)
    _drop(office, statement(booked, day))
    print(f"  {len(settled)} settlement flows at the node, a statement of the bank dropped")
    wait_for("the flows", lambda: _fetched(office), lambda found: found == len(settled))
    listed = wait_for(
        "the statement",
        lambda: door.call("GET", f"{ROOT}/statements")["statements"],
        lambda found: found and found[0]["state"] == "read",
    )
    wait_for("the match", lambda: _cashed(office), lambda found: found == GOOD)
    run = door.call("POST", f"{POSTING}/runs", {
        "mode": "statement", "name": listed[0]["id"], "account": IBAN,
    }, key="demo")  # fmt: skip
    posted = wait_for(
        "the posting",
        lambda: door.call("GET", f"{POSTING}/runs/{run['id']}"),
        lambda one: one["state"] == "posted",
    )
    found = wait_for(
        "the sums", lambda: door.call("GET", f"{ROOT}/summary"),
        lambda one: one["posted"] == posted["payments"],
    )  # fmt: skip
    return Reconciled(found["matched"], found["posted"], found["anomalies"], posted["orders"])


def _drop(office: Office, data: bytes) -> None:
    cloud = office.house.cloud
    cloud.client("s3").put_object(
        Bucket=cloud.environment["INTAKE_BUCKET"],
        Key=f"statements/{TENANT}/{COLUMNS}/estratto.csv",
        Body=data,
    )


def _fetched(office: Office) -> int:
    """Flows that are here whole; asking looks for more, as opening the page does."""
    found = office.door.call("GET", f"{ROOT}/flows")["flows"]
    return sum(one["complete"] for one in found)


def _cashed(office: Office) -> int:
    found = office.door.call("GET", f"{ROOT}/flows")["flows"]
    return sum(one["postable"] for one in found)
