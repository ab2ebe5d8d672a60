"""What GPD takes for a debt position: the rules of its schema and those of its service.

Written from the OpenAPI document (PaymentPositionModel 1.1.37) and from what the service checks
beyond it; shares nothing with the product. Fields that the schema does not know are refused too,
which the real service does not do: a misspelt one would go unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_IBAN = re.compile(r"[A-Za-z0-9]{1,35}", re.ASCII)
_CATEGORY = re.compile(r"9/\w{9}/", re.ASCII)


class Refused(Exception):
    """A ProblemJson: HTTP status, title, detail."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail = status, title, detail


def _bad(where: str, why: str) -> Refused:
    return Refused(400, "BAD REQUEST", f"{where}: {why}")


Check = Callable[[str, Any], None]


def _text(most: int = 10_000, least: int = 0, pattern: re.Pattern[str] | None = None) -> Check:
    def check(where: str, value: Any) -> None:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise _bad(where, f"must be a text of {least} to {most} characters")
        if pattern is not None and not pattern.fullmatch(value):
            raise _bad(where, f"must match {pattern.pattern}")

    return check


def _one_of(*words: str) -> Check:
    def check(where: str, value: Any) -> None:
        if value not in words:
            raise _bad(where, f"must be one of {', '.join(words)}")

    return check


def _flag(where: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _bad(where, "must be true or false")


def _cents(where: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 99_999_999_999:
        raise _bad(where, "must be a whole number of cents from 1 on")


def _instant(where: str, value: Any) -> None:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise _bad(where, "must be a date and time")


def _metadata(where: str, value: Any) -> None:
    if not isinstance(value, list) or len(value) > 10:
        raise _bad(where, "must be a list of ten at most")
    keys = [one.get("key") for one in value]
    if len(set(keys)) < len(keys) or "NOTIFICATION_FEE" in keys:
        raise _bad(where, "keys must differ, and NOTIFICATION_FEE is reserved")
    for one in value:
        _object(where, one, {"key": _text(140), "value": _text(140)}, {"key", "value"})


def _object(
    where: str, value: Any, fields: Mapping[str, Check], required: set[str]
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _bad(where, "must be an object")
    if missing := sorted(required - value.keys()):
        raise _bad(where, f"{missing[0]} is missing")
    if unknown := sorted(value.keys() - fields.keys()):
        raise _bad(where, f"{unknown[0]} is not known")
    for name, given in value.items():
        if given is not None or name in required:
            fields[name](f"{where}.{name}", given)
    return value


_STAMP = {
    "hashDocument": _text(72),
    "stampType": _text(2, 2),
    "provincialResidence": _text(2, 2, re.compile("[A-Z]{2}")),
}


def _stamp(where: str, value: Any) -> None:
    _object(where, value, _STAMP, set(_STAMP))


def _transfer(where: str, value: Any) -> None:
    fields: dict[str, Check] = {
        "idTransfer": _one_of("1", "2", "3", "4", "5"),
        "amount": _cents,
        "organizationFiscalCode": _text(11, 11, re.compile(r"[0-9]{11}")),
        "remittanceInformation": _text(140),
        "category": _text(20, 1, _CATEGORY),
        "iban": _text(35, 1, _IBAN),
        "postalIban": _text(35, 1, _IBAN),
        "stamp": _stamp,
        "companyName": _text(140),
        "transferMetadata": _metadata,
    }
    found = _object(
        where, value, fields, {"idTransfer", "amount", "remittanceInformation", "category"}
    )
    if ("iban" in found) == ("stamp" in found):
        raise _bad(where, "either iban or stamp")


def _option(where: str, value: Any) -> None:
    def transfers(at: str, given: Any) -> None:
        if not isinstance(given, list) or not 1 <= len(given) <= 5:
            raise _bad(at, "must be one to five transfers")
        for number, one in enumerate(given):
            _transfer(f"{at}[{number}]", one)

    fields: dict[str, Check] = {
        "nav": _text(18, 18, re.compile(r"[0-9]{18}")),
        "iuv": _text(17, 17, re.compile(r"[0-9]{17}")),
        "amount": _cents,
        "description": _text(140),
        "isPartialPayment": _flag,
        "dueDate": _instant,
        "retentionDate": _instant,
        "transfer": transfers,
        "paymentOptionMetadata": _metadata,
    }
    required = {"amount", "description", "dueDate", "isPartialPayment", "iuv", "transfer"}
    found = _object(where, value, fields, required)
    if sum(one["amount"] for one in found["transfer"]) != found["amount"]:
        raise _bad(where, "the transfers do not make the amount")
    numbers = [one["idTransfer"] for one in found["transfer"]]
    if len(set(numbers)) < len(numbers):
        raise _bad(where, "idTransfer must differ")
    if "nav" in found and found["nav"] != "3" + found["iuv"]:
        raise _bad(where, "nav is 3 and the iuv")


def _options(where: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise _bad(where, "must be one payment option or more")
    for number, one in enumerate(value):
        _option(f"{where}[{number}]", one)
    if len({one["iuv"] for one in value}) < len(value):
        raise _bad(where, "each iuv once")
    if sum(not one["isPartialPayment"] for one in value) > 1:
        raise _bad(where, "one payment option asks for the whole")


_POSITION: dict[str, Check] = {
    "iupd": _text(100, 1, re.compile(r"[\w*\s-]+")),
    "type": _one_of("F", "G"),
    "payStandIn": _flag,
    "fiscalCode": _text(16, 2),
    "fullName": _text(255, 1),
    "streetName": _text(70),
    "civicNumber": _text(16),
    "postalCode": _text(16),
    "city": _text(35),
    "province": _text(35),
    "region": _text(35),
    "country": _text(2, 2, re.compile("[A-Z]{2}")),
    "email": _text(256, 3),
    "phone": _text(20),
    "switchToExpired": _flag,
    "companyName": _text(140),
    "officeName": _text(140),
    "validityDate": _instant,
    "paymentOption": _options,
}
_REQUIRED = {"companyName", "fiscalCode", "fullName", "iupd", "switchToExpired", "type"}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def check(value: Any, now: datetime) -> dict[str, Any]:
    """The position itself, if GPD takes it at that moment; raises Refused 400."""
    found = dict(_object("position", value, _POSITION, _REQUIRED | {"paymentOption"}))
    begins = instant(found["validityDate"]) if found.get("validityDate") else None
    if begins is not None and begins <= now:
        raise _bad("validityDate", "is past")
    if found["type"] == "G" and len(found["fiscalCode"]) != 11:
        raise _bad("fiscalCode", "a company's has eleven digits")
    for one in found["paymentOption"]:
        due = instant(one["dueDate"])
        if due <= now or (begins is not None and due < begins):
            raise _bad("dueDate", "is past, or before the position is valid")
        if one.get("retentionDate") and instant(one["retentionDate"]) < due:
            raise _bad("retentionDate", "is before the due date")
    return found
