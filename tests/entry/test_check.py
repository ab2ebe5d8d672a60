"""POST /v1/check: what SdI would say of a file, knowing what its reseller has sent before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.base import dynamo, keys
from chalicelib.invoicing import intake, states, store
from infra.local.invoices import Line, make
from infra.local.subjects import BUYER, GERMAN, SELLER, SUPPLIER
from tests.entry.api_world import Api, Person
from tests.entry.test_documents import decide, reject, resend

OTHER = (Line("other"),)


def check(api: Api, token: str, data: bytes, **query: str) -> dict[str, Any]:
    asked = {"name": "IT01234567897_00001.xml", "language": "en"} | query
    answer = api.call("POST", "/v1/check", token, data, query=asked)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def sent_before(api: Api, token: str, data: bytes) -> list[tuple[str, int]]:
    """Severity and body of each 00404; 00404 is left open exactly when no error says it."""
    found = check(api, token, data)
    said = [(one["severity"], one["body"]) for one in found["errors"] if one["code"] == "00404"]
    assert len(said) == len(found["errors"]), found["errors"]
    refused = "error" in [severity for severity, _ in said]
    assert found["accepted"] is not refused
    assert ("00404" in found["not_evaluated"]) is not refused
    return said


def hand_in(api: Api, person: Person, data: bytes, **changes: Any) -> str:
    api.requests += 1
    document = api.hand_in(person.token, f"f{api.requests}.xml", data)
    if changes:
        api.change(person.tenant, document, **changes)
    return document


# ------------------------------------------------------------------ what counts as sent
WAITING = {"held", "to_convert", "invalid", "awaiting_signature", "own_sending"}


def test_every_state_says_whether_its_number_is_used() -> None:
    """A new state has to be put on one side."""
    sides = [states.ISSUED, states.RELEASING, states.NOT_DOCUMENTS, WAITING]
    assert set().union(*sides) == set(states.STATES)
    assert sum(map(len, sides)) == len(states.STATES)


def test_a_number_is_free_until_somebody_sends_it(api: Api, alfa: Person) -> None:
    again = make(number="1", lines=OTHER)
    assert sent_before(api, alfa.token, again) == []
    document = hand_in(api, alfa, make(number="1"))
    assert sent_before(api, alfa.token, again) == [("error", 0)]
    (one,) = check(api, alfa.token, again)["errors"]
    assert one["message"] == f"The invoice was already sent (found 1 = {document})"
    assert one["where"] == "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento/Numero"
    (one,) = check(api, alfa.token, again, language="it")["errors"]
    assert one["message"] == f"Fattura già trasmessa (trovato 1 = {document})"
    assert api.call("GET", f"/v1/documents/{document}", alfa.token).json["state"] == "ready"


def test_a_check_leaves_nothing_behind(api: Api, alfa: Person) -> None:
    for _ in range(2):
        assert sent_before(api, alfa.token, make(number="1")) == []
    document = hand_in(api, alfa, make(number="1"))
    assert api.call("GET", f"/v1/documents/{document}", alfa.token).json["state"] == "ready"


@pytest.mark.parametrize("state", sorted(states.ISSUED))
def test_what_sdi_has_is_an_error(api: Api, alfa: Person, state: str) -> None:
    hand_in(api, alfa, make(number="1"), state=state)
    assert sent_before(api, alfa.token, make(number="1")) == [("error", 0)]


@pytest.mark.parametrize("state", sorted(states.RELEASING))
def test_what_was_never_issued_does_not_count(api: Api, alfa: Person, state: str) -> None:
    """Also in the moment when the state is known and the claim is not given back yet."""
    document = hand_in(api, alfa, make(number="1"), state=state)
    assert sent_before(api, alfa.token, make(number="1")) == []
    intake.give_back(store.claims_of(alfa.tenant, document), document)
    assert sent_before(api, alfa.token, make(number="1")) == []


@pytest.mark.parametrize("state", ["held", "awaiting_signature", "own_sending"])
def test_what_waits_here_is_a_warning(api: Api, alfa: Person, state: str) -> None:
    document = hand_in(api, alfa, make(number="1"), state=state)
    assert sent_before(api, alfa.token, make(number="1")) == [("warning", 0)]
    (one,) = check(api, alfa.token, make(number="1"))["errors"]
    assert "not sent yet" in one["message"]
    assert document in one["message"]


def test_a_rejection_frees_the_number_and_a_resend_takes_it(api: Api, alfa: Person) -> None:
    document = hand_in(api, alfa, make(number="1"), state="sent")
    reject(api, alfa, document)
    assert sent_before(api, alfa.token, make(number="1")) == []
    assert resend(api, alfa, document).status == 200
    assert sent_before(api, alfa.token, make(number="1")) == [("error", 0)]
    reject(api, alfa, document)
    corrected = hand_in(api, alfa, make(number="1", lines=OTHER), state="sent")
    (one,) = check(api, alfa.token, make(number="1"))["errors"]
    assert corrected in one["message"]


def test_a_duplicate_that_is_only_held_claims_nothing(api: Api, alfa: Person) -> None:
    first = hand_in(api, alfa, make(number="1"))
    held = hand_in(api, alfa, make(number="1", lines=OTHER))
    assert api.call("GET", f"/v1/documents/{held}", alfa.token).json["state"] == "held"
    reject(api, alfa, first)
    assert sent_before(api, alfa.token, make(number="1")) == []


def test_a_duplicate_sent_on_purpose_counts_when_the_first_was_rejected(
    api: Api, alfa: Person
) -> None:
    first = hand_in(api, alfa, make(number="1#2"))
    second = hand_in(api, alfa, make(number="1#2", lines=OTHER))
    other = hand_in(api, alfa, make(number="3", lines=OTHER))
    assert decide(api, alfa, second, "send").status == 200
    reject(api, alfa, first)
    (one,) = check(api, alfa.token, make(number="1#2"))["errors"]
    assert (one["code"], second in one["message"]) == ("00404", True)
    reject(api, alfa, other)
    assert sent_before(api, alfa.token, make(number="3")) == [], "beside another number"
    reject(api, alfa, second)
    assert sent_before(api, alfa.token, make(number="1#2")) == []


def test_one_that_sdi_has_beside_one_that_waits(api: Api, alfa: Person) -> None:
    hand_in(api, alfa, make(number="1"), state="held")
    second = hand_in(api, alfa, make(number="1", lines=OTHER))
    assert sent_before(api, alfa.token, make(number="1")) == [("warning", 0)]
    decide(api, alfa, second, "send")
    assert sent_before(api, alfa.token, make(number="1")) == [("error", 0)]


# ------------------------------------------------------------------ the same invoice
def test_the_key_is_sdis(api: Api, alfa: Person) -> None:
    """fatturapa.md section 8: issuer, number as written, year or day; credit notes apart."""
    for data in (
        make(number="1/a"),
        make("TD04", number="2"),
        make(number="3", art73=True, date="2026-03-01"),
        make("TD17", number="4", seller=GERMAN),
    ):
        hand_in(api, alfa, data)
    same = [
        make(number="1/a", date="2026-01-02"),
        make("TD24", number="1/a"),
        make("TD08", "FSM10", number="2"),
        make(number="3", art73=True, date="2026-03-01", lines=OTHER),
        make("TD19", number="4"),
        make(number=" 1/a ", lines=OTHER),
    ]
    another = [
        make(number="1/A"),
        make(number="1/a", date="2025-01-02"),
        make("TD04", number="1/a"),
        make(number="2"),
        make(number="3"),
        make(number="3", art73=True, date="2026-03-02"),
        make("TD17", number="1/b"),
        make(number="1/a", seller=BUYER, buyer=SELLER),
        make(number="1/a", emitter="CC"),
    ]
    for data in same:
        assert sent_before(api, alfa.token, data) == [("error", 0)], data
    for data in another:
        assert sent_before(api, alfa.token, data) == [], data


def test_a_lot_is_judged_by_body(api: Api, alfa: Person) -> None:
    hand_in(api, alfa, make(number="2"))
    hand_in(api, alfa, make(number="4"), state="held")
    lot = make(number="1", bodies=5)
    assert sent_before(api, alfa.token, lot) == [("error", 1), ("warning", 3)]
    hand_in(api, alfa, make(number="7", bodies=3))
    assert sent_before(api, alfa.token, make(number="8")) == [("error", 0)]


def test_each_body_goes_by_its_own_issuer(api: Api, alfa: Person) -> None:
    """A TD17 in the same file as a TD01 is its buyer's, and takes the buyer's number."""
    mixed = make("TD17", number="1", seller=GERMAN, bodies=2)
    cut = mixed.rindex(b"<TipoDocumento>TD17")
    mixed = mixed[:cut] + mixed[cut:].replace(b"TD17", b"TD01", 1)
    hand_in(api, alfa, mixed)
    assert sent_before(api, alfa.token, make(number="1")) == [("warning", 0)]
    assert sent_before(api, alfa.token, make(number="2")) == []
    assert sent_before(api, alfa.token, mixed) == [("warning", 0), ("warning", 1)]


def test_a_large_lot_is_few_reads(api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(api, alfa, make(number="1"))
    questions: list[int] = []
    real = dynamo.batch_get

    def counted(wanted: Any) -> Any:
        found = list(wanted)
        questions.append(len(found))
        return real(found)

    monkeypatch.setattr(dynamo, "batch_get", counted)
    assert sent_before(api, alfa.token, make(number="1", bodies=250)) == [("error", 0)]
    assert questions == [250, 1]


# ------------------------------------------------------------------ who may know
def test_another_resellers_documents_are_not_there(api: Api, alfa: Person, beta: Person) -> None:
    hand_in(api, beta, make(number="1"))
    hand_in(api, beta, make(number="2"), state="held")
    assert sent_before(api, alfa.token, make(number="1", bodies=2)) == []
    assert sent_before(api, beta.token, make(number="1", bodies=2)) == [
        ("error", 0),
        ("warning", 1),
    ]


def test_a_check_reads_the_askers_items_only(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(api, alfa, make(number="1"))
    decide(api, alfa, hand_in(api, alfa, make(number="1", lines=OTHER)), "send")
    tenants: set[str] = set()
    get, batch_get, query = dynamo.get, dynamo.batch_get, dynamo.query

    def got(key: dynamo.Key) -> Any:
        tenants.add(keys.tenant_of(key[0]))
        return get(key)

    def batch_got(wanted: Any) -> Any:
        found = list(wanted)
        tenants.update(keys.tenant_of(pk) for pk, _ in found)
        return batch_get(found)

    def queried(partition: str, **more: Any) -> Iterator[Any]:
        tenants.add(keys.tenant_of(partition))
        return query(partition, **more)

    for name, spy in (("get", got), ("batch_get", batch_got), ("query", queried)):
        monkeypatch.setattr(dynamo, name, spy)
    assert sent_before(api, alfa.token, make(number="1")) == [("error", 0)]
    assert tenants == {alfa.tenant}


def test_a_key_for_one_customer_learns_of_him_only(api: Api, alfa: Person) -> None:
    api.add_customer(alfa.tenant, "c2", SUPPLIER)
    hand_in(api, alfa, make(number="1"))
    hand_in(api, alfa, make(number="2", seller=SUPPLIER))
    first = api.key(alfa.tenant, "documents:write", customer="c1")
    second = api.key(alfa.tenant, "documents:write", customer="c2")
    for token, seller, number in ((first, SELLER, "1"), (second, SUPPLIER, "2")):
        assert sent_before(api, token, make(number=number, seller=seller)) == [("error", 0)]
    for token, seller, number in ((first, SUPPLIER, "2"), (second, SELLER, "1")):
        assert sent_before(api, token, make(number=number, seller=seller)) == []


def test_what_is_no_document_asks_nothing(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("the ledger was asked")

    monkeypatch.setattr(store, "claimed", never)
    for data in (b"%PDF-1.4", b"<x/>", make().replace(b"<Divisa>EUR", b"<Divisa>euro")):
        found = check(api, alfa.token, data)
        assert found["accepted"] is False
        assert "00404" in found["not_evaluated"]
