"""The demonstration: three customers of the reseller `demo` and the ZIP that one drops for them.

The ZIP holds one of everything that the intake must tell apart: every document type, both
formats, lots, offices with their own manners, signed files, clones, broken and hostile members.
It is the same, byte for byte, for the same day (what `sign` makes apart), and two days share
neither a file name nor a document number, so it can be dropped again every day.
"""

from __future__ import annotations

import base64
import io
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from infra.local.invoices import File, Fund, Line, Withholding, make
from infra.local.subjects import (
    BUYER,
    GERMAN,
    OFFICE,
    PERSON,
    SUPPLIER,
    Subject,
    parties,
    tax_code,
    vat_number,
)

FATES = {
    "delivered": "SdI delivers it (for a self-invoice: to its own issuer)",
    "available": "SdI cannot deliver it and leaves it in the buyer's reserved area (MC)",
    "accepted": "the office accepts it (EC01)",
    "refused": "the office refuses it (EC02)",
    "expired": "the office is silent: the term expires (DT)",
    "undeliverable": "SdI gives up delivering it to the office and attests that (AT)",
    "rejected": "SdI rejects it (NS)",
    "invalid": "it becomes a flow and the house's own checks stop it, with SdI's code",
    "held": "it becomes a flow and waits for a person",
    "conversion": "it is no FatturaPA: it becomes one through the customer's template, or waits",
    "unassigned": "its issuer is no customer of the reseller",
    "repaired": "the house puts its encoding right, and then it is delivered",
    "unreadable": "it becomes a flow that is refused, with a code: it is no document",
    "not_taken": "the archive's reader refuses it, with a code: a flow without content",
}

_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Customer:
    """A customer of the reseller: `code` is the reseller's own name for it."""

    code: str
    subject: Subject

    @property
    def vat_id(self) -> str:
        """Country and VAT number."""
        return self.subject.country + self.subject.vat


@dataclass(frozen=True)
class Described:
    """What a member is, in words, and its fate: a key of FATES."""

    name: str
    what: str
    fate: str


@dataclass(frozen=True)
class _Member:
    described: Described
    data: bytes


_DENTIST = Subject(
    name="Studio Dentistico Aurora S.r.l.", vat=vat_number(4100411), tax_code=vat_number(4100411),
    street="Via Mazzini 30", postcode="24121", city="Bergamo", province="BG",
)  # fmt: skip
_CONSULTANT = Subject(
    first="Elena", last="Vitali", vat=vat_number(5200522, 47),
    tax_code=tax_code("Vitali", "Elena", date(1979, 6, 21), True),
    street="Borgo San Frediano 9", postcode="50124", city="Firenze", province="FI",
)  # fmt: skip
_SHOP = Subject(
    name="Bottega Serra di Luca Serra & C. S.a.s.", vat=vat_number(6300633, 76),
    tax_code=vat_number(6300633, 76),
    street="Via Etnea 210", postcode="95131", city="Catania", province="CT",
)  # fmt: skip


def customers() -> tuple[Customer, ...]:
    """The dental practice, the consultant, the shop."""
    return (
        Customer("studio-aurora", _DENTIST),
        Customer("elena-vitali", _CONSULTANT),
        Customer("bottega-serra", _SHOP),
    )


def minimal_pdf(lines: tuple[str, ...]) -> bytes:
    """A one-page PDF with the lines as text (ASCII without parentheses), without a library."""
    shown = " ".join(f"({line}) Tj 0 -18 Td" for line in lines)
    drawing = f"BT /F1 12 Tf 60 780 Td {shown} ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = b"%PDF-1.4\n", []
    for index, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (index, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, len(out))
    )


def _zip(day: date, members: list[tuple[str, bytes]]) -> bytes:
    """An archive whose bytes depend on nothing but its members and the day."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (day.year, day.month, day.day, 9, 0, 0))
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if data else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return stream.getvalue()


def _replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    """One replacement that must have something to replace, or the member would be a fine one."""
    assert old in data, old
    return data.replace(old, new, 1)


class _Desk:
    """Gives out file names and document numbers of one day, none of them twice."""

    def __init__(self, today: date) -> None:
        # Dated the day before, so that no clock of the world finds it in the future.
        self.day = today - timedelta(days=1)
        ordinal = (today - date(2020, 1, 1)).days
        self._stamp = "".join(_BASE36[ordinal // 36**power % 36] for power in (2, 1, 0))
        # Letters, since a digit would be taken for the running number of the series.
        nth = self.day.timetuple().tm_yday
        self._letters = chr(ord("A") + nth // 26) + chr(ord("A") + nth % 26)
        self._names = 0
        self._numbers: Counter[tuple[str, str]] = Counter()

    def progressive(self) -> str:
        """Five characters for a file name."""
        self._names += 1
        return self._stamp + _BASE36[self._names // 36] + _BASE36[self._names % 36]

    def number(self, who: Subject, series: str, count: int = 1) -> str:
        """The next number of an issuer's series; `count` documents of a lot take as many."""
        before = self._numbers[who.vat, series]
        self._numbers[who.vat, series] += count
        return f"{series}{self._letters}-{before + 1}"

    def invoice(
        self,
        who: Subject,
        type: str,
        *,
        series: str = "FE",
        other: Subject | None = None,
        **more: Any,
    ) -> tuple[str, bytes]:
        """Name and bytes of a document that `who` issues; `more` goes to `make`."""
        seller, buyer = parties(type, who, other)
        progressive = self.progressive()
        data = make(
            type,
            number=more.pop("number", "") or self.number(who, series, more.get("bodies", 1)),
            date=self.day.isoformat(),
            seller=seller,
            buyer=buyer,
            progressive=progressive,
            transmitter=f"IT{who.tax_code}",
            **more,
        )
        return f"IT{who.vat}_{progressive}.xml", data


_EXEMPT = Line("Prestazioni odontoiatriche in convenzione", Decimal("480.00"), rate=Decimal("0.00"),
               natura="N4")  # fmt: skip
_TAXED = Line("Noleggio sala e attrezzature", Decimal("75.50"), Decimal("4.00"))
_FEE = Line("Consulenza organizzativa", Decimal("1250.00"))
_GOODS = (
    Line("Ceramica decorata a mano", Decimal("18.90"), Decimal("12.00"), discounts=(Decimal("5"),)),
    Line("Olio extravergine di oliva, latta 3 l", Decimal("27.4590"), Decimal("6"), Decimal("4")),
)
_KEPT: dict[str, Any] = {"ritenuta": Withholding(), "cassa": Fund()}


def _ordinary(desk: _Desk) -> Iterator[tuple[tuple[str, bytes], str, str]]:
    """Documents between private parties: what each is, and its fate."""
    d, c, s = _DENTIST, _CONSULTANT, _SHOP
    pec = "acquisti@pec.esempio.it"
    shop_types = {
        "TD18": "goods from another EU state", "TD19": "goods already in Italy",
        "TD21": "self-invoice for plafond overrun", "TD22": "goods out of a VAT warehouse",
        "TD23": "goods out of a VAT warehouse, VAT paid", "TD25": "deferred, triangular",
        "TD27": "gifts without recharge", "TD28": "purchase from San Marino with VAT",
    }  # fmt: skip
    simple = {"TD07": "simplified invoice", "TD08": "simplified credit note",
              "TD09": "simplified debit note"}  # fmt: skip
    made = [
        (desk.invoice(d, "TD01", lines=(_EXEMPT,), bollo=True), "TD01 exempt, with stamp duty"),
        (desk.invoice(d, "TD01", lines=(_TAXED, _EXEMPT)), "TD01 with two rates"),
        (desk.invoice(d, "TD04", series="NC", lines=(_TAXED,)), "TD04 credit note"),
        (desk.invoice(d, "TD24", lines=(_TAXED,)), "TD24 deferred"),
        (desk.invoice(d, "TD26", lines=(_TAXED,)), "TD26 sale of a depreciable asset"),
        (desk.invoice(d, "TD16", series="AF"), "TD16 domestic reverse charge"),
        (desk.invoice(d, "TD17", series="AF"), "TD17 service from abroad"),
        (desk.invoice(d, "TD20", series="AF"), "TD20 regularisation, issued by the buyer"),
        (desk.invoice(c, "TD06", lines=(_FEE,), **_KEPT), "TD06 with withholding and fund"),
        (desk.invoice(c, "TD03", lines=(_FEE,), **_KEPT), "TD03 advance on a fee note"),
        (desk.invoice(c, "TD02", lines=(_FEE,)), "TD02 advance on an invoice"),
        (desk.invoice(c, "TD05", series="ND", lines=(_FEE,)), "TD05 debit note"),
        (desk.invoice(c, "TD17", series="AF"), "TD17 service from abroad"),
        (desk.invoice(c, "TD29", series="AF"), "TD29 omitted invoicing by a supplier"),
        (desk.invoice(c, "TD01", lines=(_FEE,), bodies=2), "lot of two invoices"),
        (desk.invoice(s, "TD01", lines=_GOODS, bodies=3), "lot of three invoices"),
        (desk.invoice(s, "TD01", lines=_GOODS, pec=pec), "TD01 to a PEC address"),
        (desk.invoice(s, "TD01", lines=_GOODS, attachments=(
            File("condizioni.pdf", "PDF", minimal_pdf(("Condizioni di vendita",))),
            File("note.txt", "TXT", "Consegna al civico 3: è il portone verde.\n".encode()),
        )), "TD01 with two attachments"),
        (desk.invoice(s, "TD01", encoding="windows-1252", lines=(
            Line("Caffè e tè, qualità superiore", Decimal("31.20")),
        )), "TD01 in windows-1252, as it declares"),
        *((desk.invoice(s, type, series="FE" if type == "TD25" else "AF"), f"{type} {words}")
          for type, words in shop_types.items()),
        *((desk.invoice(s, type, series="RS" + type[-1]), f"{type} {words}")
          for type, words in simple.items()),
    ]  # fmt: skip
    yield from ((file, what, "delivered") for file, what in made)
    foreign = desk.invoice(c, "TD01", other=GERMAN, natura="N2.1")
    yield foreign, "TD01 to a foreign buyer", "available"
    person = desk.invoice(s, "TD01", lines=_GOODS, other=PERSON, recipient="0000000")
    yield person, "TD01 to a person, without code and PEC", "available"


def _offices(desk: _Desk) -> Iterator[tuple[tuple[str, bytes], str, str]]:
    """Documents to the public administration; the office's code decides what it does."""
    manners = (
        (_DENTIST, "UFEC01", "office that accepts", "accepted"),
        (_CONSULTANT, "UFEC02", "office that refuses", "refused"),
        (_SHOP, "UFDT01", "office that lets the term expire", "expired"),
        (_DENTIST, "UFMC01", "office reached only at a later try (MC, then RC)", "accepted"),
        (_SHOP, "UFAT01", "office never reached (MC, then AT)", "undeliverable"),
        (_CONSULTANT, "UFRC01", "office that takes it and says nothing yet", "delivered"),
    )
    for who, code, what, fate in manners:
        more: dict[str, Any] = {"format": "FPA12", "recipient": code, "series": "PA"}
        # Fees under withholding are outside split payment (art. 17-ter DPR 633/72).
        more |= {**_KEPT, "exigibility": "I"} if who is _CONSULTANT else {}
        yield desk.invoice(who, "TD01", other=OFFICE, **more), f"FPA12 to an {what}", fate


def _broken(desk: _Desk) -> Iterator[tuple[tuple[str, bytes], str, str]]:
    """What must be stopped, each for one reason. Their own series keeps the others whole."""

    def fine(**more: Any) -> tuple[str, bytes]:
        return desk.invoice(_SHOP, "TD01", series="XX", lines=_GOODS, **more)

    name, data = fine()
    yield (name, _replaced(data, b"<CAP>", b"<CAP>IT-")), "against the schema (00200)", "invalid"
    name, data = fine(prefix="")
    yield (name, data), "children in a default namespace (00200)", "invalid"
    name, data = fine()
    yield (name, data[: len(data) * 2 // 3]), "XML that breaks off", "invalid"
    name, data = fine()
    hostile = b'?>\n<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    yield (name, _replaced(data, b"?>", hostile)), "XML with a DOCTYPE", "unreadable"
    name, data = fine(encoding="windows-1252", other=replace(BUYER, name="Società Caffè S.p.A."))
    wrong = _replaced(data, b"windows-1252", b"UTF-8")
    yield (name, wrong), "declares UTF-8 and is windows-1252: put right", "repaired"
    name, data = fine()
    yield (
        (name, _replaced(data, b"<Imposta>", b"<Imposta>9")),
        "tax that is not rate times taxable (00421)",
        "invalid",
    )
    name, data = fine()
    yield (
        (name, _replaced(data, b"<PrezzoTotale>", b"<PrezzoTotale>1")),
        "line total that is not price times quantity (00423, 00422)",
        "invalid",
    )
    yield (
        fine(recipient="NOTHERE"),
        "a recipient's code that only SdI knows not to exist (00311)",
        "rejected",
    )
    yield (
        desk.invoice(SUPPLIER, "TD01", series="XX"),
        "good invoice of a seller that nobody knows",
        "unassigned",
    )
    yield (f"IT{_SHOP.vat}_{desk.progressive()}.xml", b""), "empty member", "not_taken"
    inner = _zip(desk.day, [fine()])
    yield ("vecchie_fatture.zip", inner), "archive in the archive", "not_taken"
    name, data = fine()
    yield (f"../../{name}", data), "path out of the folder", "not_taken"
    yield (
        ("leggimi.txt", b"Fatture di questa settimana. Grazie!\n"),
        "text file",
        "unreadable",
    )


def _signed(
    desk: _Desk, sign: Callable[[bytes], bytes]
) -> Iterator[tuple[tuple[str, bytes], str, str]]:
    """Files that come signed: they must travel on byte for byte, or stop."""
    name, data = desk.invoice(_DENTIST, "TD01", series="FS", lines=(_TAXED,))
    yield (f"{name}.p7m", sign(data)), "signed by the customer", "delivered"
    name, data = desk.invoice(_CONSULTANT, "TD06", series="FS", lines=(_FEE,), **_KEPT)
    armoured = base64.encodebytes(sign(data))
    yield (f"{name}.p7m", armoured), "signed, then armoured in base64", "delivered"
    name, data = desk.invoice(_SHOP, "TD01", series="PS", other=OFFICE, format="FPA12")
    yield (f"{name}.p7m", sign(data)), "FPA12 signed by the customer", "accepted"
    name, data = desk.invoice(_SHOP, "TD01", series="XX")
    invalid = sign(_replaced(data, b"<CAP>", b"<CAP>IT-"))
    yield (f"{name}.p7m", invalid), "signed, against the schema (00200)", "invalid"
    name, data = desk.invoice(_SHOP, "TD01", series="XX")
    touched = _replaced(sign(data), b"Prestazione", b"Precisazion")
    yield (f"{name}.p7m", touched), "changed after it was signed (00102)", "invalid"


def _clones(desk: _Desk) -> Iterator[tuple[tuple[str, bytes], str, str]]:
    """Pairs: the first is fine, the second repeats it in one way."""
    name, data = desk.invoice(_SHOP, "TD01", lines=_GOODS)
    yield (name, data), "original of two clones", "delivered"
    again = f"IT{_SHOP.vat}_{desk.progressive()}.xml"
    yield (again, data), "the same bytes under another name", "held"
    _, other = desk.invoice(_SHOP, "TD01", lines=_GOODS)
    yield (f"copie/{name}", other), "another invoice under the same name, in a folder", "held"
    number = desk.number(_DENTIST, "FE")
    first = desk.invoice(_DENTIST, "TD01", number=number, lines=(_TAXED,))
    yield first, "original of a number used twice", "delivered"
    second = desk.invoice(_DENTIST, "TD01", number=number, lines=(_TAXED, _EXEMPT))
    yield second, "the same number and year, other content", "held"


def _members(today: date, sign: Callable[[bytes], bytes] | None) -> list[_Member]:
    desk = _Desk(today)
    parts = [*_ordinary(desk), *_offices(desk), *_broken(desk)]
    sheet = minimal_pdf(("FATTURA n. 118", "Studio Dentistico Aurora S.r.l.", "Totale 240.00"))
    parts.append((("fattura_118.pdf", sheet), "PDF invoice without embedded data", "conversion"))
    # Customers' files come as they come; clones stay behind what they repeat.
    random.Random(today.toordinal()).shuffle(parts)
    parts += [*_clones(desk), *(_signed(desk, sign) if sign else ())]
    return [_Member(Described(name, what, fate), data) for (name, data), what, fate in parts]


def build_zip(now: datetime, sign: Callable[[bytes], bytes] | None) -> bytes:
    """The archive for the day of `now`.

    `sign` turns a document into its CAdES envelope (DER); when None, signed members are left out.
    """
    members = _members(now.date(), sign)
    return _zip(now.date(), [(member.described.name, member.data) for member in members])


def describe(now: datetime, sign: Callable[[bytes], bytes] | None = None) -> tuple[Described, ...]:
    """What `build_zip` with the same arguments holds, in its order."""
    return tuple(member.described for member in _members(now.date(), sign))
