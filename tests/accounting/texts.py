"""Descriptions of bank movements, damaged by a grammar of what banks do (pagopa.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

PSPS = ("ABI06090", "BPPIITRRXXX", "UNCRITMM", "BCITITMM", "PPAYITR1XXX", "97735020584")
BEFORE = (
    "", "ACCREDITI VARI ", "ACCREDITO INCASSI DEBITORE 321", "RI1", "/ZZ2PSP/ZZ3ENTE ",
    "Data Ordine: 01/02/2024; Descrizione Ordinante: BANCA X SPA :BI2:BCITITMM :TID:12 :RI3:",
    "DATA REGOLAMENTO 2024-02-01 ",
    "Bonifico a Vostro favore disposto da MITT.: PSP Servizio pagoPA BENEF.: ",
)  # fmt: skip
KEYWORDS = (
    "/PUR/LGPE-RIVERSAMENTO/URI/", "/PUR/LGPE-RIVERSAMENTO/TXT/0/URI/", "/PUR//URI/",
    "/PUR/LGPE-RIVERSAMENTO/TXT/3/URI/", "/PUR/LGPE-RIVERSAMENTO URI ",
    "/PUR/LGPE-INTEGRAZIONE/URI/",
    "URI NOT PROVIDED RIVERSAMENTO/URI/", "RIVERSAMENTO/URI/", "IVERSAMENTO/URI/",
    "LGPE-RIVERSAMENTO//URI/",
    "/PUR/LGPE-RIVERSAMENTO Cumulativo pagamenti del 20240115/URI/", "/pur/lgpe-riversamento/uri/",
)  # fmt: skip
# By these an id plainly ends; the others begin with what could as well go on.
PLAIN_AFTER = (
    "", "/ZZ4/12", " :SEC:CASH :OR1:X", "/BON.SEPA TRN 12345", "- Mooney S.p.A.",
    " ACCREDITO BOLLETTINO P.A.", ".", " (CRO 123)", " - BANCA D'ITALIA", "\nMITTENTE: PSP",
)  # fmt: skip
OPEN_AFTER = (" 21/03/2024", " 123456", " 1", "ACCREDITO", " EU 12")
GAPS = (" ", "  ", "\n", "\t", "\u00a0", " \r\n")


@dataclass(frozen=True)
class Case:
    """A description, the flow that its writer meant, what his bank left of the id, and others."""

    text: str
    meant: str
    left: str
    others: tuple[str, ...]


@st.composite
def ids(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(2015, 1, 1), date(2035, 12, 31))).isoformat()
    psp = draw(st.sampled_from(PSPS))
    room = 35 - len(day) - len(psp) - 1
    tail = draw(st.from_regex(rf"[0-9A-Z]{{1,{room - 1}}}[0-9]", fullmatch=True))
    return f"{day}{psp}-{tail}"


def _neighbours(draw: st.DrawFn, one: str, *, same_length: bool) -> tuple[str, ...]:
    found = {one[:-1] + str(digit) for digit in draw(st.sets(st.integers(0, 9), max_size=4))}
    if not same_length:
        found |= {one + str(digit) for digit in draw(st.sets(st.integers(0, 99), max_size=3))}
        found |= {one[:cut] for cut in draw(st.sets(st.integers(21, 34), max_size=3))}
    found |= {one[:10] + draw(ids())[10:]}
    return tuple(sorted(other for other in found - {one} if len(other) <= 35 and other[-1] != "-"))


def _broken(draw: st.DrawFn, text: str, most: int) -> str:
    for at in sorted(draw(st.sets(st.integers(1, len(text)), max_size=most)), reverse=True):
        text = text[:at] + draw(st.sampled_from(GAPS)) + text[at:]
    return text


@st.composite
def cases(
    draw: st.DrawFn, *, cut: bool = True, open_end: bool = True, same_length: bool = False
) -> Case:
    meant = draw(ids())
    others = _neighbours(draw, meant, same_length=same_length)
    left = meant[: draw(st.integers(1, len(meant)))] if cut and draw(st.booleans()) else meant
    after = PLAIN_AFTER + (OPEN_AFTER if open_end else ())
    core = _broken(draw, draw(st.sampled_from(KEYWORDS)) + left, 5)
    if draw(st.booleans()):
        core = core.lower()
    text = draw(st.sampled_from(BEFORE)) + core + draw(st.sampled_from(after))
    return Case(text, meant, left, others)
