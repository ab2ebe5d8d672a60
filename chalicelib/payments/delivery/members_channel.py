"""The channel to members' reserved areas, switched on for a body that asked (F001-073…075)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.base import clock
from chalicelib.payments.delivery import members, profiles, wishes
from chalicelib.payments.delivery.channels import Channel, Options, Parcel
from chalicelib.payments.positions import model

NAME: Final = "members"


def flag(profession: str) -> str:
    """What is enabled for a body and one profession (settings.enable)."""
    return f"{NAME}:{profession}"


def _profile(tenant: str, code: str) -> tuple[members.Profile, str]:
    carrier = profiles.require(tenant, code, NAME)
    assert isinstance(carrier.setting, members.Profile)
    return carrier.setting, profiles.secrets_of(tenant, carrier)["key"]


def _check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
    found, _ = _profile(tenant, profile)
    from chalicelib.payments.delivery import settings  # which knows the channels itself

    settings.require(tenant, flag(found.profession))
    return wishes.printed(options)


@dataclass(frozen=True)
class _Connector:
    profile: members.Profile
    secret: str = field(repr=False)

    def deliver(self, parcel: Parcel) -> str:
        position, person = parcel.position, parcel.person
        first = model.next_to_pay(position)
        notice = members.Notice(
            tax_code=person.tax_code, name=person.name, iuv=first.iuv,
            notice_number=first.notice, year=position.year,
            cents=model.asked(position, first, clock.rome_day(parcel.at)).cents,
            due=first.due.isoformat() if first.due else "", subject=position.subject,
            file_name=parcel.file_name, content=parcel.pdf(),
        )  # fmt: skip
        return members.publish(self.profile, self.secret, notice, parcel.name)


@contextmanager
def _open(tenant: str, profile: str, options: Options) -> Iterator[_Connector]:
    found, secret = _profile(tenant, profile)
    if found.probe:
        members.try_login(found, secret)  # one refusal instead of one for each notice
    yield _Connector(found, secret)


CHANNEL: Final = Channel(name=NAME, check=_check, open=_open, repeatable=True, on_request=True)
