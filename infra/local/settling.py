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
from infra.local.story import USUAL, Story

ROOT = "/v1/body/reconciliation"
POSTING = "/v1/body/posting"
COLUMNS = "banca"
GOOD = 2  # flows that nothing is wrong with
STRANGER = 999_999_999  # the number of a notice that the body never made


@dataclass(frozen=True)
class Booked:
    """A row of the bank: what it says, and cents."""

    text: str
    cents: int


def flows(
    receipts: Sequence[dict[str, Any]], day: str, story: Story = USUAL
) -> tuple[list[Flow], list[Booked]]:
    """The settlement of these receipts, and what the bank books of it, damage included."""
    lines: list[Line] = [(one["iuv"], one["id"], 1, one["cents"], "0") for one in receipts]
    waiting = lines[story.forgotten :]
    late, waiting = waiting[: story.late_money], waiting[story.late_money :]
    short, waiting = waiting[: story.short], waiting[story.short :]
    known, waiting = waiting[: story.with_stranger], waiting[story.with_stranger :]
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
    """How it ended: lines of flows whose receipt is here, those posted, anomalies by label."""

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
    """All of it: the body's own software says how, the house's schedule does it."""
    door, day = office.door, office.today.isoformat()
    door.call("PUT", f"{ROOT}/setting", {
        "way": "rest", "broker": PARTNER, "station": STATION, "key": KEY,
    })  # fmt: skip
    door.call("PUT", f"{ROOT}/columns/{COLUMNS}", {
        "account": IBAN, "columns": {"day": 0, "texts": [1], "amount": 2, "first_row": 3,
                                     "mark": ","},
    })  # fmt: skip
    door.call("PUT", f"{POSTING}/setting", {"automatic": True, "account": IBAN})
    settled, booked = flows(office.receipts(), day, office.story)
    for flow in settled:
        fdr.publish(CREDITOR, flow)
    _drop(office, statement(booked, day))
    print(f"  {len(settled)} settlement flows at the node, a statement of the bank dropped")
    # From here on nobody asks for anything: the schedule looks, what agrees is posted.
    run_hour(office)
    wait_for("the flows", lambda: _fetched(office), lambda found: found == len(settled))
    wait_for("the posting", lambda: _done(office), lambda found: found == GOOD)
    runs = door.call("GET", f"{POSTING}/runs")["runs"]
    found = door.call("GET", f"{ROOT}/summary")
    orders = sum(one["orders"] for one in runs)
    return Reconciled(found["matched"], found["posted"], found["anomalies"], orders)


def run_hour(office: Office) -> None:
    """The hourly schedule, as EventBridge starts it: nobody waits an hour for the next."""
    cloud = office.house.cloud
    (hourly,) = (one for one in cloud.stack.schedules if one.function == "Hourly")
    cloud.pump.run_schedule(hourly)


def _drop(office: Office, data: bytes) -> None:
    cloud = office.house.cloud
    cloud.client("s3").put_object(
        Bucket=cloud.environment["INTAKE_BUCKET"],
        Key=f"statements/{TENANT}/{COLUMNS}/estratto.csv",
        Body=data,
    )


def _fetched(office: Office) -> int:
    """Flows that are here whole. Asking would look for more, had the schedule not just done so."""
    found = office.door.call("GET", f"{ROOT}/flows")["flows"]
    return sum(one["complete"] for one in found)


def _done(office: Office) -> int:
    """Flows of which everything is posted."""
    found = office.door.call("GET", f"{ROOT}/flows", desk="done")["flows"]
    return len(found)
