"""A notice that somebody asks for at a PSP's counter (paDemandPaymentNotice).

Each service of pagoPA's catalogue names the schema of what it needs; for a body's spontaneous
services it is ours. `idServizio` is the code of the service here, so a body that offers one at
counters gives it the five signs of the catalogue. The data are, in this order and unqualified:

    <datiSpecificiServizio>
      <codiceFiscale>RSSMRA80A41H501Y</codiceFiscale>
      <nominativo>Rossi Maria</nominativo>
      <email>…</email>                                        optional
      <importo>12.50</importo>                                a free price, or
      <voce><codice>copia</codice><quantita>2</quantita></voce>  the tariff, once for each item
      <bollo><impronta>…</impronta><provincia>MI</provincia></bollo>  for a service with a stamp:
                                     the SHA-256 of the document in base64, the payer's province
    </datiSpecificiServizio>

What is asked for again the same day gives the same notice while nobody paid it: a PSP whose answer
was lost asks again.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Final

from chalicelib.base import clock, ids, limits, xml
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.payments.body import Body
from chalicelib.payments.dues import values
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node import lookup, payable, shapes
from chalicelib.payments.node.faults import NodeFault
from chalicelib.payments.node.payable import Payable
from chalicelib.payments.node.requests import Demanded, cents
from chalicelib.payments.node.shapes import Group, Leaf
from chalicelib.payments.positions import positions
from chalicelib.payments.positions.positions import Wanted
from chalicelib.payments.stamps import Stamp

ROOT: Final = "datiSpecificiServizio"
BY: Final = "node"
_SHAPE: Final[shapes.Shape] = (
    Leaf("codiceFiscale", re.compile(r"[0-9A-Za-z]{11,16}", re.ASCII)),
    Leaf("nominativo", re.compile(r".{1,70}", re.S)),
    Leaf("email", re.compile(r"[^\s@]+@[^\s@]+"), 0),
    Leaf("importo", shapes.AMOUNT, 0),
    Group(
        "voce",
        (
            Leaf("codice", re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)),
            Leaf("quantita", re.compile(r"[0-9]{1,4}", re.ASCII)),
        ),
        least=0,
        most=limits.LINES,
    ),
    Group(
        "bollo",
        (Leaf("impronta", shapes.BASE64), Leaf("provincia", re.compile(r"[A-Z]{2}", re.ASCII))),
        least=0,
    ),
)


def make(demanded: Demanded, now: datetime) -> tuple[Payable, Body]:
    """The notice, made or found, and its body. Raises NodeFault."""
    tenant, body = lookup.home(demanded.head)
    wanted = _wanted(demanded)
    today = clock.rome_day(now)
    digest = ids.sha256(demanded.data)
    for number in range(limits.DEMANDS_OF_A_DAY):
        key = f"demand:{demanded.service}:{digest}:{today}:{number}"
        try:
            position = positions.make(tenant, wanted, now, BY, key)
            return payable.look(position, 0, body, today), body
        except NotFound as missing:
            raise NodeFault("PAA_SEMANTICA", "no such service") from missing
        except Rejected as refused:
            raise NodeFault("PAA_SEMANTICA", refused.code) from refused
        except NodeFault as fault:
            if fault.code not in ("PAA_PAGAMENTO_DUPLICATO", "PAA_PAGAMENTO_ANNULLATO"):
                raise
    raise NodeFault("PAA_SEMANTICA", "so many equal notices are not made in one day")


def _wanted(demanded: Demanded) -> Wanted:
    try:
        root = xml.read(demanded.data, limit_bytes=limits.NODE_BYTES)
    except Rejected as refused:
        raise NodeFault("PAA_SINTASSI_EXTRAXSD", refused.code) from refused
    if xml.local(root) != ROOT:
        raise NodeFault("PAA_SINTASSI_XSD", ROOT)
    said = shapes.read(root, _SHAPE)
    try:
        tax_code = values.tax_code(said["codiceFiscale"])
    except ValueError as problem:
        raise NodeFault("PAA_SEMANTICA", "codiceFiscale") from problem
    chosen: Counter[str] = Counter()
    for one in said.get("voce", []):
        chosen[one["codice"]] += int(one["quantita"])
    amount = cents(said["importo"]) if "importo" in said else None
    # At a counter anybody may say who he is: what the body knows of him stays as it is.
    person = Person(tax_code, " ".join(said["nominativo"].split()), mail=said.get("email", ""))
    return Wanted(
        demanded.service, person, chosen=chosen or None, cents=amount, unproved=True,
        stamp=_stamp(said),
    )  # fmt: skip


def _stamp(said: shapes.Read) -> Stamp | None:
    if "bollo" not in said:
        return None
    try:
        return Stamp(said["bollo"]["impronta"], said["bollo"]["provincia"])
    except Rejected as refused:
        raise NodeFault("PAA_SEMANTICA", refused.code) from refused
