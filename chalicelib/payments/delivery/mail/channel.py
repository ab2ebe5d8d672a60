"""The delivery channel "mail": each notice to its debtor's mail address, PEC, or both (F001-058).

Options: `to` ("mail", "pec", "both"), `language` ("" for each debtor's own), `second` and `slip` of
the notice. The profile is the account of mail; with `both`, `pec_profile` is that of PEC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery.channels import Carrier, Channel, Options, Pace, Parcel
from chalicelib.payments.delivery.mail import accounts, message, smtp
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import model as positions

NAME: Final = "mail"
_LEGS: Final[dict[str, tuple[str, ...]]] = {
    "mail": ("mail",),
    "pec": ("pec",),
    "both": ("mail", "pec"),
}
_LANGUAGES: Final = frozenset({"", "it", "en", "fr", "es"})
_SECONDS: Final = frozenset({"", "person", "en", "fr", "de", "sl"})


def _check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
    """Rejected `delivery_option` (with its name), and as `accounts.require`."""
    found: dict[str, Any] = {
        "to": "mail", "language": "", "second": "", "slip": True, "pec_profile": "",
    } | dict(options)  # fmt: skip
    good = {
        "to": found["to"] in _LEGS,
        "language": found["language"] in _LANGUAGES,
        "second": found["second"] in _SECONDS,
        "slip": isinstance(found["slip"], bool),
        "pec_profile": isinstance(found["pec_profile"], str),
    }
    wrong = sorted(set(found) - set(good)) + [name for name, right in good.items() if not right]
    if wrong:
        raise Rejected("delivery_option", "An option is not right.", options=wrong)
    if found["to"] != "both":
        found["pec_profile"] = ""
    for leg in _LEGS[found["to"]]:
        accounts.require(tenant, _profile_of(profile, found, leg), leg)
    return found


def _profile_of(profile: str, options: Options, leg: str) -> str:
    return str(options.get("pec_profile") or profile) if leg == "pec" else profile


def _legs(person: Person, options: Options) -> Sequence[str]:
    return _LEGS[options["to"]]


def _to(person: Person, leg: str) -> str:
    return person.pec if leg == "pec" else person.mail


def missing(person: Person, leg: str) -> str:
    """Why a person cannot be written to, "" where he can."""
    address = _to(person, leg)
    if not address:
        return f"no_{leg}"
    return "" if accounts.is_address(address) else "address_malformed"


def pace_of(account: Account) -> Pace | None:
    """What the account allows."""
    if not account.per_minute and not account.per_hour:
        return None
    return Pace(account.code, account.per_minute, account.per_hour)


def _pace(tenant: str, profile: str, options: Options) -> Pace | None:
    account = accounts.find(tenant, profile)
    return pace_of(account) if account else None


class _Post:
    """A connection that sends notices."""

    def __init__(self, account: Account, session: smtp.Session) -> None:
        self._account, self._session = account, session

    def deliver(self, parcel: Parcel) -> str:
        language = parcel.options["language"] or parcel.person.language
        title, text = message.notice(_asked(parcel), language)
        to = _to(parcel.person, parcel.leg)
        attachment = parcel.file_name, parcel.pdf()
        data = message.made(self._account, to, parcel.name, parcel.at, title, text, attachment)
        return self._session.send(to, data)


def _asked(parcel: Parcel) -> message.Asked:
    position, body = parcel.position, parcel.body
    first, left = positions.next_to_pay(position), positions.to_pay(position)
    return message.Asked(
        name=parcel.person.name,
        body=body.name,
        code=body.fiscal_code,
        subject=position.subject,
        cents=positions.asked_in_all(position, clock.rome_day(parcel.at)),
        due=first.due,
        number=first.notice,
        # The last one of a plan leaves nothing to choose.
        instalments=len([one for one in left if one.number]) if len(left) > 1 else 0,
        info=body.contacts.line,
    )


@contextmanager
def _open(tenant: str, profile: str, options: Options) -> Iterator[Carrier]:
    account = accounts.require(tenant, profile, "mail")
    with smtp.connected(account, accounts.password_of(tenant, account)) as session:
        yield _Post(account, session)


CHANNEL: Final = Channel(
    name=NAME,
    check=_check,
    open=_open,
    repeatable=False,
    legs=_legs,
    missing=missing,
    to=_to,
    profile_of=_profile_of,
    pace=_pace,
)
