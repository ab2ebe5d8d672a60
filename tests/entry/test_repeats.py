"""A decision said again because its answer was lost: the first answer, whatever happened since."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits
from chalicelib.base.s3 import Place
from chalicelib.invoicing import repeats, store
from infra.local.invoices import Line, make
from infra.local.subjects import SUPPLIER
from tests.entry.api_world import Answer, Api, Person
from tests.entry.test_documents import detail, reject


def decide(
    api: Api, token: str, document: str, action: str, key: str = "first try", **more: str
) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"action": action, **more}
    path = f"/v1/documents/{document}/decision"
    return api.call("POST", path, token, body, headers=headers)


def resend(api: Api, token: str, document: str, key: str = "first try") -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    return api.call("POST", f"/v1/documents/{document}/resend", token, headers=headers)


def go_on(api: Api, person: Person, document: str) -> None:
    """Sent, and told by SdI that it was delivered."""
    at = clock.stamp(api.tick(60))
    sent = api.change(person.tenant, document, state="sent", sent_at=at, id_sdi="7")
    message = store.message(
        person.tenant, document, "7", "RC", "1", at=clock.stamp(api.tick()), event="RC",
        file="IT01234567897_1_RC_001.xml", place=vars(Place("b", "k")), note="", seal="", errors=[],
        version=sent.version,
    )  # fmt: skip
    dynamo.commit([message])
    api.change(person.tenant, document, state="delivered", delivered_at=at)


@pytest.fixture
def held(api: Api, alfa: Person) -> str:
    """A duplicate that waits for a decision."""
    api.hand_in(alfa.token, "a.xml", make(number="1"))
    return api.hand_in(alfa.token, "b.xml", make(number="1", lines=(Line("other"),)))


@pytest.fixture
def rejected(api: Api, alfa: Person) -> str:
    document = api.hand_in(alfa.token, "r.xml", make(number="9"))
    api.change(alfa.tenant, document, state="sent", id_sdi="6")
    reject(api, alfa, document)
    return document


# ------------------------------------------------------------------ the first answer
@pytest.mark.feature("F004-070")
def test_a_held_document_that_has_gone_on_was_sent_once(api: Api, alfa: Person, held: str) -> None:
    first = decide(api, alfa.token, held, "send")
    assert (first.status, first.json["state"]) == (200, "ready")
    go_on(api, alfa, held)
    now = detail(api, alfa, held)
    for _ in range(2):
        again = decide(api, alfa.token, held, "send")
        assert (again.status, again.json) == (200, first.json)
    assert detail(api, alfa, held) == now, "nothing was decided a second time"
    assert (now["state"], len(now["messages"])) == ("delivered", 1)
    assert first.json["messages"] == []


def test_without_a_key_the_document_is_asked(api: Api, alfa: Person, held: str) -> None:
    assert decide(api, alfa.token, held, "send", key="").status == 200
    go_on(api, alfa, held)
    again = decide(api, alfa.token, held, "send", key="")
    assert (again.status, again.code) == (409, "not_held")
    late = decide(api, alfa.token, held, "send")
    assert (late.status, late.code) == (409, "not_held"), "a key that decided nothing"


def test_a_discarded_document(api: Api, alfa: Person, held: str) -> None:
    first = decide(api, alfa.token, held, "discard")
    assert decide(api, alfa.token, held, "discard").json == first.json
    other = decide(api, alfa.token, held, "send")
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    other = decide(api, alfa.token, held, "send", key="another")
    assert (other.status, other.code) == (409, "not_held")


def test_a_rejected_document_is_sent_again_once_for_each_key(
    api: Api, alfa: Person, rejected: str
) -> None:
    first = resend(api, alfa.token, rejected)
    assert (first.json["state"], first.json["attempt"]) == ("ready", 2)
    assert resend(api, alfa.token, rejected).json == first.json
    assert resend(api, alfa.token, rejected, key="").code == "not_rejected"
    api.change(alfa.tenant, rejected, state="sent", id_sdi="8")
    reject(api, alfa, rejected)
    # It is rejected once more: the old request is not a new one.
    assert resend(api, alfa.token, rejected).json == first.json
    assert detail(api, alfa, rejected)["state"] == "rejected"
    second = resend(api, alfa.token, rejected, key="second try")
    assert (second.json["state"], second.json["attempt"]) == ("ready", 3)
    assert resend(api, alfa.token, rejected).json == first.json
    assert resend(api, alfa.token, rejected, key="second try").json == second.json


def test_what_was_decided_already_is_an_answer_too(api: Api, alfa: Person, held: str) -> None:
    assert decide(api, alfa.token, held, "send", key="one").status == 200
    other = decide(api, alfa.token, held, "send", key="two")
    assert other.status == 200
    go_on(api, alfa, held)
    assert decide(api, alfa.token, held, "send", key="two").json == other.json


# ------------------------------------------------------------------ whose key
def test_the_same_key_with_another_request(api: Api, alfa: Person, held: str) -> None:
    assert decide(api, alfa.token, held, "send").status == 200
    go_on(api, alfa, held)
    for answer in (
        decide(api, alfa.token, held, "discard"),
        decide(api, alfa.token, held, "send", customer="c1"),
        resend(api, alfa.token, held),
    ):
        assert (answer.status, answer.code) == (409, "idempotency_key_reused")


def test_a_key_counts_for_its_sender_and_its_document(
    api: Api, alfa: Person, beta: Person, held: str, rejected: str
) -> None:
    assert decide(api, alfa.token, held, "send").status == 200
    assert resend(api, alfa.token, rejected).status == 200, "the same key for another document"
    go_on(api, alfa, held)
    other = api.key(alfa.tenant, "documents:write")
    assert decide(api, other, held, "send").code == "not_held"
    assert decide(api, beta.token, held, "send").status == 404
    api.add_customer(alfa.tenant, "c2", SUPPLIER)
    stranger = api.key(alfa.tenant, "documents:write", customer="c2")
    assert decide(api, stranger, held, "send").status == 404


# ------------------------------------------------------------------ what is kept
def test_a_refusal_is_not_kept(api: Api, alfa: Person, rejected: str) -> None:
    """What could not be done may be tried again under the same key."""
    taken = api.hand_in(alfa.token, "t.xml", make(number="9", lines=(Line("other"),)))
    answer = resend(api, alfa.token, rejected)
    assert (answer.status, answer.code) == (409, "number_taken")
    reject(api, alfa, taken)
    assert resend(api, alfa.token, rejected).status == 200


def test_the_answer_is_in_the_deciding_transaction(
    api: Api, alfa: Person, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[Any] = []
    commit = dynamo.commit

    def counted(ops: Any) -> None:
        commits.append([op.label for op in ops])
        commit(ops)

    monkeypatch.setattr(dynamo, "commit", counted)
    assert decide(api, alfa.token, held, "send").status == 200
    (labels,) = commits
    assert {"document", "history", "answer"} <= set(labels)


def test_an_answer_is_kept_for_some_time(api: Api, alfa: Person, held: str) -> None:
    decide(api, alfa.token, held, "send")
    (row,) = dynamo.query(store.partition(alfa.tenant, held), prefix="A#")
    days = (row["expires"] - api.now.timestamp()) / 86_400
    assert limits.ANSWER_DAYS - 1 < days <= limits.ANSWER_DAYS
    assert "first try" not in str(row), "a client's key is nobody's business"


def test_two_at_once(api: Api, alfa: Person, held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looked before the first was done, and finds its transaction taken."""
    looked = repeats._first
    answers: list[Answer] = []

    def meanwhile(*asked: Any) -> Any:
        found = looked(*asked)
        monkeypatch.setattr(repeats, "_first", looked)
        answers.append(decide(api, alfa.token, held, "send"))
        return found

    monkeypatch.setattr(repeats, "_first", meanwhile)
    second = decide(api, alfa.token, held, "send")
    (first,) = answers
    assert (second.status, second.json) == (200, first.json)
    assert [one["state"] for one in detail(api, alfa, held)["timeline"]] == ["held", "ready"]


def test_other_requests_at_once_still_conflict(
    api: Api, alfa: Person, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = repeats._first

    def meanwhile(*asked: Any) -> Any:
        monkeypatch.setattr(repeats, "_first", looked)
        assert decide(api, alfa.token, held, "discard", key="other").status == 200
        return looked(*asked)

    monkeypatch.setattr(repeats, "_first", meanwhile)
    late = decide(api, alfa.token, held, "send")
    assert (late.status, late.code) == (409, "conflict")
    assert detail(api, alfa, held)["state"] == "discarded"


# ------------------------------------------------------------------ said by the customer
@pytest.mark.feature("F000-036")
def test_sent_by_himself_said_again_after_sdis_answer(api: Api, alfa: Person) -> None:
    api.add_customer(alfa.tenant, "own", SUPPLIER, sending="own")
    document = api.hand_in(alfa.token, "o.xml", make(number="1", seller=SUPPLIER))
    path, body = f"/v1/documents/{document}/sent", {"name": "IT01234567897_00007.xml"}
    assert api.call("POST", path, alfa.token, body).json["state"] == "sent"
    go_on(api, alfa, document)
    again = api.call("POST", path, alfa.token, body)
    assert (again.status, again.json["state"]) == (200, "delivered")
    other = api.call("POST", path, alfa.token, {"name": "IT01234567897_00008.xml"})
    assert (other.status, other.code) == (409, "not_own_sending")
