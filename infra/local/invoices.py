"""A maker of FatturaPA documents for tests and for the demonstration.

What it makes by default passes the official schemas and every control of SdI that can be decided
offline (fatturapa.md sections 2, 4, 5, 7), for each document type of both formats.
"""

from __future__ import annotations

from decimal import Decimal

from infra.local.invoice_blocks import (
    ORDINARY_TYPES,
    Extras,
    File,
    Fund,
    Line,
    Node,
    Withholding,
    document,
    following,
    names,
    number,
    render,
    round2,
    seat,
    sending,
    simplified,
    vat_id,
)
from infra.local.subjects import OFFICE, Subject, parties

__all__ = [
    "ORDINARY_TYPES",
    "SIMPLIFIED_TYPES",
    "File",
    "Fund",
    "Line",
    "Withholding",
    "following",
    "make",
    "number",
    "round2",
]

ORDINARY_NS = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
SIMPLIFIED_NS = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0"
SIMPLIFIED_TYPES = ("TD07", "TD08", "TD09")
# These speak of another document.
_LINKING = frozenset({"TD04", "TD05", "TD08", "TD09", *ORDINARY_TYPES[6:11], "TD28", "TD29"})


def _identity(who: Subject) -> list[Node]:
    """DatiAnagrafici up to the name."""
    return [vat_id(who), ("CodiceFiscale", who.tax_code), ("Anagrafica", names(who))]


def _header(seller: Subject, buyer: Subject, sent: Node, emitter: str) -> Node:
    return (
        "FatturaElettronicaHeader",
        [
            sent,
            (
                "CedentePrestatore",
                [
                    ("DatiAnagrafici", [*_identity(seller), ("RegimeFiscale", seller.regime)]),
                    seat(seller),
                ],
            ),
            ("CessionarioCommittente", [("DatiAnagrafici", _identity(buyer)), seat(buyer)]),
            ("SoggettoEmittente", emitter),
        ],
    )


def _simplified_header(seller: Subject, buyer: Subject, sent: Node, emitter: str) -> Node:
    identity: list[Node] = [vat_id(buyer), ("CodiceFiscale", buyer.tax_code)]
    return (
        "FatturaElettronicaHeader",
        [
            sent,
            (
                "CedentePrestatore",
                [
                    vat_id(seller),
                    ("CodiceFiscale", seller.tax_code),
                    *names(seller),
                    seat(seller),
                    ("RegimeFiscale", seller.regime),
                ],
            ),
            (
                "CessionarioCommittente",
                [
                    ("IdentificativiFiscali", identity),
                    ("AltriDatiIdentificativi", [*names(buyer), seat(buyer)]),
                ],
            ),
            ("SoggettoEmittente", emitter),
        ],
    )


def _file(root: str, namespace: str, version: str, prefix: str, nodes: list[Node]) -> str:
    """The text of the file below its declaration. Without a prefix the children are qualified."""
    name = f"{prefix}:{root}" if prefix else root
    binding = f"xmlns:{prefix}" if prefix else "xmlns"
    lines = [f'<{name} versione="{version}" {binding}="{namespace}">', *render(nodes, 1)]
    return "\n".join([*lines, f"</{name}>", ""])


def _recipient(format: str, buyer: Subject, pec: str) -> str:
    if format == "FPA12":
        return "UFEC01"
    if buyer.country != "IT":
        return "XXXXXXX"
    return "0000000" if pec else "ABC1234"


def make(
    type: str = "TD01",
    format: str = "",
    number: str = "1/2026",
    date: str = "2026-11-20",
    *,
    seller: Subject | None = None,
    buyer: Subject | None = None,
    lines: tuple[Line, ...] = (),
    natura: str = "",
    recipient: str = "",
    pec: str = "",
    progressive: str = "00001",
    transmitter: str = "",
    emitter: str | None = None,
    bodies: int = 1,
    bollo: bool = False,
    ritenuta: Withholding | None = None,
    cassa: Fund | None = None,
    art73: bool = False,
    exigibility: str = "",
    linked: tuple[tuple[str, str], ...] | None = None,
    attachments: tuple[File, ...] = (),
    prefix: str = "p",
    encoding: str = "UTF-8",
) -> bytes:
    """The bytes of one file.

    What is left out follows from `type`: the format (FSM10 for TD07-09, else FPR12), the parties
    (`subjects.parties`), the linked document (number, day), SoggettoEmittente. `natura` makes the
    usual line one without VAT. With several `bodies` the number grows from one to the next.
    `transmitter` is country and code; the seller's own where it is left out and he is Italian,
    else the buyer's. `exigibility` is I, or S (split payment) to the public administration.
    """
    format = format or ("FSM10" if type in SIMPLIFIED_TYPES else "FPR12")
    usual_seller, usual_buyer = parties(type)
    seller = seller or usual_seller
    buyer = buyer or (OFFICE if format == "FPA12" else usual_buyer)
    if not lines:
        lines = (Line(rate=Decimal("0.00"), natura=natura) if natura else Line(),)
    italian = seller if seller.country == "IT" else buyer
    transmitter = transmitter or f"IT{italian.tax_code or italian.vat}"
    sent = sending(
        format, progressive, transmitter, recipient or _recipient(format, buyer, pec), pec
    )
    # The guide to TD20 wants the buyer named as who issues it.
    emitter = emitter if emitter is not None else ("CC" if type == "TD20" else "")
    if linked is None:
        linked = (("A-77", date),) if type in _LINKING else ()
    exigibility = exigibility or ("S" if format == "FPA12" else "I")
    more = Extras(bollo, ritenuta, cassa, art73, exigibility, linked, attachments)
    plain = format == "FSM10"
    header = (_simplified_header if plain else _header)(seller, buyer, sent, emitter)
    body = simplified if plain else document
    made = [body(type, following(number, step), date, lines, more) for step in range(bodies)]
    root, namespace = (
        ("FatturaElettronicaSemplificata", SIMPLIFIED_NS)
        if plain
        else ("FatturaElettronica", ORDINARY_NS)
    )
    text = _file(root, namespace, format, prefix, [header, *made])
    declared = f'<?xml version="1.0" encoding="{encoding}"?>\n'
    return (declared + text).encode(encoding, errors="xmlcharrefreplace")
