"""The channel to App IO: what is to pay, to those who are there (F001-089…091, 182…184)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.payments import bodies
from chalicelib.payments.delivery import appio, profiles
from chalicelib.payments.delivery.appio import Client, Profile
from chalicelib.payments.delivery.channels import Channel, Options, Pace, Parcel, Skipped
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions.model import Position

NAME: Final = "appio"


def profile_of(tenant: str, code: str) -> tuple[Profile, Client]:
    """Rejected `appio_off` where the body has switched it off, and as `profiles.require`."""
    carrier = profiles.require(tenant, code, NAME)
    assert isinstance(carrier.setting, Profile)
    if not carrier.setting.enabled:
        raise Rejected("appio_off", "The body sends no messages to App IO.", status=409)
    return carrier.setting, appio.client(profiles.secrets_of(tenant, carrier)["key"])


def active_services(tenant: str) -> frozenset[str]:
    """Those that the body offers."""
    return frozenset(one.code for one in bodies.list_services(tenant) if one.active)


def not_for(position: Position, profile: Profile, active: frozenset[str]) -> str:
    """Why a position is not told on IO, "" when it is: all its services are active (F001-182) and
    of this profile."""
    services = {line.service for line in position.lines}
    if not services <= active:
        return "service_inactive"
    if profile.services and not services <= set(profile.services):
        return "appio_service"
    return ""


def _check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
    profile_of(tenant, profile)
    if options:
        raise Rejected("delivery_options", "The channel knows no such option.")
    return {}


@dataclass(frozen=True)
class _Sender:
    profile: Profile
    client: Client
    active: frozenset[str]

    def deliver(self, parcel: Parcel) -> str:
        if code := not_for(parcel.position, self.profile, self.active):
            raise Skipped(code)
        said = appio.to_pay(parcel.position, parcel.body.name, clock.rome_day(parcel.at))
        found = self.client.enrolment(parcel.person.tax_code)
        if not found.allowed:
            raise Skipped(found.reason)
        made = appio.message(said, self.profile, found.language, parcel.person.tax_code)
        return self.client.send(made)


@contextmanager
def _open(tenant: str, profile: str, options: Options) -> Iterator[_Sender]:
    found, client = profile_of(tenant, profile)
    client.try_key()  # one refusal instead of one for each citizen
    yield _Sender(found, client, active_services(tenant))


def _missing(person: Person, leg: str) -> str:
    return "" if appio.is_person(person.tax_code) else "appio_company"


def _to(person: Person, leg: str) -> str:
    return person.tax_code


def _pace(tenant: str, profile: str, options: Options) -> Pace:
    found, _ = profile_of(tenant, profile)
    return Pace(f"{NAME}:{profile}", found.per_minute, 0)


CHANNEL: Final = Channel(
    name=NAME, check=_check, open=_open, repeatable=False, missing=_missing, to=_to, pace=_pace
)
