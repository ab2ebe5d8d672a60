"""What a plan and the law keep from SdI, through the doors: nothing leaves, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.local.invoices import make
from infra.local.subjects import PERSON, SUPPLIER
from tests.entry import visitors
from tests.entry.api_world import Answer, Api
from tests.entry.visitors import Visitor
from tests.tables import due_rows


def queued(queue: str, tenant: str) -> list[str]:
    """Rows of work of a tenant."""
    return [row["sk"] for row in due_rows(queue) if row["pk"].split("#")[1] == tenant]


@pytest.fixture
def practice(api: Api) -> str:
    home = visitors.tenant(api, "practice")
    api.add_customer(home, "studio")
    return home


@pytest.fixture
def principal(api: Api, practice: str) -> Visitor:
    return visitors.enter(api, practice, "practice", "principal")


def hand_in(api: Api, visitor: Visitor, data: bytes, name: str = "a.xml") -> str:
    answer = visitor.call(
        api, "POST", "/v1/documents", data, query={"name": name},
        headers={"Idempotency-Key": name},
    )  # fmt: skip
    assert answer.status == 202, answer.body
    api.take_in()
    return str(answer.json["id"])


def decide(api: Api, visitor: Visitor, document: str, action: str = "send") -> Answer:
    return visitor.call(api, "POST", f"/v1/documents/{document}/decision", {"action": action})


@pytest.mark.feature("F000-023", "F000-032")
@pytest.mark.parametrize(("days", "plan"), [(0, "trial"), (31, "standard")])
def test_without_a_paid_plan_nothing_goes_to_sdi(
    api: Api, practice: str, principal: Visitor, days: int, plan: str
) -> None:
    api.tick(timedelta(days=days).total_seconds())
    principal = visitors.session(principal.grant, principal.mail, api.now)
    document = hand_in(api, principal, make())
    found = principal.call(api, "GET", f"/v1/documents/{document}").json
    assert found["state"] == "own_sending"
    refused = decide(api, principal, document)
    assert (refused.status, refused.code) == (403, "plan_required")
    details = {"plan": plan, "capability": "sdi_sending", "help": "/v1/help/sending"}
    assert refused.json["error"]["details"] == details
    assert queued("send", practice) == []
    files = principal.call(api, "GET", f"/v1/documents/{document}/files")
    assert files.status == 200  # the XML is theirs all the same


@pytest.mark.feature("F000-033", "F000-025")
def test_with_a_paid_plan_it_goes_also_what_waited(
    api: Api, practice: str, principal: Visitor
) -> None:
    waited = hand_in(api, principal, make(number="1/2026"))
    assert principal.call(api, "PUT", "/v1/plan", {"plan": "paid"}).status == 200
    sent = hand_in(api, principal, make(number="2/2026"), "b.xml")
    assert principal.call(api, "GET", f"/v1/documents/{sent}").json["state"] == "ready"
    assert decide(api, principal, waited).json["state"] == "ready"
    assert decide(api, principal, waited).json["state"] == "ready"
    assert len(queued("send", practice)) == 2


@pytest.mark.feature("F000-033")
@pytest.mark.parametrize("plan", ["standard", "paid"])
def test_a_health_invoice_to_a_person_never_goes_on_any_plan(
    api: Api, practice: str, principal: Visitor, plan: str
) -> None:
    api.add_customer(practice, "medico", SUPPLIER, health=True)
    principal.call(api, "PUT", "/v1/plan", {"plan": plan})
    document = hand_in(api, principal, make("TD01", seller=SUPPLIER, buyer=PERSON))
    found = principal.call(api, "GET", f"/v1/documents/{document}").json
    assert (found["state"], found["held"]) == ("held", "unlawful_recipient")
    refused = decide(api, principal, document)
    assert (refused.status, refused.code) == (403, "unlawful_recipient")
    assert "art. 10-bis D.L. 119/2018" in refused.json["error"]["details"]["law"]
    assert queued("send", practice) == []
    copy = principal.call(api, "GET", f"/v1/documents/{document}/copy")
    assert copy.status == 200
    assert decide(api, principal, document, "discard").json["state"] == "discarded"


@pytest.mark.feature("F000-033")
def test_the_same_health_professional_invoices_a_company_by_sdi(
    api: Api, practice: str, principal: Visitor
) -> None:
    api.add_customer(practice, "medico", SUPPLIER, health=True)
    principal.call(api, "PUT", "/v1/plan", {"plan": "paid"})
    document = hand_in(api, principal, make("TD01", seller=SUPPLIER))
    assert principal.call(api, "GET", f"/v1/documents/{document}").json["state"] == "ready"
