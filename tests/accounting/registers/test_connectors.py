"""What registers write and what they are told, without any network."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.accounting.registers import registry, tables
from chalicelib.accounting.registers.contract import Format, Paid, Setting
from chalicelib.base.errors import Rejected
from chalicelib.payments.body import Service
from chalicelib.payments.dues import mapping, reading
from chalicelib.payments.dues.model import Read
from tests.accounting.registers import custom, made
from tests.accounting.registers.made import MARIA
from tests.payments.taxonomy_csv import FEE

SERVICES = {"quota": Service("quota", "Quota", FEE, "IT60X0542811101000000123456", "1.1")}
ALWAYS = {"service": "quota", "reason": "Quota {year}"}
ISI = Setting("isi", "isi", "s3", "csv", constants=ALWAYS)
OPI = Setting("opi", "opi", "https", "json", url="https://a.it", report_url="https://a.it/{id}",
              constants=ALWAYS)  # fmt: skip
SFERABIT = Setting("avv", "sferabit", "s3", "xlsx", file="p.xlsx", constants=ALWAYS)
NOTAI = Setting("not", "notai", "s3", "csv", constants={"service": "quota"})


def dues(setting: Setting, data: bytes) -> list[Read]:
    """As the import of dues reads what the connector made of it."""
    file, count = tables.standard(registry.get(setting.kind).read(setting, data))
    table = reading.read(tables.sheets.read(tables._Held(file)), mapping.standard(), SERVICES, 2026)
    found = list(table)
    assert len(found) == count
    faults = [one for one in found if isinstance(one, list)]
    assert faults == []
    return [one for one in found if isinstance(one, Read)]


@pytest.mark.feature("F001-020", "F001-021")
def test_every_version_of_isi_is_read() -> None:
    first, company = dues(ISI, made.ISI_1)
    assert (first.source, first.person.tax_code, first.person.name) == (
        "isi/1001", MARIA, "Rossi Maria",
    )  # fmt: skip
    assert (first.cents, first.due, first.chapter) == (15_000, date(2026, 12, 31), "1.1")
    assert (company.person.name, company.category) == ("Studio Verdi", "professional")
    newer = dues(ISI, made.ISI_3)
    assert [(one.source, one.cents, one.category) for one in newer] == [
        ("isi/1001", 115_000, "professional"),
        ("isi/1002", 30_000, "company"),
        ("isi/1003", 5_000, "trainee"),
    ]
    assert newer[0].person.pec == "maria@pec.example.org"
    # A version that nobody has seen: the body says how its columns are called.
    unseen = made.ISI_1.replace(b"NumQuota", b"Progressivo").replace(b";CF;", b";TAX;")
    with pytest.raises(Rejected, match="register_layout") as refused:
        dues(ISI, unseen)
    assert refused.value.details["fields"] == ["source", "tax_code"]
    told = replace(ISI, columns={"source": "Progressivo", "tax_code": "TAX"})
    assert dues(told, unseen) == dues(ISI, made.ISI_1)


@pytest.mark.feature("F001-020")
def test_isi_says_its_version_or_says_none() -> None:
    assert registry.release(ISI, made.ISI_3) == "3.2"
    assert registry.release(ISI, made.ISI_1) == ""
    # As a workbook keeps it, and as an object does.
    for form in ("xlsx", "json"):
        data = made.table(form, ("Versione tracciato", "ID_QUOTA"), (4.0, 1), (3.2, 2))
        said = registry.release(replace(ISI, format=form), data)
        assert said in ("4", "4.0"), form
    # What nobody would call a version is none; what is no file of rows says nothing at all.
    for data in (b"VERSIONE;X\n=1+1;1\n", b"VERSIONE;X\n" + b"9" * 17 + b";1\n", b"<html>"):
        assert registry.release(ISI, data) == ""
    # Nobody has seen it, and it is read all the same.
    newer = made.ISI_3.replace(b"\n3.2;", b"\n12.0 beta;")
    assert registry.release(ISI, newer) == "12.0 beta"
    assert dues(ISI, newer) == dues(ISI, made.ISI_3)
    # Others say none.
    assert registry.release(OPI, made.opi()) == ""


_WRITES = {
    "isi": ("ID_QUOTA", "COD_FISC", "DENOMINAZIONE", "TIPO_ISCRITTO", "ANNO", "CAUSALE", "IMPORTO",
            "SCADENZA"),
    "opi": ("idQuota", "iscritto.codiceFiscale", "iscritto.denominazione", "iscritto.tipo", "anno",
            "causale", "importo", "scadenza"),
    "sferabit": ("Id pendenza", "Codice fiscale", "Nominativo", "Elenco", "Anno", "Oggetto",
                 "Importo dovuto", "Scadenza"),
}  # fmt: skip
_KINDS = {"isi": ("I", "STP"), "opi": ("INFERMIERE", "STP"), "sferabit": ("Avvocati", "STA")}


@pytest.mark.feature("F001-020", "F001-029", "F001-030")
@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("kind", ["isi", "opi", "sferabit"])
def test_every_register_is_read_in_every_format(kind: str, form: Format) -> None:
    assert form in registry.get(kind).formats
    person, company = _KINDS[kind]
    data = made.table(
        form, _WRITES[kind],
        (1001, MARIA, "Rossi Maria", person, 2026, "Quota 2026", 1150.35, "31/12/2026"),
        ("1002", "12345670017", "Studio Verdi", company, "2026", "Quota STP", "1.150", ""),
    )  # fmt: skip
    first, second = dues(Setting("albo", kind, "s3", form, constants=ALWAYS), data)
    assert (first.source, first.person.tax_code, first.person.name, first.category) == (
        "albo/1001", MARIA, "Rossi Maria", "professional",
    )  # fmt: skip
    assert (first.cents, first.year, first.due, first.reason) == (
        115_035, 2026, date(2026, 12, 31), "Quota 2026",
    )  # fmt: skip
    # What is a text is Italian in each of them: a point stands before three digits.
    assert (second.source, second.cents, second.due, second.category) == (
        "albo/1002", 115_000, None, "company",
    )  # fmt: skip


@pytest.mark.feature("F001-029")
def test_albo_unico_opi_is_read() -> None:
    (one,) = dues(OPI, made.opi())
    assert (one.source, one.cents, one.reason) == ("opi/77", 12_050, "Quota 2026")
    assert (one.person.name, one.person.pec) == ("Rossi Maria", "maria@pec.example.org")
    # Money never becomes a binary number on its way.
    (one,) = dues(OPI, made.opi({"importo": 0.1 + 0.7}))
    assert one.cents == 80
    assert dues(OPI, b'{"quote": []}') == []
    for broken in (b"{}", b"<html>", b"[1]", b"\xff"):
        with pytest.raises(Rejected, match="register_layout"):
            dues(OPI, broken)


@pytest.mark.feature("F001-030")
def test_sferabit_is_read() -> None:
    data = made.sferabit(
        ("P-1", MARIA, "Rossi Maria", "Avvocati", 2026, "Contributo 2026", 200.35, 46387),
        ("P-2", "12345670017", "Studio", "STA", "2026", "Contributo STA", "1.000,00", "31/12/2026"),
    )
    first, second = dues(SFERABIT, data)
    assert (first.source, first.cents, first.due) == ("avv/P-1", 20_035, date(2026, 12, 31))
    assert (second.category, second.cents) == ("company", 100_000)


def test_what_is_wrong_in_a_row_is_the_imports_to_tell() -> None:
    bad = made.ISI_1.replace(MARIA.encode(), b"RSSMRA80A41H501X").replace(b"150,00", b"=1+1")
    file, _ = tables.standard(registry.get("isi").read(ISI, bad))
    first = next(
        reading.read(tables.sheets.read(tables._Held(file)), mapping.standard(), SERVICES, 2026)
    )
    assert isinstance(first, list)
    assert [one.field for one in first] == ["tax_code", "amount"]


PAID = Paid("1001", MARIA, 2026, "01" + "0" * 15, "r1", 15_000, date(2026, 11, 20),
            "2026-0000001", "PAID")  # fmt: skip


@pytest.mark.feature("F001-034")
def test_each_register_is_told_in_its_own_words() -> None:
    part = replace(PAID, id="1002", cents=100, status="PARTIAL")
    (file,) = registry.get("isi").paid(ISI, [PAID, part])
    assert file.data.decode().splitlines()[1:] == [
        f"1001;{MARIA};2026;{PAID.iuv};150,00;20/11/2026;r1;2026-0000001;P",
        f"1002;{MARIA};2026;{PAID.iuv};1,00;20/11/2026;r1;2026-0000001;A",
    ]
    calls = registry.get("opi").paid(OPI, [PAID, part])
    assert [(one.method, one.id, one.rows) for one in calls] == [
        ("PATCH", "1001", (0,)), ("PATCH", "1002", (1,)),
    ]  # fmt: skip
    words: list[dict[str, Any]] = [json.loads(one.data) for one in calls]
    assert [one["stato"] for one in words] == ["PAGATA", "PAGATA_IN_PARTE"]
    assert words[0]["importo"] == "150.00"
    # A file has no address that says whose each is.
    (whole,) = registry.get("opi").paid(replace(OPI, way="s3", url="", report_url=""), [PAID, part])
    assert (whole.rows, whole.suffix) == ((0, 1), "incassi.json")
    assert [one["idQuota"] for one in json.loads(whole.data)["quote"]] == ["1001", "1002"]
    (whole,) = registry.get("sferabit").paid(SFERABIT, [PAID, part])
    told = [one["esito"] for one in json.loads(whole.data)["incassi"]]
    assert told == ["RIMOSSA", "ACCONTO"]


@pytest.mark.feature("F001-036")
def test_a_fourth_register_is_a_word_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Rejected, match="register_kind"):
        registry.get("notai")
    monkeypatch.setenv("REGISTER_CONNECTORS", f"notai={custom.__name__}:NOTAI")
    assert sorted(registry.known()) == ["isi", "notai", "opi", "sferabit"]
    (one,) = dues(NOTAI, made.notai(("N1", MARIA, "Rossi Maria", 2026, 9_900)))
    assert (one.source, one.cents, one.reason) == ("not/N1", 9_900, "Tassa 2026")
    assert registry.get("notai").paid(NOTAI, [PAID])[0].data == b"1001    PAGATA00015000\n"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"code": "A"}, "register_code"),
        ({"columns": {"colour": "x"}}, "register_fields"),
        ({"file": "../x"}, "register_file"),
        ({"way": "sftp"}, "register_carrier"),
        ({"carrier": "own"}, "register_carrier"),
        ({"way": "https"}, "register_address"),
        ({"url": "https://a.it"}, "register_address"),
        ({"way": "https", "url": "https://a.it", "report_url": "https://{id}.it"},
         "register_address"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_work_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected, match=code):
        replace(ISI, **changed)
