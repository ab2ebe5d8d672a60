"""What the courtesy copy of a file shows, pure: no font, no place, no clock.

Every value of the file is shown, also of one that breaks the schema: what no block asks for is
listed under its own name (`source`). Amounts and days are written as the language does, codes with
their meaning; nothing that the file says is corrected, and nothing is computed beyond the sums of
taxable and tax.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.base.xml import Element, local
from chalicelib.invoicing.courtesy import body as blocks
from chalicelib.invoicing.courtesy import lines
from chalicelib.invoicing.courtesy.labels import Language, meaning
from chalicelib.invoicing.courtesy.parties import boxes, transmission
from chalicelib.invoicing.courtesy.shapes import Block, Boxes, Copy, Document, Fact, Facts
from chalicelib.invoicing.courtesy.source import Source, many, one, value
from chalicelib.invoicing.courtesy.words import day, word
from chalicelib.invoicing.model import Body, Invoice


@dataclass(frozen=True)
class Sdi:
    """What SdI said of the file: its id, the house's state, ISO days or times; "" if unknown."""

    id: str = ""
    state: str = ""
    sent_at: str = ""
    delivered_at: str = ""


def build(
    root: Element, invoice: Invoice, language: Language = "it", sdi: Sdi | None = None
) -> Copy:
    """The copy of a file whose tree is `root` and whose values `reader.read` gave."""
    whole = Source(root, set())
    found = many(whole, "FatturaElettronicaBody")
    made = tuple(
        _document(whole, source, body, invoice, language, sdi)
        for source, body in zip(found, invoice.bodies, strict=True)
    ) or (_empty(whole, invoice, language, sdi),)
    return Copy(
        language=language,
        title=f"{made[0].short} - {invoice.seller.name}".rstrip(" -"),
        day=invoice.bodies[0].date if invoice.bodies else "",
        mark=word("mark", language),
        origin=word("origin", language),
        page=word("page", language),
        continued=word("continued", language),
        documents=made,
    )


def _state(sdi: Sdi | None, language: Language) -> Iterator[Block]:
    if sdi is None:
        return
    facts = (
        Fact(word("sdi_id", language), sdi.id),
        Fact(word("sdi_state", language), meaning("State", sdi.state, language) or sdi.state),
        Fact(word("sent_at", language), day(sdi.sent_at, language)),
        Fact(word("delivered_at", language), day(sdi.delivered_at, language)),
    )
    known = tuple(fact for fact in facts if fact.value)
    if known:
        yield Facts(word("sdi", language), known)


def _frame(
    whole: Source, invoice: Invoice, language: Language, sdi: Sdi | None, on: str
) -> tuple[list[Block], list[Block]]:
    """Who, for the head, and how it was sent, for the end: the same on each document of a lot."""
    header = one(whole, "FatturaElettronicaHeader")
    parties = boxes(header, invoice.format == "FSM10", language, on)
    sent = transmission(whole, header, language)
    return ([Boxes(parties)] if parties else []), [
        *([sent] if sent.facts else []),
        *_state(sdi, language),
        *blocks.others(header, language),
        *(block for stray in _strays(whole) for block in blocks.others(stray, language)),
    ]


def _strays(whole: Source) -> Iterator[Source]:
    """What stands in the root beside the first header and the bodies: nothing, in a valid file."""
    header = one(whole, "FatturaElettronicaHeader").node
    for child in whole.node if whole.node is not None else ():
        if child is not header and local(child) not in ("", "FatturaElettronicaBody"):
            yield Source(child, whole.shown)


def _title(code: str, number: str, when: str, language: Language) -> tuple[str, str, str]:
    """Title, subtitle, and the short name that stands on each page."""
    label = meaning("TipoDocumento", code, language, when)
    title = label or word("document", language)
    parts = [
        word("numbered", language).format(number=number) if number else "",
        word("dated", language).format(day=day(when, language)) if when else "",
    ]
    numbered = " ".join(part for part in parts if part)
    subtitle = " · ".join(part for part in (numbered, code) if part)
    return title, subtitle, " ".join(part for part in (_brief(title), numbered) if part)


def _brief(title: str) -> str:
    """The first words of a long title: some labels quote the law in full."""
    for sign in (" (", " di cui ", " ex art", " under art"):
        title = title.partition(sign)[0]
    return title


def _document(
    whole: Source,
    source: Source,
    body: Body,
    invoice: Invoice,
    language: Language,
    sdi: Sdi | None,
) -> Document:
    general = one(source, "DatiGenerali/DatiGeneraliDocumento")
    code, number = value(general, "TipoDocumento"), value(general, "Numero")
    currency = value(general, "Divisa")
    value(general, "Data")  # noted as shown: the reader's own, without blanks and zone, is used
    title, subtitle, short = _title(code, number, body.date, language)
    on, readable = body.date, "amount_unreadable" not in invoice.warnings
    first, final = _frame(whole, invoice, language, sdi, on)
    shown = [*first, *blocks.before(source, currency, language)]
    if invoice.format == "FSM10":
        shown += lines.simplified(source, language, on)
    else:
        shown += lines.ordinary(source, language, on)
    shown += blocks.between(source, language, on)
    shown += lines.summary(source, language, on)
    shown += blocks.totals(general, body, currency, language, readable)
    shown += lines.payments(source, language, on)
    shown += [*blocks.last(source, body, language), *final]
    total = blocks.total(general, body, currency, language, readable)
    return Document(title, subtitle, short, total, tuple(shown))


def _empty(whole: Source, invoice: Invoice, language: Language, sdi: Sdi | None) -> Document:
    """A file without bodies still shows who it speaks of."""
    title = word("document", language)
    first, final = _frame(whole, invoice, language, sdi, "")
    return Document(title, "", title, Fact("", ""), (*first, *final))
