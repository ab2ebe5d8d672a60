"""What is not in the format: kept out, and told."""

from __future__ import annotations

import pytest

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa.tree import (
    Change,
    FatturaElettronica,
    FatturaElettronicaSemplificata,
    Misfit,
    Tree,
    attached,
    misfits,
    parse,
    serialize,
)
from infra.local.invoices import File, make

GENERAL = "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento"


def read(data: bytes) -> Tree:
    return parse(xml.read(data, limit_bytes=limits.DOCUMENT_BYTES))


def changed(old: str, new: str, **more: object) -> bytes:
    data = make(**more)  # type: ignore[arg-type]
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


def test_values_are_typed() -> None:
    found = read(make(attachments=(File("a.txt", "TXT", b"testo" * 40),)))
    assert isinstance(found, FatturaElettronica)
    body = found.FatturaElettronicaBody[0]
    line = body.DatiBeniServizi.DettaglioLinee[0]
    assert (str(line.PrezzoUnitario), line.NumeroLinea, line.Natura) == ("150.00", 1, None)
    assert attached(body.Allegati[0]) == b"testo" * 40
    simple = read(make("TD07"))
    assert isinstance(simple, FatturaElettronicaSemplificata)
    assert str(simple.FatturaElettronicaBody[0].DatiBeniServizi[0].Importo) == "183.00"


@pytest.mark.parametrize(
    ("old", "new", "change", "whole"),
    [
        ("<Divisa>", "<Valuta>EUR</Valuta><Divisa>", Change("unknown", f"{GENERAL}/Valuta"), False),
        (
            "<Divisa>EUR</Divisa>", "<Divisa>EUR</Divisa><Divisa>USD</Divisa>",
            Change("repeated", f"{GENERAL}/Divisa[2]"), False,
        ),
        ("<Divisa>", '<Divisa x="1">', Change("attribute", f"{GENERAL}/Divisa/@x"), False),
        ("<Divisa>EUR", "<Divisa>EUR<b/>", Change("unknown", f"{GENERAL}/Divisa/b"), False),
        ("<Divisa>", "EUR<Divisa>", Change("text", GENERAL), False),
        (
            "<Divisa>EUR</Divisa>", "<q:Divisa xmlns:q='urn:q'>EUR</q:Divisa>",
            Change("namespace", f"{GENERAL}/Divisa"), True,
        ),
        ("fatture/v1.2", "fatture/v1.1", Change("namespace", ""), True),
        (" versione=", ' b="1" versione=', Change("attribute", "@b"), False),
    ],
)  # fmt: skip
def test_what_is_not_in_the_format(old: str, new: str, change: Change, whole: bool) -> None:
    found = read(changed(old, new))
    assert found.changes == (change,)
    assert found.whole is whole
    assert found == read(make())


def test_disorder_is_put_right() -> None:
    data = (
        changed("<Divisa>EUR</Divisa>", "")
        .replace(b"</TipoDocumento>", b"</TipoDocumento>", 1)
        .replace(b"<TipoDocumento>", b"<Divisa>EUR</Divisa><TipoDocumento>", 1)
    )
    found = read(data)
    assert found.changes == (Change("moved", f"{GENERAL}/TipoDocumento"),)
    assert found.whole
    assert serialize(found) == serialize(read(make()))


def test_a_signature_is_dropped_and_told() -> None:
    signature = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></p:FatturaElettronica>'
    )
    found = read(changed("</p:FatturaElettronica>", signature))
    assert (found.signed, found.changes, found.whole) == (True, (), True)
    assert b"Signature" not in serialize(found)
    other = read(changed("</p:FatturaElettronica>", "<Signature/></p:FatturaElettronica>"))
    assert (other.signed, other.changes) == (False, (Change("unknown", "Signature"),))


def test_comments_do_not_cut_a_value() -> None:
    found = read(changed("<Numero>1/2026", "<Numero>1/<!-- x -->20<?y z?>26"))
    assert found == read(make())
    assert found.changes == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("<Divisa>EUR</Divisa>", "", "tree_missing", f"{GENERAL}/Divisa"),
        (' versione="FPR12"', "", "tree_missing", "@versione"),
        (
            "<PrezzoUnitario>150.00", "<PrezzoUnitario>NaN", "tree_value",
            "FatturaElettronicaBody/DatiBeniServizi/DettaglioLinee/PrezzoUnitario",
        ),
        (
            "<NumeroLinea>1", "<NumeroLinea>uno", "tree_value",
            "FatturaElettronicaBody/DatiBeniServizi/DettaglioLinee/NumeroLinea",
        ),
        ("<p:FatturaElettronica ", "<p:Fattura ", "not_fatturapa", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read(old: str, new: str, code: str, field: str | None) -> None:
    data = changed(old, new)
    if code == "not_fatturapa":
        data = data.replace(b"</p:FatturaElettronica>", b"</p:Fattura>")
    with pytest.raises(Rejected) as caught:
        read(data)
    assert (caught.value.code, caught.value.details.get("field")) == (code, field)


def test_misfits_name_the_place() -> None:
    name = "FatturaElettronicaHeader/CedentePrestatore/DatiAnagrafici/Anagrafica"
    found = read(changed("<Denominazione>", "<Nome>A</Nome><Denominazione>€"))
    assert set(misfits(found)) == {
        Misfit(name, "choice"),
        Misfit(f"{name}/Denominazione", "characters"),
    }
    lots = read(changed("<Divisa>EUR", "<Divisa>euro", bodies=3))
    where = GENERAL.replace("Body", "Body[1]")
    assert list(misfits(lots)) == [Misfit(f"{where}/Divisa", "length")]


def test_characters_that_xml_cannot_hold_are_refused() -> None:
    found = read(make())
    object.__setattr__(found, "SistemaEmittente", "a\x00")
    with pytest.raises(Rejected) as caught:
        serialize(found)
    assert (caught.value.code, caught.value.details["field"]) == (
        "tree_character",
        "@SistemaEmittente",
    )


def test_a_broken_attachment_is_refused() -> None:
    found = read(make(attachments=(File("a", "", b"abc"),)))
    assert isinstance(found, FatturaElettronica)
    block = found.FatturaElettronicaBody[0].Allegati[0]
    object.__setattr__(block, "Attachment", "a")
    with pytest.raises(Rejected, match="tree_base64"):
        attached(block)
