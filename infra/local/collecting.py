"""The citizens' part of `make run`: from the body's Excel file to the receipts of who paid."""

from __future__ import annotations

import time
from dataclasses import dataclass

from infra.local import settling
from infra.local.citizens import Town
from infra.local.collection import Office
from infra.local.house import House
from infra.local.settling import Reconciled
from infra.local.smtp import MailServer
from infra.local.story import USUAL, Story


@dataclass(frozen=True)
class Collected:
    """How it ended: positions by state, notices that went out, receipts that came."""

    town: Town
    positions: dict[str, int]
    notices: int
    receipts: int
    reconciled: Reconciled
    seconds: float

    @property
    def result(self) -> dict[str, object]:
        """For `.local/run.json`."""
        return {
            "positions": self.positions,
            "notices": self.notices,
            "receipts": self.receipts,
            **self.reconciled.result,
        }


def play(house: House, mail: MailServer, story: Story = USUAL) -> Collected:
    """All of it, said on the terminal; the house works meanwhile."""
    begun = time.monotonic()
    print("A body collects: its setting, a service, a mail account", flush=True)
    office = Office.open(house, mail, story)
    done = office.bring_dues()
    print(f"  {done['done']} dues from an Excel file of {story.dues} rows", flush=True)
    print(f"  {office.make_positions()} debt positions with their IUV", flush=True)
    runs = office.notify()
    notices = sum(run["sent"] for run in runs)
    print(f"  {notices} notices in PDF, sent by mail", flush=True)
    town = Town.of(office)
    town.live()
    receipts = len(office.receipts())
    print(f"  {town.count} citizens at the portal; {receipts} receipts from the node", flush=True)
    reconciled = settling.play(office, house.settlement)
    print(
        f"  {reconciled.orders} orders (reversali) of {reconciled.posted} collections", flush=True
    )
    seconds = round(time.monotonic() - begun, 1)
    found = Collected(town, office.states(), notices, receipts, reconciled, seconds)
    _write_table(found)
    return found


def _write_table(found: Collected) -> None:
    print(f"\n  {'position':16} {'':44} positions")
    print(f"  {'-' * 16} {'-' * 44} {'-' * 9}")
    for state, count in found.positions.items():
        print(f"  {state:16} {'':44} {count:9}")
    rows = {
        ("matched", "receipt and flow agree"): found.reconciled.matched,
        ("posted", "in an order (reversale)"): found.reconciled.posted,
        **{("anomaly", label): n for label, n in sorted(found.reconciled.anomalies.items())},
    }
    print(f"\n  {'reconciliation':16} {'':44} collections")
    print(f"  {'-' * 16} {'-' * 44} {'-' * 11}")
    for (kind, label), count in rows.items():
        print(f"  {kind:16} {label:44} {count:11}")
    print(
        f"\n  {found.notices} notices and {found.receipts} receipts in {found.seconds} s\n",
        flush=True,
    )
