"""What can be bought beforehand, and which of it a document consumes.

Pooled products are credits: a lot of them serves all of a reseller's customers. Licensed ones are
software that each customer needs for himself (F004-012): they are never in the pool and no document
consumes them.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Product = Literal["xml_pa", "xml_private", "pdf_conversion", "preservation", "indigita", "digilink"]
Pooled = Literal["xml_pa", "xml_private", "pdf_conversion", "preservation"]
Licensed = Literal["indigita", "digilink"]

XML_PA: Final = "xml_pa"
XML_PRIVATE: Final = "xml_private"
PDF_CONVERSION: Final = "pdf_conversion"
PRESERVATION: Final = "preservation"
# InDigita (F004-012) and the software DigiLink with its virtual printer (F004-053).
INDIGITA: Final = "indigita"
DIGILINK: Final = "digilink"

PRODUCTS: Final[tuple[Product, ...]] = get_args(Product)
POOLED: Final[tuple[Pooled, ...]] = get_args(Pooled)
LICENSED: Final[tuple[Licensed, ...]] = get_args(Licensed)


def is_pooled(product: str) -> bool:
    """Whether it is bought as credits that all customers may draw from."""
    return product in POOLED


def sending(family: str, kind: str) -> Pooled:
    """The one credit that a document needs to leave for SdI.

    `family` is "pa" or "private", `kind` the format that was handed in ("xml", "p7m", "pdf"). The
    product follows the format (F004-038: an XML PA credit cannot pay a PDF): what comes as a PDF
    takes one conversion credit, and that one pays its way to SdI too.
    """
    if kind == "pdf":
        return PDF_CONVERSION
    return XML_PA if family == "pa" else XML_PRIVATE


def consumed(family: str, kind: str, *, sent: bool, preserved: bool) -> tuple[Pooled, ...]:
    """Every credit that a document takes, each once.

    `sent`: the house sends it to SdI (not the customer himself); `preserved`: it goes to the
    conservator, which is a service of its own (F004-040) and may be had without the sending.
    """
    found: list[Pooled] = [sending(family, kind)] if sent else []
    if preserved:
        found.append(PRESERVATION)
    return tuple(found)
