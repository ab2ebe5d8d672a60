"""The invoices that the bench drops."""

from __future__ import annotations

import io
import zipfile

from infra.local import invoices, subjects

TENANT = "bench"
CUSTOMER = "officina"
# Of an office, which accepts each document.
OFFICE_CODE = "UFEC01"


def invoice(number: int, day: str, *, office: bool = False) -> bytes:
    """A usual invoice of one line, some 2.5 KB, valid against every control of SdI."""
    more = {"format": "FPA12", "recipient": OFFICE_CODE} if office else {}
    return invoices.make(number=f"{number}/B", date=day, progressive=f"{number:05d}", **more)


def archive(count: int, day: str, *, office: bool = False) -> bytes:
    """A ZIP of `count` invoices with numbers and file names of their own."""
    sender = f"IT{subjects.SELLER.vat}"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(1, count + 1):
            made.writestr(f"{sender}_{number:05d}.xml", invoice(number, day, office=office))
    return held.getvalue()
