"""What a body does with its setting: say it, give a logo, offer services."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, config, dynamo, ids, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.payments import links, store, taxonomy
from chalicelib.payments.body import MODES, Body, Mode, Service, checklist
from chalicelib.payments.notice.model import LINK_CHARS

PictureType = Literal["image/png", "image/svg+xml"]


def get(tenant: str) -> Body:
    """The setting; NotFound before it is said."""
    found = store.get_body(tenant)
    if found is None:
        raise NotFound("body")
    return found


def save(tenant: str, body: Body, also: Sequence[Op] = ()) -> Body:
    """Say the setting, on the `version` that was read (0: for the first time); the logo stays.

    Rejected `not_a_body`, `segregation_codes` (too many), `segregation_code_taken` (another tenant
    makes IUVs for this fiscal code and segregation code), `segregation_code_used` (IUVs were made
    under a pair that would be gone), `iban_in_use` (a service collects on it); Conflict when
    somebody changed it meanwhile. `also` joins the commit.
    """
    if accounts.get_reseller(tenant).kind != "body":
        raise Rejected("not_a_body", "Only a body collects by pagoPA.")
    if len(body.segregations) > limits.BODY_SEGREGATIONS:
        raise Rejected(
            "segregation_codes", "So many codes cannot be kept.", most=limits.BODY_SEGREGATIONS
        )
    old = store.get_body(tenant)
    if body.version != (old.version if old else 0):
        raise Conflict()
    _require_accounts(tenant, body)
    new = dataclasses.replace(body, logo=old.logo if old else "")
    pairs = {(new.fiscal_code, one.code) for one in new.segregations}
    before = {(old.fiscal_code, one.code) for one in old.segregations} if old else set()
    ops: list[Op] = [store.put_body(tenant, new)]
    ops += [store.claim(tenant, *pair) for pair in sorted(pairs - before)]
    for pair in sorted(before - pairs):
        ops += store.unclaim(tenant, *pair)
    _commit([*ops, *also])
    return dataclasses.replace(new, version=new.version + 1)


def _commit(ops: Sequence[Op]) -> None:
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        for label in failed.found:
            kind, _, code = label.partition(":")
            if kind == "claim":
                raise Rejected(
                    "segregation_code_taken",
                    "Somebody else makes notices for this fiscal code and segregation code.",
                    status=409,
                    segregation=code,
                ) from failed
            if kind == "used":
                raise Rejected(
                    "segregation_code_used",
                    "Notices were made under it: they keep their code for ever.",
                    status=409,
                    segregation=code,
                ) from failed
        raise


def _require_accounts(tenant: str, body: Body) -> None:
    kept = {one.iban for one in body.accounts}
    for service in store.list_services(tenant):
        if service.active and service.iban not in kept:
            raise Rejected(
                "iban_in_use", "A service collects on it.", iban=service.iban, service=service.code
            )


def require_mode(tenant: str, mode: Mode) -> None:
    """Dues may come in that way. NotFound before the setting; Rejected `mode_off` (409)."""
    if mode not in get(tenant).modes:
        raise Rejected("mode_off", "Dues do not come in that way here.", status=409, mode=mode)


def modes_of(tenant: str) -> tuple[Mode, ...]:
    """How dues may come in; before anything is said, in every way."""
    found = store.get_body(tenant)
    return found.modes if found else MODES


# ------------------------------------------------------------------ the logo
def _logo_place(tenant: str, digest: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/body/logo/{digest}")


def save_logo(tenant: str, data: bytes, also: Sequence[Op] = ()) -> Body:
    """Another logo (PNG, JPEG or SVG), or none for b"". Raises Rejected as
    `notice.pdf.kept_logo`."""
    from chalicelib.payments.notice import pdf

    body = get(tenant)
    if data:
        data = pdf.kept_logo(data)
    digest = ids.sha256(data) if data else ""
    if data:
        # Before the setting names it, so that a setting never names what is not there.
        s3.put(_logo_place(tenant, digest), data, "application/octet-stream")
    new = dataclasses.replace(body, logo=digest)
    _commit([store.put_body(tenant, new), *also])
    return dataclasses.replace(new, version=new.version + 1)


def logo_of(tenant: str, body: Body) -> bytes:
    """Its bytes, b"" for none."""
    return s3.get(_logo_place(tenant, body.logo)) if body.logo else b""


def picture_type(data: bytes) -> PictureType:
    """What a logo that was kept is: it was looked at before."""
    return "image/png" if data.startswith(b"\x89PNG") else "image/svg+xml"


# ------------------------------------------------------------------ services
def list_services(tenant: str) -> list[Service]:
    return store.list_services(tenant)


def get_service(tenant: str, code: str) -> Service:
    """A service of the catalogue; NotFound."""
    found = store.get_service(tenant, code)
    if found is None:
        raise NotFound("service")
    return found


def save_service(tenant: str, service: Service, now: datetime, also: Sequence[Op] = ()) -> Service:
    """Offer a service or change it, on the `version` that was read (0: a new one).

    Rejected `iban_unknown`, `taxonomy_unknown`, `services` (too many); Conflict.
    """
    get(tenant).account(service.iban)
    taxonomy.require(service.taxonomy, clock.rome_day(now))
    if not service.version and len(store.list_services(tenant)) >= limits.BODY_SERVICES:
        raise Rejected("services", "So many services cannot be kept.", most=limits.BODY_SERVICES)
    _commit([store.put_service(tenant, service), *also])
    return dataclasses.replace(service, version=service.version + 1)


def readiness(tenant: str) -> dict[str, bool]:
    """What pagoPA's enrolment asks for, and whether it is there."""
    active = sum(service.active for service in store.list_services(tenant))
    return checklist(store.get_body(tenant), active, taxonomy.is_loaded())


def warnings() -> tuple[str, ...]:
    """What enrolment does not ask for and a body should know all the same, in one word each.

    `notice_link`: the portal's address is no https or too long, so that no notice bears the link.
    """
    return () if links.is_printable(LINK_CHARS) else ("notice_link",)
