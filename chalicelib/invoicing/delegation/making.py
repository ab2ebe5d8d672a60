"""The PDF of a delegation: made when it is asked for and says something new, and then kept, because
people sign what they have printed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, config, dynamo, limits, s3
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.invoicing.delegation import content, store

_SUBJECT: Final = "Delega per la conservazione"


@dataclass(frozen=True)
class Made:
    """A version behind a short-lived link, and every version there was: when each was made."""

    name: str
    version: str
    url: str
    versions: dict[str, str]


def delegation(tenant: str, customer_id: str, now: datetime, version: str = "") -> Made:
    """The delegation as the customer's data are now, or an earlier `version` of it.

    NotFound; Rejected `customer_profile_missing`.
    """
    customer = accounts.get_customer(tenant, customer_id)
    made = store.versions(tenant, customer_id)
    if not version:
        profile = accounts.get_profile(tenant, customer_id) if customer.form else None
        if profile is None:
            raise Rejected(
                "customer_profile_missing", "Only of a customer whose own data are known."
            )
        found = content.build(accounts.get_reseller(tenant), customer, profile)
        version = found.version
        if version not in made:
            _keep(tenant, customer_id, found, now)
            made = {version: clock.stamp(now), **made}
    elif version not in made:
        raise NotFound("delegation")
    name = f"delega-conservazione-{customer_id}-{version}.pdf"
    place = _place(tenant, customer_id, version)
    return Made(name, version, s3.download_link(place, name, limits.DOWNLOAD_LINK_S), made)


def _place(tenant: str, customer: str, version: str) -> Place:
    bucket = config.get("DOCUMENTS_BUCKET")
    return Place(bucket, f"{tenant}/customers/{customer}/delegation-{version}.pdf")


def _keep(tenant: str, customer: str, found: content.Delegation, now: datetime) -> None:
    """The file before its row: a row without a file would be a link to nothing."""
    s3.put(_place(tenant, customer, found.version), render(found), "application/pdf")
    with suppress(ConditionFailed):  # somebody made the same one meanwhile
        dynamo.commit([store.put_version(tenant, customer, found.version, clock.stamp(now))])


def render(found: content.Delegation) -> bytes:
    """The PDF; the same bytes for the same content."""
    from chalicelib.invoicing.courtesy import pdf
    from chalicelib.invoicing.delegation import layout

    fonts = Path(config.get("FONTS"))
    pages = layout.pages(found, pdf.faces(fonts))
    return pdf.drawn(pages, fonts, title=content.TITLE, subject=_SUBJECT, language="it", day="")
