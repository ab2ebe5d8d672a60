"""A debt position as GPD has it, and the next step from what is there to what is wanted. Pure.

Source: openapi_external_v1 of pagopa-debt-position (PaymentPositionModel) and pagopa.md section
5.1. Amounts are cents; days become the last second of the day in Rome, written in UTC, so that the
day is the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.payments import stamps
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person
from chalicelib.payments.pagopa.shares import shares
from chalicelib.payments.positions.model import Payment, Position, Transfer, asked, is_over
from chalicelib.payments.positions.states import UNPAID

SERVICE: Final = "/gpd/debt-positions-service/v1"
UPLOAD: Final = "/upload/gpd/debt-positions-service/v2"
TEXT_CHARS: Final = 140
NAME_CHARS: Final = 70
# What GPD says of a position; "" for one that it does not have.
Status = Literal[
    "", "DRAFT", "PUBLISHED", "VALID", "INVALID", "EXPIRED", "PARTIALLY_PAID", "PAID", "REPORTED"
]
_PAID: Final = frozenset({"PARTIALLY_PAID", "PAID", "REPORTED"})


def iupd(position: Position) -> str:
    """GPD's name of the position, made with the position: unique on the whole platform."""
    return f"{position.creditor}-{position.id}"


def position_id(name: str) -> str:
    """The id of the position that `iupd` named."""
    return name.partition("-")[2]


# ------------------------------------------------------------------ written
def written(body: Body, person: Person, position: Position, day: date) -> dict[str, Any]:
    """The PaymentPositionModel of a position that is to be paid, as it is on that day.

    Of the debtor only what the node asks for: name and code. It expires there only where the
    operator asked for a hard end (D15); late payments are taken else. No day of validity: valid at
    once.
    """
    options = [
        _option(body, position, one, day) for one in position.payments if one.state == "unpaid"
    ]
    found: dict[str, Any] = {
        "iupd": iupd(position),
        "type": "G" if len(person.tax_code) == 11 else "F",
        "payStandIn": True,
        "fiscalCode": person.tax_code,
        "fullName": person.name[:NAME_CHARS],
        "switchToExpired": _expires_there(position, day),
        "companyName": body.name[:TEXT_CHARS],
        "paymentOption": options,
    }
    if body.sector:
        found["officeName"] = body.sector[:TEXT_CHARS]
    return found


def _option(body: Body, position: Position, payment: Payment, day: date) -> dict[str, Any]:
    transfers = [
        _transfer(body, position, payment, number, one)
        for number, one in enumerate(shares(position, payment, day), 1)
    ]
    due = due_told(position, payment, day)
    found = {
        "nav": payment.notice,
        "iuv": payment.iuv,
        "amount": asked(position, payment, day).cents,
        "description": position.subject[:TEXT_CHARS],
        "isPartialPayment": payment.number > 0,
        "dueDate": end_of(due),
        "transfer": transfers,
    }
    if position.hard_end:
        # The node takes no notice of it, but GPD shows it, unlike the switch: so what is told is
        # seen to be there.
        found["retentionDate"] = end_of(max(due, position.ends))
    return found


def _transfer(
    body: Body, position: Position, payment: Payment, number: int, part: Transfer
) -> dict[str, Any]:
    euro = f"{part.cents // 100}.{part.cents % 100:02d}"
    reason = f"/RFB/{payment.iuv}/{euro}/TXT/{position.subject}"[:TEXT_CHARS]
    found = {
        "idTransfer": str(number),
        "amount": part.cents,
        "organizationFiscalCode": body.fiscal_code,
        "remittanceInformation": reason,
        "category": part.taxonomy,
    }
    if part.stamp:
        return found | {
            "stamp": {
                "hashDocument": part.stamp.document,
                "stampType": stamps.KIND,
                "provincialResidence": part.stamp.province,
            }
        }
    found["iban"] = part.iban
    postal = "" if position.has_stamp else _postal_iban(body)
    return found | ({"postalIban": postal} if postal else {})


def _postal_iban(body: Body) -> str:
    """Where Poste puts money of its slips, for bodies that have them printed."""
    if body.postal is None:
        return ""
    number = body.postal.account.lstrip("0")
    return next((one.iban for one in body.accounts if one.postal_number == number), "")


def due_told(position: Position, payment: Payment, day: date) -> date:
    """The due day as GPD takes it: not in the past.

    What is late is told as due tomorrow, because GPD refuses a past day and the position stays
    payable; with a hard end as due then, because GPD ends a position with its last due day. What is
    over and still payable there ends there tonight: GPD knows no earlier end that can be taken
    back.
    """
    due = payment.due or position.ends
    if is_over(position, day):
        return day
    if due >= day:
        return due
    return position.ends if position.hard_end else day + timedelta(days=1)


def _dues_told(position: Position, day: date) -> list[date]:
    return [due_told(position, one, day) for one in position.payments if one.state == "unpaid"]


def _expires_there(position: Position, day: date) -> bool:
    """Whether GPD is to end it by itself: only once the last due day that it knows is the end, or
    it would end when it is due."""
    if is_over(position, day):
        return True
    return position.hard_end and position.ends in _dues_told(position, day)


def end_of(day: date) -> str:
    """The last second of a day in Rome."""
    return clock.stamp(datetime.combine(day, time(23, 59, 59), clock.ROME))


def noon_of(day: date) -> str:
    """The middle of a day in Rome, for what is known by the day only."""
    return clock.stamp(datetime.combine(day, time(12), clock.ROME))


# ------------------------------------------------------------------ compared
_OPTION: Final = ("iuv", "amount", "description", "isPartialPayment")
_TRANSFER: Final = ("idTransfer", "amount", "category", "iban", "remittanceInformation")


def same(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether what GPD has is what is wanted, as far as GPD shows it: not the debtor."""
    return bool(_seen(wanted) == _seen(found))


def _seen(position: Mapping[str, Any]) -> Any:
    options = [
        (
            [one.get(name) for name in _OPTION],
            [str(one.get(name) or "")[:10] for name in ("dueDate", "retentionDate")],
            sorted(
                [str(each.get(name) or "") for name in _TRANSFER] + _stamped(each)
                for each in one.get("transfer", ())
            ),
        )
        for one in position.get("paymentOption", ())
    ]
    options.sort(key=lambda one: str(one[0][0]))
    return position.get("companyName"), position.get("officeName") or "", options


def _stamped(transfer: Mapping[str, Any]) -> list[str]:
    stamp = transfer.get("stamp") or {}
    return [f"{name}={stamp[name]}" for name in sorted(stamp)]


def status_of(found: Mapping[str, Any] | None) -> Status:
    """GPD's status of what it answered; "" for nothing."""
    return found.get("status", "") if found else ""


# ------------------------------------------------------------------ what to do
@dataclass(frozen=True)
class Step:
    """One call that brings GPD nearer; `notice` for `pay`, the 18 digits."""

    kind: Literal["create", "update", "publish", "invalidate", "delete", "pay"]
    notice: str = ""


def next_step(
    position: Position, deleted: bool, wanted: Mapping[str, Any] | None,
    found: Mapping[str, Any] | None, renamed: bool = False,
) -> Step | None:  # fmt: skip
    """What is to be done next; None when GPD knows what it has to know.

    `position` as it is today; `wanted` is `written` of it while it is still unpaid, `deleted` tells
    one that was deleted from one that was cancelled, `renamed`: it may have another name of the
    debtor, which it does not show. Rejected `pagopa_paid_there`, `pagopa_invalid_there`: what only
    a person can decide.
    """
    there = status_of(found)
    if position.state == "expired":
        assert wanted is not None
        return _over(there, wanted, found)
    if position.state in UNPAID:
        assert wanted is not None
        return _asked_for(there, wanted, found, renamed)
    if position.state == "invalid":
        return _called_off(there, deleted)
    return _paid(position, there, found)


def _asked_for(
    there: Status, wanted: Mapping[str, Any], found: Mapping[str, Any] | None, renamed: bool
) -> Step | None:
    if there in _PAID:
        return None  # its receipt is on its way: it says more than the status
    if there == "INVALID":
        raise Rejected("pagopa_invalid_there", "At pagoPA it was called off: make another one.")
    if found is None:
        return Step("create")
    if renamed or there == "EXPIRED" or not same(wanted, found):
        return Step("update")
    return Step("publish") if there == "DRAFT" else None


def _over(
    there: Status, wanted: Mapping[str, Any], found: Mapping[str, Any] | None
) -> Step | None:  # fmt: skip
    """GPD has ended it by itself, unless it was told of the end too late. What it never had, or
    never published, nobody can pay there."""
    if found is None or there not in ("PUBLISHED", "VALID") or same(wanted, found):
        return None
    return Step("update")


def _called_off(there: Status, deleted: bool) -> Step | None:
    if there in _PAID:
        raise Rejected("pagopa_paid_there", "At pagoPA it was paid: its receipt is on its way.")
    if there in ("", "INVALID"):
        return None
    # Only what is published can be invalidated.
    return Step("delete" if deleted or there in ("DRAFT", "EXPIRED") else "invalidate")


def _paid(position: Position, there: Status, found: Mapping[str, Any] | None) -> Step | None:
    """What was paid without GPD knowing: each notice that is not paid there, unless paying another
    one closed it."""
    if found is None or there in ("INVALID", "EXPIRED", "PAID", "REPORTED"):
        return None
    if there == "DRAFT":
        return Step("delete")
    open_there = {
        one.get("iuv") for one in found.get("paymentOption", ()) if one.get("status") == "PO_UNPAID"
    }
    paid = [one for one in position.payments if one.state == "paid" and one.iuv in open_there]
    if position.state == "paid_outside":
        paid = _outside(position, there, open_there)
    return Step("pay", paid[0].notice) if paid else None


def _outside(position: Position, there: Status, open_there: set[Any]) -> list[Payment]:
    """The whole, which closes the plan; or what is left of it once an instalment was paid."""
    whole = position.whole
    if whole is not None and whole.iuv in open_there and there != "PARTIALLY_PAID":
        return [whole]
    return [one for one in position.instalments if one.iuv in open_there]


# ------------------------------------------------------------------ when it changes by itself
def changes_on(position: Position, day: date) -> date | None:
    """The next day on which the whole asks for something else by its rules, or on which GPD can be
    told of a hard end that comes after the due day; None when nothing changes or nobody may pay
    it."""
    if position.state not in UNPAID or is_over(position, day):
        return None
    whole = position.whole
    days: list[date] = []
    for rule in position.rules if whole is not None and whole.state == "unpaid" else ():
        if rule.first and rule.first > day:
            days.append(rule.first)
        elif rule.yearly_rate and rule.holds(day):
            days.append(day + timedelta(days=1))
        if rule.last and rule.last >= day:
            days.append(rule.last + timedelta(days=1))
    if position.hard_end:
        if not _expires_there(position, day):
            days.append(min(_dues_told(position, day)) + timedelta(days=1))
        days = [one for one in days if one <= position.ends]
    return min(days, default=None)
