"""Texts: permitted characters, lengths, splitting; and the blocks that are only copied."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose import Delivery, Document, File, Reference, compose
from chalicelib.invoicing.fatturapa.text import fit, shorten, split
from chalicelib.invoicing.fatturapa.tree.body import DatiVeicoliType
from chalicelib.invoicing.fatturapa.tree.facets import within
from chalicelib.invoicing.fatturapa.tree.general import DatiTrasportoType, FatturaPrincipaleType
from infra.local import subjects
from tests.invoicing.compose.examples import (
    DAY,
    TODAY,
    accepted,
    body,
    buyer,
    document,
    invoice,
    line,
    objections,
    seller,
)


@pytest.mark.parametrize(
    ("text", "latin", "basic"),
    [
        ("100 €", "100 EUR", "100 EUR"),
        ("‘a’ “b” „c” «d»", "'a' \"b\" \"c\" «d»", "'a' \"b\" \"c\" \"d\""),
        ("a–b—c−d", "a-b-c-d", "a-b-c-d"),
        ("œuvre Œ æ", "oeuvre OE æ", "oeuvre OE ae"),
        ("Łódź, Ștefan, Dvořák", "Lódz, Stefan, Dvorák", "Lodz, Stefan, Dvorak"),
        ("n° 5 – 20 m²", "n° 5 - 20 m²", "no 5 - 20 m2"),
        ("…™½ﬁ", "...TM½fi", "...TM1/2fi"),
        ("a\n\tb\u00a0\u2003 c ", "a b c", "a b c"),
        ("\x80uro \x93x\x94", 'EURuro "x"', 'EURuro "x"'),
        ("co\u00adop\u200bera\x7f\x00", "coopera", "coopera"),
        ("ok 😀 ✓", "ok x", "ok x"),
        ("Иванов Ωμέγα", "Ivanov Omega", "Ivanov Omega"),
        ("Straße Ø ß", "Straße Ø ß", "Strasse O ss"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_words(text: str, latin: str, basic: str) -> None:
    assert (fit(text, "latin").text, fit(text, "latin").lost) == (latin, "")
    assert (fit(text, "basic").text, fit(text, "basic").lost) == (basic, "")


def test_what_cannot_be_written_is_told() -> None:
    assert fit("Ditta 漢字 Srl", "latin").lost == "漢字"
    assert fit("漢字", "any").text == "漢字"


def test_a_refusal_names_the_characters_and_not_the_text() -> None:
    with pytest.raises(Rejected) as caught:
        compose(invoice(document(line(description="Ditta 漢字漢"))), TODAY)
    assert caught.value.details["characters"] == ["U+5B57", "U+6F22"]


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(["basic", "latin"]))
def test_anything_fits_and_stays(text: str, charset: str) -> None:
    found = fit(text, charset)  # type: ignore[arg-type]
    assert within(charset, found.text)  # type: ignore[arg-type]
    assert found.text == found.text.strip()
    assert "  " not in found.text
    assert fit(found.text, charset) == replace(found, lost="")  # type: ignore[arg-type]


@given(st.text("ab ", max_size=60), st.integers(1, 20))
def test_pieces_hold_every_word(text: str, chars: int) -> None:
    plain = " ".join(text.split())
    pieces = split(plain, chars)
    assert "".join("".join(pieces).split()) == "".join(plain.split())
    assert all(0 < len(piece) <= chars and piece == piece.strip() for piece in pieces)


def test_names_keep_their_extension() -> None:
    assert shorten("relazione finale.pdf", 12) == "relazion.pdf"
    assert shorten("senza estensione alcuna", 10) == "senza este"
    assert shorten("corto.pdf", 60) == "corto.pdf"


def test_codes_are_put_in_form() -> None:
    who = replace(subjects.SELLER, vat=f"it {subjects.SELLER.vat}", province="bo")
    who = replace(who, street="Via “Roma”")
    person = replace(subjects.PERSON, tax_code=subjects.PERSON.tax_code.lower())
    head = accepted(invoice(seller=seller(who), buyer=buyer(person))).tree.FatturaElettronicaHeader
    identity = head.CedentePrestatore.DatiAnagrafici  # type: ignore[union-attr]
    assert identity.IdFiscaleIVA.IdCodice == subjects.SELLER.vat
    assert head.CedentePrestatore.Sede.Provincia == "BO"
    assert head.CedentePrestatore.Sede.Indirizzo == 'Via "Roma"'


def test_telephone_numbers_lose_their_groups() -> None:
    root = accepted(invoice(seller=seller(phone="+39 051 / 234.5-6"))).data
    assert b"<Telefono>+3905123456<" in root


def test_a_long_description_goes_on_and_moves_the_numbers() -> None:
    long = "parola " * 300
    made = document(
        line(description=long),
        line("5"),
        references=(Reference(kind="order", id="1", lines=(1, 2)),),
        deliveries=(Delivery(number="2", day=DAY, lines=(2,)),),
    )
    found = body(documents=(made,))
    lines = found.findall("DatiBeniServizi/DettaglioLinee")
    assert [each.findtext("PrezzoTotale") for each in lines] == ["100.00", "0.00", "0.00", "5.00"]
    texts = [each.findtext("Descrizione", "") for each in lines[:3]]
    assert " ".join(texts) == long.strip()
    assert max(map(len, texts)) <= 1000
    numbers = [node.text for node in found.iter("RiferimentoNumeroLinea")]
    assert numbers == ["1", "4", "4"]


def test_causes_are_split_at_words() -> None:
    found = body(documents=(document(cause="“Lavori” – " + "parola " * 80),))
    causes = [node.text or "" for node in found.iter("Causale")]
    assert len(causes) == 3
    assert all(len(cause) <= 200 for cause in causes)
    assert " ".join(causes).startswith('"Lavori" - parola')


def test_attachments() -> None:
    data = bytes(range(256))
    file = File(
        name="verbale “finale” " + "x" * 80 + ".pdf", data=data, format="pdf", description="y" * 200
    )
    found = body(documents=(document(files=(file,)),)).find("Allegati")
    assert found is not None
    name = found.findtext("NomeAttachment", "")
    assert (len(name), name[-4:], name[:16]) == (60, ".pdf", 'verbale "finale"')
    assert len(found.findtext("DescrizioneAttachment", "")) == 100
    assert base64.b64decode(found.findtext("Attachment", "")) == data


def test_references_and_rare_blocks() -> None:
    kinds = ("order", "contract", "agreement", "reception", "invoice")
    made: Document = document(
        references=tuple(
            Reference(kind=kind, id=kind, day=DAY, cig="CIG1", cup="CUP1")  # type: ignore[arg-type]
            for kind in kinds
        ),
        stages=(1, 999),
        art73=True,
        transport=DatiTrasportoType(
            MezzoTrasporto="Furgone “blu”", PesoLordo=D("12.5"), TipoResa="exw", NumeroColli=2
        ),
        main_invoice=FatturaPrincipaleType(
            NumeroFatturaPrincipale="7", DataFatturaPrincipale="2026-11-01"
        ),
        vehicle=DatiVeicoliType(Data="2026-01-01", TotalePercorso="10 km"),
    )
    made = replace(made, transport=replace(made.transport, TipoResa="EXW"))  # type: ignore[type-var]
    found = body(documents=(made,))
    general = found.find("DatiGenerali")
    assert general is not None
    assert [node.tag for node in general][1:] == [
        "DatiOrdineAcquisto", "DatiContratto", "DatiConvenzione", "DatiRicezione",
        "DatiFattureCollegate", "DatiSAL", "DatiSAL", "DatiTrasporto", "FatturaPrincipale",
    ]  # fmt: skip
    assert found.findtext(".//MezzoTrasporto") == 'Furgone "blu"'
    assert found.findtext("DatiVeicoli/TotalePercorso") == "10 km"


def test_lots() -> None:
    made = invoice(*(document(number=f"{n}/2026") for n in range(1, 30)))
    assert len(accepted(made).totals) == 29
    # A credit note has numbers of its own, another year too.
    accepted(invoice(document(), document(kind="TD04"), document(day=date(2025, 12, 31))))


def test_documents_say_what_made_them() -> None:
    data = accepted(invoice(software="Sportello 1.0")).data
    assert b'SistemaEmittente="Sportello"' in data
    assert objections(data) == []
