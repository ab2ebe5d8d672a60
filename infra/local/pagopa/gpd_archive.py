"""The positions that the simulated GPD keeps, by its own states, and the receipts of those paid.

Source: state machine of pagopa-debt-position (pagopa.md section 5.1). One archive is one product:
GPD's own, or the archive of notices (ACA).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from infra.local.pagopa import gpd_rules as rules
from infra.local.pagopa import node_messages as messages
from infra.local.pagopa.gpd_rules import Refused

_FIXED = ("INVALID", "PARTIALLY_PAID", "PAID", "REPORTED")


@dataclass(frozen=True)
class Receipt:
    """A payment: `xml` as the receipts service has it, `json` as Biz Events does."""

    creditor: str
    iuv: str
    id: str
    at: datetime
    xml: bytes = field(repr=False)
    json: dict[str, Any] = field(repr=False)


@dataclass
class Archive:
    """Positions by creditor and IUPD, as `stored` shows them. `segregations`: codes that the caller
    may use for a creditor; one that is not there may use all."""

    clock: Callable[[], datetime]
    segregations: dict[str, frozenset[str]] = field(default_factory=dict)
    positions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    receipts: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    # What was taken, in order: ("create", iupd), ("update", iupd), ("invalidate", iupd)…
    done: list[tuple[str, str]] = field(default_factory=list)

    # --- looked at --------------------------------------------------------------------------
    def get(self, creditor: str, iupd: str) -> dict[str, Any]:
        """A position with its status. Refused 404."""
        found = self.positions.get((creditor, iupd))
        if found is None:
            raise Refused(404, "NOT FOUND", f"No debt position {iupd}")
        self._age(found)
        return found

    def _age(self, position: dict[str, Any]) -> None:
        published = position["status"] == "PUBLISHED"
        if published and rules.instant(position["validityDate"]) <= self.clock():
            position["status"] = "VALID"
        if position["status"] == "VALID" and position["switchToExpired"]:
            dues = [rules.instant(one["dueDate"]) for one in position["paymentOption"]]
            if max(dues) < self.clock():
                position["status"] = "EXPIRED"

    def option(self, creditor: str, nav: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The position and the payment option of a notice number. Refused 404."""
        for (owner, iupd), position in self.positions.items():
            for one in position["paymentOption"]:
                if owner == creditor and one["nav"] == nav:
                    return self.get(owner, iupd), one
        raise Refused(404, "NOT FOUND", f"No payment option {nav}")

    def _numbers(self, creditor: str, but: str = "") -> Iterator[str]:
        for (owner, iupd), position in self.positions.items():
            if owner == creditor and iupd != but:
                yield from (one["iuv"] for one in position["paymentOption"])

    # --- changed ----------------------------------------------------------------------------
    def create(self, creditor: str, value: Any, publish: bool) -> dict[str, Any]:
        """A new position. Refused 400, 403, 409."""
        found = self._checked(creditor, value)
        if any(iupd == found["iupd"] for _, iupd in self.positions):
            raise Refused(409, "CONFLICT", f"The IUPD {found['iupd']} is there already")
        made = self._stored(creditor, found, "DRAFT")
        self.positions[creditor, found["iupd"]] = made
        self.done.append(("create", found["iupd"]))
        return self._publish(made) if publish else made

    def update(self, creditor: str, iupd: str, value: Any, publish: bool) -> dict[str, Any]:
        """The same position with other values. Refused 400, 403, 404, 409."""
        old = self.get(creditor, iupd)
        if old["status"] in _FIXED:
            raise Refused(409, "CONFLICT", f"Not updatable in status {old['status']}")
        found = self._checked(creditor, value)
        if found["iupd"] != iupd:
            raise Refused(400, "BAD REQUEST", "the IUPD cannot change")
        made = self._stored(creditor, found, "DRAFT")
        self.positions[creditor, iupd] = made
        self.done.append(("update", iupd))
        return self._publish(made) if publish else made

    def _checked(self, creditor: str, value: Any) -> dict[str, Any]:
        found = rules.check(value, self.clock())
        allowed = self.segregations.get(creditor)
        for one in found["paymentOption"]:
            if allowed is not None and one["iuv"][:2] not in allowed:
                raise Refused(403, "FORBIDDEN", "Another's segregation code")
        taken = set(self._numbers(creditor, but=found["iupd"]))
        if taken & {one["iuv"] for one in found["paymentOption"]}:
            raise Refused(409, "CONFLICT", "An IUV is there already")
        return found

    def _stored(self, creditor: str, value: dict[str, Any], status: str) -> dict[str, Any]:
        made = copy.deepcopy(value)
        made |= {"organizationFiscalCode": creditor, "status": status}
        for one in made["paymentOption"]:
            one.setdefault("nav", "3" + one["iuv"])
            one["status"] = "PO_UNPAID"
        return made

    def publish(self, creditor: str, iupd: str) -> dict[str, Any]:
        """Refused 404, 409."""
        found = self.get(creditor, iupd)
        if found["status"] != "DRAFT":
            raise Refused(409, "CONFLICT", f"Not publishable in status {found['status']}")
        self.done.append(("publish", iupd))
        return self._publish(found)

    def _publish(self, found: dict[str, Any]) -> dict[str, Any]:
        found["status"] = "PUBLISHED" if found.get("validityDate") else "VALID"
        return found

    def invalidate(self, creditor: str, iupd: str) -> dict[str, Any]:
        """Refused 404, 409."""
        found = self.get(creditor, iupd)
        if found["status"] not in ("PUBLISHED", "VALID"):
            raise Refused(409, "CONFLICT", f"Not invalidable in status {found['status']}")
        found["status"] = "INVALID"
        self.done.append(("invalidate", iupd))
        return found

    def delete(self, creditor: str, iupd: str) -> None:
        """Refused 404, 409 for one that was paid."""
        found = self.get(creditor, iupd)
        if any(one["status"] != "PO_UNPAID" for one in found["paymentOption"]):
            raise Refused(409, "CONFLICT", "A payment was found")
        del self.positions[creditor, iupd]
        self.done.append(("delete", iupd))

    # --- paid -------------------------------------------------------------------------------
    def pay_elsewhere(self, creditor: str, nav: str) -> dict[str, Any]:
        """Mark a notice as paid past the node. Refused 404, 409, 422."""
        position, option = self.option(creditor, nav)
        self._settle(position, option)
        self.done.append(("paid", position["iupd"]))
        return option

    def _settle(self, position: dict[str, Any], option: dict[str, Any]) -> None:
        options = position["paymentOption"]
        paid = [one for one in options if one["status"] == "PO_PAID"]
        if option in paid or (paid and not option["isPartialPayment"]):
            raise Refused(409, "CONFLICT", "A payment was found")
        if position["status"] not in ("VALID", "PARTIALLY_PAID"):
            raise Refused(422, "NOT PAYABLE", f"Not payable in status {position['status']}")
        option["status"] = "PO_PAID"
        rates = [one for one in options if one["isPartialPayment"]]
        whole = not option["isPartialPayment"]
        done = whole or all(one["status"] == "PO_PAID" for one in rates)
        position["status"] = "PAID" if done else "PARTIALLY_PAID"

    def pay(self, creditor: str, nav: str, receipt: str) -> Receipt:
        """Somebody pays a notice at a PSP: the node asks GPD, and GPD keeps the receipt."""
        position, option = self.option(creditor, nav)
        self._settle(position, option)
        made = _receipt(position, option, creditor, receipt, self.clock())
        self.receipts[creditor, option["iuv"]] = made
        return made


def _receipt(
    position: dict[str, Any], option: dict[str, Any], creditor: str, name: str, at: datetime
) -> Receipt:
    psp, text = messages.Psp(), option["description"]
    debtor = messages.Person(position["type"], position["fiscalCode"], position["fullName"])
    transfers = tuple(
        messages.Transfer(
            int(one["idTransfer"]), one["amount"], one["organizationFiscalCode"],
            one.get("iban", ""), one["remittanceInformation"], one["category"],
            wanted=_wanted(one.get("stamp")),
        )
        for one in option["transfer"]
    )  # fmt: skip
    paid = messages.Activated(
        name, option["nav"], creditor, option["iuv"], option["amount"], option["dueDate"][:10],
        text, position["companyName"], position.get("officeName", ""), debtor, transfers,
    )  # fmt: skip
    paid = messages.bought(paid, psp, at.isoformat(timespec="seconds"))
    day = at.date().isoformat()
    head = [("idPA", creditor), ("idBrokerPA", "15376371009"), ("idStation", "15376371009_01")]
    told = messages.receipt(
        paid, head, psp, second=True, payer=None, method="creditCard", fee_cents=100, note="",
        at=at.isoformat(timespec="seconds"), days=(day, day),
    )  # fmt: skip
    return Receipt(creditor, option["iuv"], name, at, told.body, _biz(paid, psp, at))


def _wanted(stamp: dict[str, str] | None) -> tuple[str, str, str]:
    if not stamp:
        return "", "", ""
    return stamp["hashDocument"], stamp["stampType"], stamp["provincialResidence"]


def _biz(paid: messages.Activated, psp: messages.Psp, at: datetime) -> dict[str, Any]:
    """The same as Biz Events writes it: amounts in euro as numbers."""
    return {
        "receiptId": paid.token, "noticeNumber": paid.notice, "fiscalCode": paid.creditor,
        "outcome": "OK", "creditorReferenceId": paid.iuv, "paymentAmount": paid.cents / 100,
        "description": paid.description, "companyName": paid.company, "officeName": paid.office,
        "debtor": {
            "entityUniqueIdentifierType": paid.debtor.kind,
            "entityUniqueIdentifierValue": paid.debtor.code,
            "fullName": paid.debtor.name,
        },
        "transferList": [
            {
                "idTransfer": one.number, "transferAmount": one.cents / 100,
                "fiscalCodePA": one.creditor, "iban": one.iban, "mbdAttachment": one.stamp,
                "remittanceInformation": one.reason, "transferCategory": one.category,
            }
            for one in paid.transfers
        ],
        "idPSP": psp.id, "pspFiscalCode": psp.fiscal_code, "pspCompanyName": psp.name,
        "idChannel": psp.channel, "channelDescription": psp.channel_name,
        "paymentMethod": "creditCard", "fee": 1.0,
        "paymentDateTime": at.date().isoformat(),
        "paymentDateTimeFormatted": at.isoformat(timespec="seconds"),
        "applicationDate": at.date().isoformat(), "transferDate": at.date().isoformat(),
    }  # fmt: skip
