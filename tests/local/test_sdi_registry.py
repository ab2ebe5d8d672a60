"""What SdI looks up elsewhere: check digits, the tax registry, IPA; each code from both sides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chalicelib.invoicing.controls.catalogue import CONTROLS
from infra.local.authority import Authority
from infra.local.sdi.catalogue import _WORDS
from infra.local.sdi.registry import USUAL, Registry, _years_after, read_registry
from tests.local.sdi_world import (
    INVOICE,
    Clock,
    World,
    assert_genuine,
    cades,
    edited,
    pa_invoice,
    schema_folder,
    shared_authority,
    world,
)
from tests.local.test_sdi_content import BUYER_CODE, BUYER_VAT, Changes, kind

SELLER, BUYER, OTHER = "01234567897", "09876543217", "00743110157"
PERSON = "RSSMRA80A01H501U"
WRONG = "01234567890"
SENDER_ID = f"<IdTrasmittente><IdPaese>IT</IdPaese>\n<IdCodice>{SELLER}"
SELLER_ID = f"<DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese>\n<IdCodice>{SELLER}"
SELLER_VAT = f"{SELLER_ID}</IdCodice></IdFiscaleIVA>"
TODAY = date(2026, 3, 10)
INTENT = "08060120341234567-000001"


def seller_code(code: str) -> tuple[str, str]:
    return SELLER_VAT, f"{SELLER_VAT}<CodiceFiscale>{code}</CodiceFiscale>"


def buyer_code(code: str) -> tuple[str, str]:
    return BUYER_VAT, f"{BUYER_VAT}<CodiceFiscale>{code}</CodiceFiscale>"


def agent(vat: str, code: str) -> tuple[str, str]:
    return (
        "</CedentePrestatore>",
        "</CedentePrestatore><RappresentanteFiscale><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT"
        f"</IdPaese><IdCodice>{vat}</IdCodice></IdFiscaleIVA><CodiceFiscale>{code}</CodiceFiscale>"
        "<Anagrafica><Denominazione>R</Denominazione></Anagrafica></DatiAnagrafici>"
        "</RappresentanteFiscale>",
    )


def intent(word: str = "INTENTO") -> Changes:
    """The untaxed line under a declaration of intent."""
    more = (
        f"<AltriDatiGestionali><TipoDato>{word}</TipoDato><RiferimentoTesto>{INTENT}"
        "</RiferimentoTesto></AltriDatiGestionali></DettaglioLinee>\n<DatiRiepilogo>"
    )
    return [("</DettaglioLinee>\n<DatiRiepilogo>", more), ("N1", "N3.5"), ("N1", "N3.5")]


DIGITS: list[tuple[str, str, Changes]] = [
    ("00300", "sender", [(SENDER_ID, SENDER_ID.replace(SELLER, WRONG))]),
    ("", "sender, a person", [(SENDER_ID, SENDER_ID.replace(SELLER, PERSON))]),
    ("00301", "seller", [(SELLER_ID, SELLER_ID.replace(SELLER, WRONG))]),
    ("00302", "seller's tax code", [seller_code("RSSMRA80A01H501A")]),
    ("", "seller's tax code, a person's", [seller_code(PERSON)]),
    ("", "seller's tax code with omocodia", [seller_code("RSSMRA80AL1H501F")]),
    ("00302", "seller's tax code, no day", [seller_code("RSSMRA80B30H501X")]),
    ("00303", "agent", [agent(WRONG, OTHER)]),
    ("00304", "agent's tax code", [agent(OTHER, WRONG)]),
    ("", "agent in order", [agent(OTHER, PERSON)]),
    ("00305", "buyer", [(BUYER_VAT, BUYER_VAT.replace(BUYER, WRONG))]),
    ("", "buyer abroad", [(BUYER_VAT, BUYER_VAT.replace(">IT<", ">DE<").replace(BUYER, WRONG))]),
    ("00306", "buyer's tax code", [(BUYER_VAT, BUYER_CODE.replace(BUYER, WRONG))]),
    ("", "buyer's tax code, a person's", [(BUYER_VAT, BUYER_CODE.replace(BUYER, PERSON))]),
]

LOOKED_UP: list[tuple[str, Registry, Changes]] = [
    ("00300", Registry(unknown=frozenset({PERSON})), [(SENDER_ID, SENDER_ID[:-11] + PERSON)]),
    ("00301", Registry(unknown=frozenset({OTHER})), [(SELLER_ID, SELLER_ID[:-11] + OTHER)]),
    ("00301", Registry(ceased={SELLER: date(2026, 3, 9)}), []),
    ("", Registry(ceased={SELLER: TODAY}), []),
    ("", Registry(ceased={BUYER: date(2020, 1, 1)}), []),
    ("", Registry(ceased={SELLER: date(2021, 3, 10)}), [kind("TD16")]),
    ("00323", Registry(ceased={SELLER: date(2021, 3, 9)}), [kind("TD16")]),
    ("00323", Registry(ceased={SELLER: date(2016, 2, 29)}), [kind("TD20")]),
    ("00302", Registry(unknown=frozenset({PERSON})), [seller_code(PERSON)]),
    ("00303", Registry(unknown=frozenset({OTHER})), [agent(OTHER, PERSON)]),
    ("00304", Registry(unknown=frozenset({PERSON})), [agent(OTHER, PERSON)]),
    ("00305", Registry(unknown=frozenset({BUYER})), []),
    ("00306", Registry(unknown=frozenset({PERSON})), [buyer_code(PERSON)]),
    ("00311", USUAL, [("ABC1234", "NOTHERE")]),
    ("00311", Registry(unknown_codes=frozenset({"ABC1234"})), []),
    ("", Registry(unknown_codes=frozenset({"0000000"})), [("ABC1234", "0000000")]),
    ("00312", Registry(closed_codes={"ABC1234": date(2026, 3, 9)}), []),
    ("", Registry(closed_codes={"ABC1234": TODAY}), []),
    ("00320", Registry(owners={SELLER: OTHER}), [seller_code(PERSON)]),
    ("", Registry(owners={SELLER: PERSON}), [seller_code(PERSON)]),
    ("", Registry(owners={SELLER: OTHER}), []),
    ("00321", Registry(groups={SELLER: frozenset({OTHER})}), [seller_code(PERSON)]),
    ("", Registry(groups={SELLER: frozenset({PERSON})}), [seller_code(PERSON)]),
    ("00322", Registry(groups={SELLER: frozenset({PERSON})}), []),
    ("00324", Registry(owners={BUYER: OTHER}), [buyer_code(PERSON)]),
    ("", Registry(owners={BUYER: PERSON}), [buyer_code(PERSON)]),
    ("00325", Registry(groups={BUYER: frozenset({OTHER})}), [buyer_code(PERSON)]),
    ("00326", Registry(groups={BUYER: frozenset({PERSON})}), []),
    ("", Registry(groups={BUYER: frozenset()}), [(BUYER_VAT, BUYER_CODE)]),
    ("00399", Registry(offices={BUYER: frozenset({"UFABCD"})}), []),
    ("00399", Registry(offices={BUYER: frozenset()}), [(BUYER_VAT, BUYER_CODE)]),
    ("00477", Registry(void_intents=frozenset({INTENT})), intent()),
    ("", Registry(void_intents=frozenset({INTENT})), intent("ALTRO")),
    ("", Registry(void_intents=frozenset({"another"})), intent()),
]

TO_OFFICES: list[tuple[str, Registry]] = [
    ("00398", Registry(offices={BUYER: frozenset({"UF1"})}, central_codes=frozenset({"UFABCD"}))),
    ("", Registry(offices={BUYER: frozenset({"1", "2"})}, central_codes=frozenset({"UFABCD"}))),
    ("", Registry(offices={BUYER: frozenset({"UF1"})})),
    ("", Registry(central_codes=frozenset({"UFABCD"}))),
    ("00311", Registry(unknown_codes=frozenset({"UFABCD"}))),
]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return shared_authority(tmp_path_factory)


@pytest.fixture
def sdi(tmp_path: Path, authority: Authority) -> Iterator[World]:
    with world(tmp_path / "sdi", authority, schema_folder()) as made:
        yield made


def codes(sdi: World, number: int, *changes: tuple[str, str]) -> set[str]:
    numbered = edited(INVOICE, *changes).replace(">1/2026<", f">{number}/2026<")
    return set(sdi.take(f"IT01234567890_{number}.xml", numbered.encode()).codes)


def test_check_digits(sdi: World) -> None:
    for number, (code, title, changes) in enumerate(DIGITS):
        assert codes(sdi, number, *changes) == ({code} if code else set()), title


def test_what_is_looked_up(sdi: World) -> None:
    for number, (code, registry, changes) in enumerate(LOOKED_UP):
        sdi.simulator.know(registry)
        assert codes(sdi, number, *changes) == ({code} if code else set()), (code, registry)
    sdi.run()
    rejected = [one for one in sdi.delivered if one.operation == "NotificaScarto"]
    assert len(rejected) == sum(bool(code) for code, *_ in LOOKED_UP)
    for message in rejected:
        assert_genuine(message.content, sdi.authority)


def test_offices_of_the_administration(sdi: World) -> None:
    for number, (code, registry) in enumerate(TO_OFFICES):
        sdi.simulator.know(registry)
        file = cades(sdi.signer, pa_invoice("UFABCD", ("1/2026", f"{number}/2026")))
        found = sdi.take(f"IT01234567890_{number}.xml.p7m", file)
        assert set(found.codes) == ({code} if code else set()), (code, registry)


def test_the_code_of_a_group_since_may_2026(tmp_path: Path, authority: Authority) -> None:
    for day, expected in ((14, set()), (15, {"00327"})):
        clock = Clock(datetime(2026, 5, day, 9, tzinfo=UTC))
        with world(tmp_path / str(day), authority, schema_folder(), clock) as sdi:
            sdi.simulator.know(Registry(groups={BUYER: frozenset({PERSON})}))
            assert codes(sdi, 1, (BUYER_VAT, BUYER_CODE)) == expected


def test_a_registry_is_read_again_at_each_file(sdi: World) -> None:
    assert codes(sdi, 1) == set()
    sdi.simulator.know(Registry(unknown=frozenset({SELLER})))
    # The same eleven digits are the sender's tax code.
    assert codes(sdi, 2) == {"00300", "00301"}
    sdi.simulator.know(USUAL)
    assert codes(sdi, 3) == set()


def test_five_years_after_a_leap_day() -> None:
    assert _years_after(date(2020, 2, 29), 5) == date(2025, 2, 28)
    assert _years_after(date(2020, 3, 1), 5) == date(2025, 3, 1)


def test_the_simulator_can_say_every_code_but_one() -> None:
    """It has no list of revoked certificates; names and sizes it judges as ours do."""
    assert set(CONTROLS) - set(_WORDS) == {"00101"}
    assert set(_WORDS) <= set(CONTROLS)
    here = {code for code, *_ in [*DIGITS, *LOOKED_UP, *TO_OFFICES]} | {"00327"}
    looked_up = {
        code
        for code, one in CONTROLS.items()
        if one.family == "content" and one.offline != "Y" and code != "00403"
    }
    assert looked_up - here == set()


# --- from a file ----------------------------------------------------------------------------------
def test_a_registry_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "registry.json"
    content = {
        "unknown": [OTHER],
        "ceased": {SELLER: "2026-03-09"},
        "owners": {SELLER: PERSON},
        "groups": {BUYER: [PERSON]},
        "unknown_codes": ["ABC1234"],
        "closed_codes": {"ABC1235": "2026-01-31"},
        "offices": {BUYER: ["UF1"]},
        "central_codes": ["UFC"],
        "void_intents": [INTENT],
    }
    file.write_text(json.dumps(content))
    assert read_registry(file) == Registry(
        unknown=frozenset({OTHER}),
        ceased={SELLER: date(2026, 3, 9)},
        owners={SELLER: PERSON},
        groups={BUYER: frozenset({PERSON})},
        unknown_codes=frozenset({"ABC1234"}),
        closed_codes={"ABC1235": date(2026, 1, 31)},
        offices={BUYER: frozenset({"UF1"})},
        central_codes=frozenset({"UFC"}),
        void_intents=frozenset({INTENT}),
    )
    file.write_text("{}")
    assert read_registry(file) == Registry()


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"nonsense": []}', '{"unknown": "x"}', '{"unknown": [1]}', '{"ceased": []}',
     '{"ceased": {"1": "domani"}}', '{"owners": ["1"]}', '{"owners": {"1": 2}}',
     '{"groups": {"1": "2"}}'],
)  # fmt: skip
def test_a_registry_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "registry.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"."):
        read_registry(file)
    with pytest.raises(OSError, match=r"."):
        read_registry(tmp_path / "missing.json")


def test_the_command_says_what_is_wrong_with_a_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from infra.local import run

    for name in ("ONCE", "ZIP", "RESELLER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "wrong.json").write_text('{"nonsense": []}')
    for name in ("wrong.json", "missing.json"):
        monkeypatch.setenv("REGISTRY", str(tmp_path / name))
        assert run.main() == 2
        assert capsys.readouterr().err.startswith("REGISTRY: ")
    assert run._registry("") == USUAL
