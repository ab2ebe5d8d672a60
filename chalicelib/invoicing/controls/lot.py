"""Duplicates: 00404 against what was sent before, 00409 inside one file.

Source: fatturapa.md section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from chalicelib.invoicing.controls.catalogue import finding
from chalicelib.invoicing.controls.finding import Finding, Severity
from chalicelib.invoicing.controls.parties import Head
from chalicelib.invoicing.controls.values import GENERAL, Body
from chalicelib.invoicing.model import CREDIT_NOTE_TYPES, SELF_INVOICE_TYPES


class Key(NamedTuple):
    """What SdI knows an invoice by.

    `issuer` is country and VAT number, or the tax code of who has none; `kind` C for credit
    notes, which may repeat the number of an invoice, else I; `period` the year, or the whole day
    under Art73.
    """

    issuer: str
    kind: str
    number: str
    period: str


class Earlier(NamedTuple):
    """An earlier invoice with the same key.

    `severity` is error when SdI has it, or nothing stands between it and SdI any more, and warning
    while it only waits; `by` names it for people: a document, a file.
    """

    severity: Severity
    by: str


# Asked once for each file, with the keys of all its bodies: those that were used before.
Sent = Callable[[Sequence[Key]], Mapping[Key, Earlier]]


def key_of(head: Head, body: Body) -> Key:
    """The key of one document; the buyer's identity counts where the buyer issues it."""
    by_buyer = head.emitter == "CC" or body.type in SELF_INVOICE_TYPES
    issuer = head.buyer if by_buyer else head.seller
    year, month, day = body.day
    return Key(
        issuer.vat_id or issuer.tax_code,
        "C" if body.type in CREDIT_NOTE_TYPES else "I",
        body.number,
        f"{year:04d}-{month:02d}-{day:02d}" if body.art73 else f"{year:04d}",
    )


def check_lot(head: Head, bodies: Sequence[Body], sent: Sent | None) -> Iterator[Finding]:
    """00409 among the bodies, and 00404 where `sent` knows an earlier invoice of the same key.

    Numbers are compared as written; those that differ only by case or blanks are a warning,
    because it is not known how SdI compares them.
    """
    if sent is None and len(bodies) == 1:
        return  # the usual file: there is nothing to compare with
    keys = [key_of(head, body) for body in bodies]
    before = sent(keys) if sent is not None else {}
    exact: set[Key] = set()
    loose: set[Key] = set()
    for body, key in zip(bodies, keys, strict=True):
        plain = Key(key.issuer, key.kind, "".join(key.number.split()).casefold(), key.period)
        where = f"{body.prefix}/{GENERAL}/Numero"
        if key in exact:
            yield finding("00409", where, body.index, found=body.number)
        elif plain in loose:
            yield finding("00409", where, body.index, severity="warning", found=body.number)
        exact.add(key)
        loose.add(plain)
        earlier = before.get(key)
        if earlier is not None:
            found = f"{body.number} = {earlier.by}"
            yield finding("00404", where, body.index, severity=earlier.severity, found=found)
