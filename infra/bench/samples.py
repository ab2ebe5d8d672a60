"""The invoices that the bench drops."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from infra.local import invoices, subjects

TENANT = "bench"
CUSTOMER = "officina"
# An office that accepts each document.
OFFICE_CODE = "UFEC01"


def invoice(number: int, day: str, *, series: str = "B", office: bool = False) -> bytes:
    """A usual invoice of one line, some 2.5 KB, valid against every control of SdI."""
    more: dict[str, Any] = {"format": "FPA12", "recipient": OFFICE_CODE} if office else {}
    return invoices.make(
        number=f"{number}/{series}", date=day, progressive=f"{series}{number:05d}"[:10], **more
    )


def name(number: int, series: str = "B") -> str:
    return f"IT{subjects.SELLER.vat}_{series}{number:04X}.xml"


def archive(count: int, day: str, *, series: str = "B", office: bool = False) -> bytes:
    """A ZIP of `count` invoices; two series share neither a number nor a file name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(1, count + 1):
            made.writestr(name(number, series), invoice(number, day, series=series, office=office))
    return held.getvalue()
