"""Orders for the treasurer by the official schema, and his answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from chalicelib.accounting.posting import opi, outcomes, planning
from chalicelib.accounting.posting.model import Classification, Order, Setting
from chalicelib.accounting.posting.opi import Payer, Treasurer
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import pkcs12, xades
from infra.local.authority import Authority
from tests.accounting.posting.made import payment, share

SCHEMAS = Path(__file__).parents[4] / "shared" / "schemas" / "pagopa" / "opi"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TREASURER = Treasurer(
    "05428", "UFABCD", "000700917", "A2A-12345678", "A2A-87654321", "0001", "0000123",
    "Art. 7 tab. B DPR 642/72",
)  # fmt: skip
KINDS = {"1.1": Classification(1010, "Quote", 2, "1010101"), "1.2": Classification(1020)}
HEAD = opi.Head("80012000826-2026-00001", NOW, 2026, "80012000826", "Ordine <di> prova & c.")


def schema(name: str) -> Any:
    path = SCHEMAS / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    return etree.XMLSchema(etree.parse(str(path)))


def orders(setting: Setting, *payments: Any) -> list[Order]:
    drafts = planning.plan(payments, setting).drafts
    return [Order(2026, at, draft, at, "b", "a") for at, draft in enumerate(drafts, 1)]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Authority.load_or_create(tmp_path_factory.mktemp("authority"), NOW)
    return pkcs12.load(made.signer_p12, made.password)


@pytest.mark.feature("F001-126")
@pytest.mark.parametrize("per", ["assessment", "chapter"])
def test_a_signed_flow_is_valid_by_the_official_schema(per: Any, signer: Any) -> None:
    flusso = schema("OPI_FLUSSO_ORDINATIVI_V_1_7_1.xsd")
    old = share(
        2_500, due="r", provenance="residui", year=2024, chapter="1.2", reason="Mora <2024>"
    )
    made = orders(
        Setting(per=per),
        payment(1, person="p1"),
        payment(2, cents=12_500, lines=(share(10_000, due="q"), old), person="p2"),
    )
    told = [("INSERIMENTO", one) for one in made[:-1]] + [("ANNULLO", made[-1])]
    payers = {"p1": Payer("Rossi Maria", "RSSMRA80A41H501Y"), "p2": Payer("Studio", "12345670017")}
    plain = opi.write(HEAD, TREASURER, told, payers, KINDS)  # type: ignore[arg-type]
    root = etree.fromstring(plain)
    sums = [int(one.replace(".", "")) for one in root.xpath("//importo_reversale/text()")]
    assert sums == [one.draft.cents for one in made]
    for node in root.iter("reversale"):
        total = node.findtext("importo_reversale").replace(".", "")
        parts = [
            one.replace(".", "")
            for one in node.xpath("informazioni_versante/importo_versante/text()")
        ]
        held = [one.replace(".", "") for one in node.xpath(".//sospeso/importo_provvisorio/text()")]
        assert sum(map(int, parts)) == int(total)
        assert parts == held
    assert set(root.xpath("//tipo_riscossione/text()")) == {"REGOLARIZZAZIONE"}
    assert set(root.xpath("//numero_provvisorio/text()")) == {"17"}
    assert not flusso.validate(etree.fromstring(plain))  # nobody has signed it
    signed = etree.fromstring(xades.sign(plain, signer, NOW))
    assert flusso.validate(signed), flusso.error_log


def test_what_the_treasurer_needs_is_told_before() -> None:
    made = orders(Setting(), payment(1, provisional=""), payment(2, provisional="12,13"),
                  payment(3, lines=(share(10_000, chapter="7"),)))  # fmt: skip
    assert opi.lacking(made, KINDS) == {
        "provisionals": ["2026-0000001", "2026-0000002"], "chapters": ["7"],
    }  # fmt: skip
    assert opi.lacking(orders(Setting(), payment(4)), KINDS) == {}
    with pytest.raises(Rejected, match="treasurer_malformed") as refused:
        replace(TREASURER, abi="5428", tramite_bt="87654321")
    assert refused.value.details["fields"] == ["abi", "tramite_bt"]


def message(*parts: str, creditor: str = "80012000826") -> bytes:
    """As a treasurer writes it, up to his signature."""
    head = (
        "<testata_messaggio><codice_ABI_BT>05428</codice_ABI_BT><data_ora_creazione_flusso>"
        "2026-11-24T10:00:00</data_ora_creazione_flusso><codice_ente>UFABCD</codice_ente>"
        "<descrizione_ente>Ordine</descrizione_ente><codice_istat_ente>000700917"
        "</codice_istat_ente><codice_fiscale_ente>" + creditor + "</codice_fiscale_ente>"
        "<codice_tramite_ente>A2A-12345678</codice_tramite_ente><codice_tramite_BT>A2A-87654321"
        "</codice_tramite_BT><codice_ente_BT>0001</codice_ente_BT></testata_messaggio>"
        "<identificativo_flusso_BT>BT-1</identificativo_flusso_BT>"
    )
    body = "".join(parts)
    return (
        f'<?xml version="1.0"?><messaggi_esito_applicativo>{head}{body}'
        "</messaggi_esito_applicativo>"
    ).encode()


def outcome(number: int, word: str, at: str = "2026-11-24T10:00:00", faults: str = "") -> str:
    return (
        f"<esito_reversali><identificativo_flusso>{HEAD.flow}</identificativo_flusso><esercizio>2026"
        f"</esercizio><numero_reversale>{number}</numero_reversale><esito_operazione>{word}"
        f"</esito_operazione><data_ora_esito_operazione>{at}</data_ora_esito_operazione>{faults}"
        "</esito_reversali>"
    )


FAULT = (
    "<lista_errori><codice_errore>42</codice_errore><descrizione>Provvisorio inesistente"
    "</descrizione><elemento>numero_provvisorio</elemento></lista_errori>"
)


def test_outcomes_are_read_in_the_treasurers_words(signer: Any) -> None:
    data = message(outcome(1, "REGOLARIZZATO"), outcome(2, "NON ESEGUIBILE", faults=FAULT))
    said = outcomes.read(data)
    first, second = said.outcomes
    assert said.creditor == "80012000826"
    assert (first.state, second.state) == ("regularised", "refused")
    assert (first.order, first.word, first.good) == ("2026-0000001", "REGOLARIZZATO", True)
    assert (second.good, second.faults[0].code) == (False, "42")
    assert second.faults[0].text == "Provvisorio inesistente"
    esito = schema("OPI_MSG_ESITO_APPLICATIVO_V_1_6_1.xsd")
    assert esito.validate(etree.fromstring(xades.sign(data, signer, NOW))), esito.error_log


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<x/>", "outcome_malformed"),
        (message(), "outcome_empty"),
        (message(outcome(1, "")), "outcome_malformed"),
        (message(outcome(1, "X")).replace(b">2026<", b">MMXXVI<"), "outcome_malformed"),
        (message(outcome(1, "X", at="ieri")), "outcome_malformed"),
        (message(outcome(1, "X")).replace(b"testata_", b"testa_"), "outcome_malformed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><messaggi_esito_applicativo/>', "xml_doctype"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected, match=code):
        outcomes.read(data)
