"""Validation against the official schemas, and what it says to people."""

from __future__ import annotations

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa import schema
from chalicelib.invoicing.fatturapa.schema import Fault
from infra.local import invoices
from infra.local.invoices import File, Fund, Line, Withholding, make
from infra.local.subjects import FRENCH, PERSON
from tests.invoicing.official import facts, samples, schemas


@pytest.fixture(scope="module")
def folder() -> Path:
    return schemas()


def check(data: bytes, folder: Path) -> tuple[Fault, ...]:
    return schema.check(xml.read(data, limit_bytes=limits.DOCUMENT_BYTES), folder)


def changed(old: str, new: str, **more: object) -> bytes:
    data = make(**more)  # type: ignore[arg-type]
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


# --- what is valid ------------------------------------------------------------------------------
@pytest.mark.parametrize("type", [*invoices.ORDINARY_TYPES, *invoices.SIMPLIFIED_TYPES])
def test_every_made_type_is_valid(type: str, folder: Path) -> None:
    assert check(make(type), folder) == ()
    assert check(make(type, bodies=3, attachments=(File("a", "", b"x"),)), folder) == ()


@pytest.mark.parametrize(
    "more",
    [
        {"format": "FPA12"},
        {"format": "FPA12", "exigibility": "I", "ritenuta": Withholding()},
        {"natura": "N4", "bollo": True},
        {"natura": "N3.1", "buyer": FRENCH},
        {"buyer": PERSON, "recipient": "0000000"},
        {"pec": "a.b@pec.esempio.it"},
        {"ritenuta": Withholding("RT02", Decimal("23"), "R"), "cassa": Fund("TC07", Decimal("8"))},
        {"cassa": Fund(withheld=True), "ritenuta": Withholding(), "natura": "N2.2"},
        {"art73": True, "emitter": "TZ", "type": "TD24"},
        {"encoding": "windows-1252", "lines": (Line("Qualità è caffè"),)},
    ],
    ids=lambda more: "-".join(map(str, more)),
)
def test_every_extra_is_valid(more: dict[str, object], folder: Path) -> None:
    assert check(make(**more), folder) == ()  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None)
@given(
    price=st.decimals(min_value="-99999", max_value="99999", places=8),
    quantity=st.none() | st.decimals(min_value="0", max_value="99999", places=4),
    discounts=st.lists(st.decimals(min_value="0", max_value="50", places=2), max_size=3).map(tuple),
)
def test_any_amount_is_written_as_the_schema_wants(
    price: Decimal, quantity: Decimal | None, discounts: tuple[Decimal, ...], folder: Path
) -> None:
    line = Line(price=price, quantity=quantity, discounts=discounts)
    assert check(make(lines=(line,), cassa=Fund(), ritenuta=Withholding()), folder) == ()


@pytest.mark.parametrize("path", samples() or [None], ids=lambda p: p.stem if p else "none")
def test_official_examples(path: Path | None, folder: Path) -> None:
    if path is None:
        pytest.skip("the official examples are not at hand")
    faults = check(path.read_bytes(), folder)
    if path.stem.startswith("1.2.2") and path.stem.endswith("FPR02"):
        # Known to be wrong: ContattiTrasmittente after PECDestinatario.
        (fault,) = faults
        assert (fault.code, fault.id) == ("00200", "1.1.5")
        assert fault.message == "ContattiTrasmittente: it may not stand here."
    else:
        assert faults == ()


# --- what is not --------------------------------------------------------------------------------
HEAD, GENERAL = "FatturaElettronicaHeader", "FatturaElettronicaBody/DatiGenerali"


@pytest.mark.parametrize(
    ("old", "new", "path", "id", "message"),
    [
        (
            "<CAP>40121", "<CAP>4012", f"{HEAD}/CedentePrestatore/Sede/CAP", "1.2.2.3",
            "CAP: the value '4012' does not have the required form [0-9][0-9][0-9][0-9][0-9].",
        ),
        (
            "<Divisa>EUR</Divisa>", "", f"{GENERAL}/DatiGeneraliDocumento/Data", "2.1.1.3",
            "Data: it may not stand here; expected: Divisa.",
        ),
        (
            "<CondizioniPagamento>TP02", "<CondizioniPagamento>TP09",
            "FatturaElettronicaBody/DatiPagamento/CondizioniPagamento", "2.4.1",
            "CondizioniPagamento: the value 'TP09' is not one of 'TP01', 'TP02', 'TP03'.",
        ),
        (
            "<Data>2026", "<Data> 2026", f"{GENERAL}/DatiGeneraliDocumento/Data", "2.1.1.3",
            "Data: ' 2026-11-20' is not a valid value (type DataFatturaType).",
        ),
        (
            "<AliquotaIVA>22.00", "<AliquotaIVA>122.00",
            "FatturaElettronicaBody/DatiBeniServizi/DettaglioLinee/AliquotaIVA", "2.2.1.12",
            "AliquotaIVA: the value '122.00' is beyond the limit of 100.00.",
        ),
        (
            "<Denominazione>", "<Denominazione>€",
            f"{HEAD}/CedentePrestatore/DatiAnagrafici/Anagrafica/Denominazione", "1.2.1.3.1",
            r"Denominazione: the value '€Officina Bassi S.r.l.' does not have the required form "
            r"[\p{IsBasicLatin}\p{IsLatin-1Supplement}]{1,80}.",
        ),
        (
            ' versione="FPR12"', "", "", "", "FatturaElettronica: 'versione' is missing.",
        ),
        (
            "fatture/v1.2", "fatture/v1.1", "", "",
            "FatturaElettronica: the root element is not the one of the official schema "
            "(check its namespace).",
        ),
    ],
)  # fmt: skip
def test_faults_speak_to_people(
    old: str, new: str, path: str, id: str, message: str, folder: Path
) -> None:
    (fault,) = check(changed(old, new), folder)
    assert (fault.code, fault.path, fault.id, fault.message) == ("00200", path, id, message)
    assert fault.line > 0


def test_positions_tell_bodies_apart(folder: Path) -> None:
    data = make(bodies=3)
    before, found, after = data.rpartition(b"<Divisa>EUR")
    (fault,) = check(before + found.replace(b"EUR", b"euro") + after, folder)
    assert fault.path == f"{HEAD[:-6]}Body[3]/DatiGenerali/DatiGeneraliDocumento/Divisa"
    assert fault.id == "2.1.1.2"


def test_a_default_namespace_is_named(folder: Path) -> None:
    (fault,) = check(make(prefix=""), folder)
    assert (fault.path, fault.id) == (HEAD, "1")
    assert fault.message == f"{HEAD}: it stands in the wrong namespace."


def test_the_simplified_format_has_its_own_schema(folder: Path) -> None:
    (fault,) = check(changed("<Importo>183.00", "<Importo>183", type="TD07"), folder)
    assert (fault.path, fault.id) == ("FatturaElettronicaBody/DatiBeniServizi/Importo", "2.2.2")


def test_long_values_are_cut(folder: Path) -> None:
    faults = check(changed("<CAP>", "<CAP>" + "1" * 200_000), folder)
    assert all(len(fault.message) < 400 for fault in faults)


SIGNS = [*map(chr, (9, 10, 13, *range(0x20, 0x140))), "€", "\ufffd", "\U0001f600"]


@pytest.mark.parametrize("type", ["TD01", "TD07"])
@pytest.mark.parametrize("name", ["Numero", "Descrizione"])
def test_the_quick_schema_takes_what_the_official_one_takes(
    folder: Path, type: str, name: str
) -> None:
    root = xml.read(make(type), limit_bytes=limits.DOCUMENT_BYTES)
    (node, *_) = root.iter(name)
    file = schema.FILES[xml.local(root)]
    quick, official = schema._quick(folder, file), schema._compiled(folder, file)
    taken = set()
    for text in (
        *(f"a{sign}b" for sign in SIGNS),
        *("x" * n for n in (0, 1, 20, 21, 1_000, 1_001)),
    ):
        node.text = text
        valid = official.validate(root)
        assert quick.validate(root) == valid, text
        if valid:
            taken.add(text)
    assert {"a~b", "x"} < taken
    assert ("aÿb" in taken) is (name == "Descrizione")
    assert not taken & {"", "aĀb", "a€b"}


@pytest.mark.parametrize("file", schema.FILES.values())
def test_the_quick_schema_asks_for_no_block_by_name(folder: Path, file: str) -> None:
    official, quick = (
        [one.get("value") for one in tree.iter("{*}pattern")]
        for tree in (schema._load(folder, file), schema._in_ranges(schema._load(folder, file)))
    )
    assert any(r"\p{" in form for form in official)
    assert not any(r"\p{" in form for form in quick)
    same = [now for was, now in zip(official, quick, strict=True) if r"\p{" not in was]
    assert same == [form for form in official if r"\p{" not in form]


@pytest.mark.parametrize("name", ["è" * 300, "a" + "è" * 300])
def test_a_path_that_is_cut_within_a_character_is_no_crash(folder: Path, name: str) -> None:
    faults = check(changed("<CAP>", f"<{name}/><CAP>"), folder)
    assert {fault.code for fault in faults} == {"00200"}


def test_more_than_fifty_end_with_00201(folder: Path) -> None:
    lines = tuple(Line(f"Voce {n}") for n in range(60))
    data = re.sub(rb"(<AliquotaIVA>\d+)\.00", rb"\1", make(lines=lines))
    faults = check(data, folder)
    assert [fault.code for fault in faults] == ["00200"] * 50 + ["00201"]
    few = re.sub(rb"(<AliquotaIVA>\d+)\.00", rb"\1", make(lines=lines[:49]))
    assert [fault.code for fault in check(few, folder)] == ["00200"] * 50


def test_another_root_is_refused(folder: Path) -> None:
    with pytest.raises(Rejected) as caught:
        check(b"<Invoice/>", folder)
    assert caught.value.code == "not_fatturapa"


def test_location_hints_of_a_document_are_not_followed(folder: Path, tmp_path: Path) -> None:
    # A schema that would allow anything, offered by the document itself.
    lax = tmp_path / "lax.xsd"
    lax.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">'
        '<xs:element name="y"/></xs:schema>'
    )
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="urn:x" '
        f'xsi:schemaLocation="urn:x {lax.as_uri()}" versione='
    )
    assert check(changed("versione=", hint), folder) == ()
    data = changed("versione=", hint).replace(b"<Divisa>", b"<x:y/><Divisa>")
    assert len(check(data, folder)) == 1


def test_threads_do_not_mix_their_faults(folder: Path) -> None:
    documents = [make(), changed("<CAP>40121", "<CAP>4"), changed("<Divisa>EUR</Divisa>", "")]
    alone = [check(data, folder) for data in documents]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda n: check(documents[n % 3], folder), range(90)))
    assert together == [alone[n % 3] for n in range(90)]


@pytest.mark.parametrize(
    ("root", "table"),
    [
        ("FatturaElettronica", "fatturapa_elements.tsv"),
        ("FatturaElettronicaSemplificata", "fatturapa_elements_simplified.tsv"),
    ],
)
def test_ids_are_those_of_the_official_table(root: str, table: str, folder: Path) -> None:
    with facts(table).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    official = {tuple(row["path"].split("/")): row["id"] for row in rows if row["id"] != "-"}
    assert schema._ids(folder, schema.FILES[root]) == official
