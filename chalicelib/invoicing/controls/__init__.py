"""Every control of SdI that can be decided before sending, with SdI's own codes.

`check` judges the content of a schema-valid document; `order.judge` puts size, signature, format
and content in SdI's order; `whole.examine_all` starts from the bytes. Pure: no clock, no network.

Source: fatturapa.md sections 4, 5, 7 and 8.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.invoicing.controls.codes import check_body
from chalicelib.invoicing.controls.finding import Finding, Language, Severity, Verdict, verdict
from chalicelib.invoicing.controls.lot import Earlier, Key, Sent, check_lot
from chalicelib.invoicing.controls.numbers import official_id
from chalicelib.invoicing.controls.parties import check_head, check_type, read_head
from chalicelib.invoicing.controls.pending import pending
from chalicelib.invoicing.controls.values import GENERAL, read_bodies
from chalicelib.invoicing.fatturapa.reader import Reading

__all__ = ["Earlier", "Finding", "Key", "Language", "Sent", "Severity", "Verdict", "check"]


def check(reading: Reading, today: date, sent: Sent | None = None) -> Verdict:
    """The verdict on the content of a document: see `check_content`."""
    return verdict(*check_content(reading, today, sent))


def check_content(
    reading: Reading, today: date, sent: Sent | None = None
) -> tuple[list[Finding], set[str]]:
    """Judge the content of a document that is valid against its schema: what is wrong, and the
    codes that nobody here could decide.

    `today` is the day of receipt in Italy. `sent` says which keys were used before by invoices
    that SdI did not reject; without it, and also with it (others may have sent for the same
    issuer), 00404 stays among what was not evaluated. A lot is judged body by body and is
    accepted or refused as a whole.

    A document that is not valid against its schema is a bug of the caller: KeyError, ValueError
    or decimal.InvalidOperation.
    """
    simplified = reading.simplified
    head = read_head(reading)
    bodies = read_bodies(reading)
    found = list(check_head(head))
    for body in bodies:
        where = f"{body.prefix}/{GENERAL}/TipoDocumento"
        found += check_type(head, body.type, where, body.index)
        found += check_body(body, simplified, head.regime, today)
    found += check_lot(head, bodies, sent)
    undecided = pending(head, bodies, today)
    if found:
        found = [replace(one, id=official_id(one.where, simplified)) for one in found]
        undecided -= {one.code for one in found if one.severity == "error"}
    return found, undecided
