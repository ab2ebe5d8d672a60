"""The printed receipt: what must be on it, in each language, whatever the receipt says."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest

from chalicelib.payments.notice.model import Creditor
from chalicelib.payments.receipts import pdf
from chalicelib.payments.receipts.model import ReceiptTransfer, Subject
from chalicelib.payments.receipts.words import WORDS, euros, words
from infra.local.cloud import LAYERS
from tests.payments.receipts import made

pytestmark = pytest.mark.feature("F001-098")
FONTS = Path(LAYERS / "fonts")
BODY = Creditor("80012000826", "Ordine di prova", "Segreteria", "Via Roma 1 · info@ordine.example")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def text(data: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def render(receipt: Any, language: str = "it", body: Creditor = BODY) -> bytes:
    return pdf.render(receipt, body, language, FONTS)


@pytest.mark.parametrize("language", WORDS)
def test_what_the_rules_want_is_there(language: str) -> None:
    found = text(render(made.receipt(cents=123_456), language))
    said = words(language)
    for wanted in (
        said.title, said.copy, "Ordine di prova", "80012000826", "Segreteria",
        "Rossi Maria", "RSSMRA80A41H501Y", "Verdi Luigi", "VRDLGU75B02F205X",
        "01000000000004285", "3010 0000 0000 0042 85", "c110729d258c4ab1b765fe902aae41d6",
        "Banca di prova", "12345670017", "22/11/2026 12:00:00", "23/11/2026", "Quota annuale",
        "IT60 X054 2811 1010 0000 0123 456", "9/1201001AP/",
        euros(123_456, said).replace("\u00a0", " "), euros(123_606, said).replace("\u00a0", " "),
    ):  # fmt: skip
        assert " ".join(wanted.split()) in found, wanted


def test_sums_are_written_as_the_language_does() -> None:
    assert [euros(123_456_789, words(name)).replace("\u00a0", " ") for name in WORDS] == [
        "1.234.567,89 €", "1,234,567.89 €", "1 234 567,89 €", "1.234.567,89 €",
    ]  # fmt: skip
    assert words("de") == words("") == WORDS["it"]


def test_the_same_receipt_is_the_same_file_with_or_without_a_logo() -> None:
    one = made.receipt()
    assert render(one) == render(one)
    with_logo = render(one, body=replace(BODY, logo=SVG))
    reader = pypdf.PdfReader(io.BytesIO(with_logo), strict=True)
    assert len(reader.pages) == 1
    assert reader.metadata is not None
    assert reader.metadata.title == "Ricevuta di pagamento pagoPA 01000000000004285"
    assert reader.trailer["/Root"]["/Lang"] == "it-IT"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_what_is_not_known_is_not_said() -> None:
    bare = made.receipt(
        payer=None, debtor=Subject("F", "ANONIMO", "ANONIMO"), fee_cents=None, paid_at="",
        applied_on="", transferred_on="", method="", notice="", psp_code="",
    )  # fmt: skip
    found = text(render(bare))
    assert "ANONIMO" not in found
    assert "Versante" not in found
    assert "Data e ora" not in found
    assert "Non indicata" in found
    assert "22/11/2026" in found  # the day is always known


def test_a_double_payment_and_another_bodys_receipt_say_so() -> None:
    assert "risultava già un pagamento" in text(render(made.receipt(double=True)))
    other = text(render(made.receipt(creditor="01234567897", company="Comune di Altrove")))
    assert "Comune di Altrove" in other
    assert "Ordine di prova" not in other


def test_long_and_foreign_texts_go_on_over_pages() -> None:
    transfer = ReceiptTransfer(1, "80012000826", 100, made.BANK, "Č" * 140, "9/1201001AP/")
    five = tuple(replace(transfer, number=number + 1) for number in range(5))
    long = made.receipt(
        transfers=five, description="parola " * 2_000, company="x", psp_name="Łódź 中 " * 20
    )
    data = render(long)
    found = text(data)
    assert found.count("parola") == 2_000
    assert "[U+4E2D]" in found
    assert found.count("Č") == 5 * 140
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) > 2
