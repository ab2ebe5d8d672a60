"""One document: its values are the file's, its files come back byte for byte, its states are told
apart."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import requests
from lxml import etree

from chalicelib.invoicing import intake, outcomes, store
from chalicelib.invoicing.signing import cades
from infra.local.invoices import File, Line, make
from infra.local.subjects import FRENCH, PERSON, SELLER, vat_number
from tests.entry.api_world import Api, Person
from tests.entry.test_handing_in import SIGNED
from tests.invoicing import signer

PERSON_AS_SELLER = replace(PERSON, vat=vat_number(4400400), regime="RF19")


def detail(api: Api, person: Person, document: str) -> dict[str, Any]:
    answer = api.call("GET", f"/v1/documents/{document}", person.token)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def files(api: Api, person: Person, document: str) -> dict[str, list[tuple[str, bytes]]]:
    """Name and bytes of every file, by kind, fetched as a browser would."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for one in api.call("GET", f"/v1/documents/{document}/files", person.token).json["files"]:
        got = requests.get(one["url"], timeout=10)
        assert got.status_code == 200
        disposition = got.headers["Content-Disposition"]
        assert disposition.startswith("attachment;")
        found.setdefault(one["kind"], []).append((one["name"], got.content))
    return found


def text(root: etree._Element, path: str) -> str:
    return str(root.findtext(path) or "")


BODY = "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento"
SUMMARY = "FatturaElettronicaBody/DatiBeniServizi/DatiRiepilogo"


@pytest.mark.feature("F004-073", "F004-074", "F004-075")
@pytest.mark.parametrize(
    "data",
    [
        make(number="A/1", attachments=(File("a è.pdf", "PDF", b"abc"),)),
        make(number="A/2", lines=(Line("x", price=Decimal("10.123456")), Line("y")), buyer=PERSON),
        make(number="A/3", format="FPA12"),
        make("TD04", number="A/4", buyer=FRENCH, natura="N3.1"),
    ],
    ids=["attachment", "two-lines", "pa", "credit-note"],
)
def test_the_values_shown_are_those_of_the_file(api: Api, alfa: Person, data: bytes) -> None:
    found = detail(api, alfa, api.hand_in(alfa.token, "a.xml", data))
    root = etree.fromstring(data)
    for name, element in (("type", "TipoDocumento"), ("number", "Numero"), ("date", "Data")):
        assert found[name] == text(root, f"{BODY}/{element}")
    assert found["currency"] == text(root, f"{BODY}/Divisa")
    assert Decimal(found["amount"]) == Decimal(text(root, f"{BODY}/ImportoTotaleDocumento"))
    for name, element in (("taxable", "ImponibileImporto"), ("tax", "Imposta")):
        values = [Decimal(one.text) for one in root.iterfind(f"{SUMMARY}/{element}")]
        assert Decimal(found[name]) == sum(values)
    for who, element in (("seller", "CedentePrestatore"), ("buyer", "CessionarioCommittente")):
        base = f"FatturaElettronicaHeader/{element}/DatiAnagrafici"
        vat = text(root, f"{base}/IdFiscaleIVA/IdPaese") + text(
            root, f"{base}/IdFiscaleIVA/IdCodice"
        )
        assert found[who]["id"] == (vat or text(root, f"{base}/CodiceFiscale"))
        name = text(root, f"{base}/Anagrafica/Denominazione") or " ".join(
            (text(root, f"{base}/Anagrafica/Nome"), text(root, f"{base}/Anagrafica/Cognome"))
        )
        assert found[who]["name"] == name
    attached = root.findall("FatturaElettronicaBody/Allegati")
    assert [one["name"] for one in found["attachments"]] == [
        text(one, "NomeAttachment") for one in attached
    ]
    assert found["received_at"]
    assert (found["sent_at"], found["outcome_at"]) == (None, None), "not yet is not a date"
    assert found["sender"] == alfa.token.split("_")[2]


@pytest.mark.feature("F004-075")
def test_the_values_of_a_simplified_invoice(api: Api, alfa: Person) -> None:
    """Its amounts are gross: the tax is given, or inside by the rate."""
    lines = (Line("x", price=Decimal("10.00")), Line("y", price=Decimal("7.77")))
    data = make("TD07", "FSM10", number="S/1", lines=lines)
    found = detail(api, alfa, api.hand_in(alfa.token, "s.xml", data))
    root = etree.fromstring(data)
    gross = [Decimal(one.text) for one in root.iterfind(".//DatiBeniServizi/Importo")]
    assert (found["type"], found["number"], found["format"]) == ("TD07", "S/1", "FSM10")
    assert found["date"] == text(root, f"{BODY}/Data")
    assert Decimal(found["amount"]) == sum(gross)
    assert Decimal(found["taxable"]) + Decimal(found["tax"]) == sum(gross)
    by_rate = sum((one * 22 / 122).quantize(Decimal("0.01"), ROUND_HALF_UP) for one in gross)
    assert Decimal(found["tax"]) == by_rate


@pytest.mark.feature("F004-075")
def test_the_values_of_a_lot_are_told_by_document(api: Api, alfa: Person) -> None:
    data = make(number="L/1", bodies=3)
    found = detail(api, alfa, api.hand_in(alfa.token, "l.xml", data))
    bodies = etree.fromstring(data).findall("FatturaElettronicaBody")
    general = "DatiGenerali/DatiGeneraliDocumento"
    told = [(one["type"], one["number"], one["date"], one["amount"]) for one in found["lot"]]
    assert told == [
        tuple(
            text(body, f"{general}/{name}")
            for name in ("TipoDocumento", "Numero", "Data", "ImportoTotaleDocumento")
        )
        for body in bodies
    ]
    assert found["bodies"] == 3
    assert Decimal(found["amount"]) == sum(Decimal(amount) for *_, amount in told)
    taxes = [Decimal(one.text) for body in bodies for one in body.iterfind(".//Imposta")]
    assert Decimal(found["tax"]) == sum(taxes)


@pytest.mark.feature("F004-069")
def test_a_document_goes_from_one_section_to_the_other(api: Api, alfa: Person) -> None:
    def sections(document: str) -> list[str]:
        return [
            name
            for name in ("to_send", "sent")
            for one in api.call(
                "GET", "/v1/documents", alfa.token, query={"section": name}
            ).json["documents"]
            if one["id"] == document
        ]  # fmt: skip

    document = api.hand_in(alfa.token, "a.xml", make(number="1"))
    assert sections(document) == ["to_send"]
    for state in ("sent", "delivered"):
        api.change(alfa.tenant, document, state=state)
        assert sections(document) == ["sent"], state
    held = api.hand_in(alfa.token, "b.xml", make(number="1", lines=(Line("other"),)))
    assert sections(held) == ["to_send"], "it waits for somebody to send it"
    decide(api, alfa, held, "discard")
    assert sections(held) == []
    rejected = api.hand_in(alfa.token, "c.xml", make(number="2"))
    reject(api, alfa, rejected)
    assert sections(rejected) == ["sent"]
    resend(api, alfa, rejected)
    assert sections(rejected) == ["to_send"]
    wrong = api.hand_in(alfa.token, "d.xml", make(number="senza"))
    assert sections(wrong) == [], "it has to be corrected first"


@pytest.mark.feature("F004-071", "F004-074")
def test_the_delivery_state_follows_what_was_sent(api: Api, alfa: Person) -> None:
    document = api.hand_in(alfa.token, "a.xml", make())
    api.change(alfa.tenant, document, state="sent", sent_at="2026-11-21T10:00:00.000Z", id_sdi="7")
    found = detail(api, alfa, document)
    assert (found["state"], found["final"]) == ("sent", False)
    assert (found["sent_at"], found["id_sdi"]) == ("2026-11-21T10:00:00.000Z", "7")
    api.change(alfa.tenant, document, state="delivered", delivered_at="2026-11-21T11:00:00.000Z")
    found = detail(api, alfa, document)
    assert (found["state"], found["final"]) == ("delivered", True)
    assert [one["state"] for one in found["timeline"]] == ["ready", "sent", "delivered"]
    assert [one["version"] for one in found["timeline"]] == [1, 2, 3]


# ------------------------------------------------------------------ files
@pytest.mark.feature("F000-040", "F004-067")
def test_the_file_as_it_came_and_before_signature(api: Api, alfa: Person) -> None:
    data = make()
    document = api.hand_in(alfa.token, 'fattura è "1".xml', data)
    found = files(api, alfa, document)
    assert found["raw"] == [('fattura è "1".xml', data)]
    assert [content for _, content in found["unsigned"]] == [data]
    assert "signed" not in found
    assert detail(api, alfa, document)["state"] == "ready"


@pytest.mark.feature("F000-040", "F004-067")
def test_a_repaired_file_keeps_its_first_bytes_too(api: Api, alfa: Person) -> None:
    data = b"\r\n \n" + make()
    found = files(api, alfa, api.hand_in(alfa.token, "a.xml", data))
    assert found["raw"] == [("a.xml", data)]
    ((_, unsigned),) = found["unsigned"]
    assert etree.fromstring(unsigned).tag == etree.fromstring(make()).tag


@pytest.mark.feature("F000-040", "F004-068")
def test_a_file_that_came_signed_is_there_signed(api: Api, alfa: Person) -> None:
    data = cades.sign(make(), signer(), SIGNED)
    document = api.hand_in(alfa.token, "a.xml.p7m", data)
    found = files(api, alfa, document)
    name = detail(api, alfa, document)["sdi_name"]
    assert found["signed"] == [(f"{name}.xml.p7m", data)]
    assert "unsigned" not in found


@pytest.mark.feature("F004-068")
def test_what_we_signed_is_there_beside_what_we_did_not(api: Api, alfa: Person) -> None:
    document = api.hand_in(alfa.token, "a.xml", make())
    signed = cades.sign(make(), signer(), SIGNED)
    place = intake.own_place(alfa.tenant, document, "signed-1.xml.p7m")
    api.write(place, signed)
    api.change(alfa.tenant, document, state="sent", signed=place)
    found = files(api, alfa, document)
    assert [content for _, content in found["signed"]] == [signed]
    assert [content for _, content in found["unsigned"]] == [make()]
    for one in api.call("GET", f"/v1/documents/{document}/files", alfa.token).json["files"]:
        assert one["expires_in_s"] <= 300
        assert f"X-Amz-Expires={one['expires_in_s']}" in one["url"]


@pytest.mark.feature("F000-040")
@pytest.mark.parametrize("size", [1, 5_000])
def test_any_bytes_come_back_with_their_hash(api: Api, alfa: Person, size: int) -> None:
    data = b"%PDF-" + bytes(n % 256 for n in range(size))
    document = api.hand_in(alfa.token, "a.pdf", data)
    ((_, raw),) = files(api, alfa, document)["raw"]
    flow = api.call("GET", f"/v1/flows/{document}", alfa.token).json
    assert hashlib.sha256(raw).hexdigest() == flow["sha256"]


@pytest.mark.feature("F000-042", "F004-072")
def test_archived_is_not_preserved(api: Api, alfa: Person) -> None:
    document = api.hand_in(alfa.token, "a.xml", make())
    found = detail(api, alfa, document)
    archived = {
        "state": "archived",
        "archived_at": found["received_at"],
        "preserved_at": None,
    }
    assert found["preservation"] == archived
    api.change(alfa.tenant, document, state="delivered")
    assert detail(api, alfa, document)["preservation"] == archived, "delivered is not preserved"
    (row,) = api.call("GET", "/v1/documents", alfa.token).json["documents"]
    assert row["preservation"] == archived


# ------------------------------------------------------------------ decisions
def decide(api: Api, person: Person, document: str, action: str, **more: str) -> Any:
    return api.call(
        "POST", f"/v1/documents/{document}/decision", person.token, {"action": action, **more}
    )


@pytest.mark.feature("F004-070")
@pytest.mark.parametrize(
    ("second", "name", "why"),
    [
        (make(number="1"), "b.xml", "bytes"),
        (make(number="1", lines=(Line("other"),)), "b.xml", "number"),
        (make(number="2"), "a.xml", "name"),
        (make(number="1", date="2026-01-03"), "b.xml", "number"),
    ],
    ids=["bytes", "number", "name", "number-of-the-year"],
)
@pytest.mark.parametrize("action", ["send", "discard"])
def test_a_possible_duplicate_waits_for_a_decision(
    api: Api, alfa: Person, second: bytes, name: str, why: str, action: str
) -> None:
    first = api.hand_in(alfa.token, "a.xml", make(number="1"))
    held = api.hand_in(alfa.token, name, second)
    found = detail(api, alfa, held)
    assert (found["state"], found["held"], found["code"]) == ("held", "duplicate", "duplicate")
    assert (found["duplicate_by"], found["duplicate_of"]) == (why, first)
    assert found["actions"] == ["send", "discard"]
    decided = decide(api, alfa, held, action)
    assert decided.json["state"] == {"send": "ready", "discard": "discarded"}[action]
    assert decided.json["timeline"][-1]["by"] == f"key:{alfa.token.split('_')[2]}"
    assert decided.json["held"] is None or action == "discard"
    assert decide(api, alfa, held, action).json == decided.json, "said twice is said once"
    other = decide(api, alfa, held, {"send": "discard", "discard": "send"}[action])
    assert (other.status, other.code) == (409, "not_held")
    if action == "send":
        names = {detail(api, alfa, one)["sdi_name"] for one in (first, held)}
        assert len(names) == 2


@pytest.mark.feature("F004-070")
def test_different_documents_are_not_held(api: Api, alfa: Person) -> None:
    api.hand_in(alfa.token, "a.xml", make(number="1"))
    others = [
        make(number="2"),
        make(number="1", date="2025-11-20"),
        make("TD04", number="1"),
    ]
    for n, data in enumerate(others):
        document = api.hand_in(alfa.token, f"{n}.xml", data)
        assert detail(api, alfa, document)["state"] == "ready"


def test_a_document_of_nobody_needs_a_customer(api: Api, alfa: Person) -> None:
    unknown = make("TD01", seller=PERSON_AS_SELLER)
    held = api.hand_in(alfa.token, "a.xml", unknown)
    found = detail(api, alfa, held)
    assert (found["held"], found["customer"]) == ("unknown_customer", None)
    refused = decide(api, alfa, held, "send")
    assert (refused.status, refused.code) == (422, "customer_needed")
    assert decide(api, alfa, held, "send", customer="nobody").status == 404
    sent = decide(api, alfa, held, "send", customer="c1")
    assert (sent.json["state"], sent.json["customer"]) == ("ready", "c1")


def test_a_customer_made_meanwhile_is_found(api: Api, alfa: Person) -> None:
    held = api.hand_in(alfa.token, "a.xml", make("TD01", seller=PERSON_AS_SELLER))
    api.add_customer(alfa.tenant, "late", PERSON_AS_SELLER)
    sent = decide(api, alfa, held, "send")
    assert (sent.json["state"], sent.json["customer"]) == ("ready", "late")


def test_only_what_waits_can_be_decided(api: Api, alfa: Person) -> None:
    ready = api.hand_in(alfa.token, "a.xml", make())
    assert decide(api, alfa, ready, "discard").code == "not_held"
    assert decide(api, alfa, ready, "send").status == 200, "decided already, by nobody's doubt"
    paper = api.hand_in(alfa.token, "a.pdf", b"%PDF-1")
    assert decide(api, alfa, paper, "send").code == "not_held"
    assert decide(api, alfa, paper, "discard").json["state"] == "discarded"
    assert decide(api, alfa, ready, "perhaps").status == 400


def test_a_paper_held_as_a_duplicate_can_be_let_through(api: Api, alfa: Person) -> None:
    api.hand_in(alfa.token, "a.pdf", b"%PDF-1")
    held = api.hand_in(alfa.token, "b.pdf", b"%PDF-1")
    assert detail(api, alfa, held)["state"] == "held"
    assert decide(api, alfa, held, "send").status == 200


# ------------------------------------------------------------------ resend
def reject(api: Api, person: Person, document: str) -> None:
    """NS, as outcomes applies it: the claims are given back."""
    for claim in store.claims_of(person.tenant, document):
        intake.give_back([claim], document)
    error = {"code": "00404", "description": "d", "suggestion": "s"}
    api.change(person.tenant, document, state="rejected", reason="00404", text="d", errors=(error,))


def resend(api: Api, person: Person, document: str) -> Any:
    return api.call("POST", f"/v1/documents/{document}/resend", person.token)


def test_a_rejected_document_goes_again_under_a_new_name(api: Api, alfa: Person) -> None:
    assert {"rejected"} <= outcomes.states.RELEASING
    document = api.hand_in(alfa.token, "a.xml", make())
    first = detail(api, alfa, document)["sdi_name"]
    assert resend(api, alfa, document).code == "not_rejected"
    reject(api, alfa, document)
    found = detail(api, alfa, document)
    assert (found["actions"], found["errors"][0]["code"]) == (["resend"], "00404")
    again = resend(api, alfa, document).json
    assert (again["state"], again["attempt"], again["errors"]) == ("ready", 2, [])
    assert again["sdi_name"] != first
    assert resend(api, alfa, document).code == "not_rejected"


def test_a_number_given_away_meanwhile_stops_the_resend(api: Api, alfa: Person) -> None:
    document = api.hand_in(alfa.token, "a.xml", make(number="1"))
    reject(api, alfa, document)
    corrected = api.hand_in(alfa.token, "b.xml", make(number="1", lines=(Line("corrected"),)))
    assert detail(api, alfa, corrected)["state"] == "ready", "NS does not consume the number"
    answer = resend(api, alfa, document)
    assert (answer.status, answer.code) == (409, "number_taken")
    assert answer.json["error"]["details"] == {"document": corrected}
    assert detail(api, alfa, document)["state"] == "rejected"


# ------------------------------------------------------------------ numbering
def numbering(api: Api, person: Person) -> dict[str, dict[str, Any]]:
    query = {"issuer": SELLER.country.lower() + SELLER.vat, "year": "2026"}
    answer = api.call("GET", "/v1/numbering", person.token, query=query)
    assert answer.status == 200, answer.body
    return {one["series"]: one for one in answer.json["series"]}


@pytest.mark.feature("F004-026")
def test_the_report_shows_gaps_and_what_was_given_back(api: Api, alfa: Person) -> None:
    days = {"1/A": "2026-03-01", "2/A": "2026-02-01", "5/A": "2026-03-05", "7/A": "2026-03-07"}
    ids = {
        number: api.hand_in(alfa.token, f"{number[0]}.xml", make(number=number, date=day))
        for number, day in days.items()
    }
    reject(api, alfa, ids["7/A"])
    (found,) = numbering(api, alfa).values()
    assert (found["first"], found["last"], found["count"]) == (1, 5, 3)
    # 7 was not issued after all, but it is not missing either; 6 is.
    assert found["gaps"] == [{"first": 3, "last": 4}, {"first": 6, "last": 6}]
    assert found["backward"] == [{"number": "1/A", "then": "2/A"}]
    assert found["released"] == ["7/A"]


@pytest.mark.feature("F004-026")
def test_each_section_and_each_year_counts_for_itself(api: Api) -> None:
    person = api.add_reseller("sections")
    sections = ("{n}/A/{yyyy}", "{yy}-{n}")
    api.add_customer(person.tenant, "c1", SELLER, sections=sections)
    numbers = {
        "2026-02-01": ("1/A/2026", "2/A/2026", "4/A/2026", "26-1", "26-2", "26-26", "Z1", "Z3"),
        "2025-02-01": ("1/A/2025", "2/A/2025", "3/A/2025"),
    }
    for day, some in numbers.items():
        for number in some:
            name = f"{number.replace('/', '-')}.xml"
            document = api.hand_in(person.token, name, make(number=number, date=day))
            assert detail(api, person, document)["state"] == "ready"
    gaps = {name: one["gaps"] for name, one in numbering(api, person).items()}
    assert gaps == {
        "{n}/A/{yyyy}": [{"first": 3, "last": 3}],
        "{yy}-{n}": [{"first": 3, "last": 25}],
        "Z{n}": [{"first": 2, "last": 2}],
    }
    query = {"issuer": SELLER.country + SELLER.vat, "year": "2025"}
    (before,) = api.call("GET", "/v1/numbering", person.token, query=query).json["series"]
    assert (before["series"], before["count"], before["gaps"]) == ("{n}/A/{yyyy}", 3, [])


@pytest.mark.feature("F004-026")
def test_a_duplicate_sent_on_purpose_is_reported(api: Api, alfa: Person) -> None:
    first = api.hand_in(alfa.token, "a.xml", make(number="1"))
    second = api.hand_in(alfa.token, "b.xml", make(number="1", lines=(Line("other"),)))
    assert numbering(api, alfa)["{n}"]["duplicates"] == []
    decide(api, alfa, second, "send")
    (found,) = numbering(api, alfa)["{n}"]["duplicates"]
    assert found == {"number": "1", "documents": sorted([first, second])}


def test_with_art73_a_number_may_come_each_day(api: Api, alfa: Person) -> None:
    for day in ("2026-03-01", "2026-03-02"):
        data = make(number="1", date=day, art73=True)
        document = api.hand_in(alfa.token, f"{day}.xml", data)
        assert detail(api, alfa, document)["state"] == "ready"
    assert numbering(api, alfa)["{n}"]["duplicates"] == []


def test_a_duplicate_that_sdi_rejected_is_no_duplicate_any_more(api: Api, alfa: Person) -> None:
    api.hand_in(alfa.token, "a.xml", make(number="1"))
    second = api.hand_in(alfa.token, "b.xml", make(number="1", lines=(Line("other"),)))
    decide(api, alfa, second, "send")
    reject(api, alfa, second)
    assert numbering(api, alfa)["{n}"]["duplicates"] == []
