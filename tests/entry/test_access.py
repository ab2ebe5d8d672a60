"""Signing up, grants, plans and support, through the doors."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import audit, grant_store, grants, letters
from chalicelib.accounts.grants import Kind, Role
from chalicelib.accounts.identity import users
from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.entry import on_tell
from tests.entry import persons, visitors
from tests.entry.api_world import Answer, Api
from tests.entry.visitors import Visitor
from tests.tables import due_rows

PASSWORD = "zolfo 71 lanterna cigno"
MAIL = "nuova@studio.example"


def planned(tenant: str) -> list[letters.Letter]:
    """Letters of a tenant that wait to be sent, oldest first."""
    rows = [
        row
        for row in due_rows("tell")
        if row["sk"] == "W#tell#letter" and keys.tenant_of(row["pk"]) == tenant
    ]
    found = dynamo.batch_get((row["pk"], row["sk"]) for row in rows)
    return [
        letters.read(tenant, found[row["pk"], row["sk"]])
        for row in sorted(rows, key=lambda row: row["due"])
    ]


def token_of(letter: letters.Letter) -> str:
    return letter.values["link"].partition("#")[2]


@pytest.fixture
def practice(api: Api) -> str:
    return visitors.tenant(api, "practice")


@pytest.fixture
def principal(api: Api, practice: str) -> Visitor:
    return visitors.enter(api, practice, "practice", "principal")


def give(api: Api, by: Visitor, mail: str = "", **fields: Any) -> Answer:
    mail = mail or f"delegato@{by.grant.tenant}.example"
    wanted = {"mail": mail, "role": "secretary", "cabinets": ["centro"]} | fields
    return by.call(api, "POST", "/v1/grants", wanted)


# ------------------------------------------------------------------ signing up
def sign_up(api: Api, mail: str, kind: str = "practice") -> str:
    """Ask and read the mail; gives the token of the link."""
    before = {one.id for one in planned("_users")}
    answer = api.call("POST", "/v1/signup", body={"mail": mail, "kind": kind})
    assert (answer.status, answer.json) == (202, {"status": "accepted"})
    (letter,) = [one for one in planned("_users") if one.id not in before]
    assert (letter.kind, letter.to) == ("register", mail)
    return token_of(letter)


def details(token: str, **fields: Any) -> dict[str, Any]:
    known = {"token": token, "name": "Studio Verdi", "person": "Anna Verdi", "password": PASSWORD}
    return known | fields


@pytest.mark.feature("F000-015", "F000-017", "F000-021")
def test_a_practice_registers_by_the_link_of_a_mail_and_pays_nothing(api: Api) -> None:
    token = sign_up(api, "anna.verdi@verdi.example")
    answer = api.call("POST", "/v1/registration", body=details(token))
    assert answer.status == 201
    tenant = answer.json["tenant"]
    assert tenant.startswith("studio-verdi-")
    assert answer.json == {"tenant": tenant, "kind": "practice", "known": False}
    (grant,) = grant_store.of_tenant(tenant)
    assert (grant.role, grant.requires_otp) == ("principal", True)
    # The link is used up, and the other fields of the form have nothing to do with money.
    again = api.call("POST", "/v1/registration", body=details(token))
    assert (again.status, again.code) == (410, "link_invalid")
    schemas = api.call("GET", "/v1/openapi.json").json["components"]["schemas"]
    naming = {name for name, each in schemas.items()
              if "card" in json.dumps(each).lower().replace("discard", "")}  # fmt: skip
    # A secretary may say that a citizen paid by card; a practice is asked for none.
    assert naming <= {"PaidOutside"}


@pytest.mark.feature("F000-021")
def test_the_link_expires(api: Api) -> None:
    token = sign_up(api, "tardi@verdi.example")
    api.tick(limits.SET_PASSWORD_LINK_S)
    answer = api.call("POST", "/v1/registration", body=details(token))
    assert (answer.status, answer.code) == (410, "link_invalid")


def test_asking_is_answered_the_same_for_everybody_and_mails_once_in_a_while(api: Api) -> None:
    known = visitors.enter(api, visitors.tenant(api, "practice"), "practice", "principal")
    answers = []
    for mail in (known.mail, "mai.visto@verdi.example", "mai.visto@verdi.example"):
        answers.append(api.call("POST", "/v1/signup", body={"mail": mail, "kind": "practice"}))
    assert {(one.status, one.body) for one in answers} == {(202, b'{"status":"accepted"}')}
    mails = [one.to for one in planned("_users")]
    assert mails.count("mai.visto@verdi.example") == 1


def test_a_known_address_gets_another_tenant_and_keeps_its_password(api: Api) -> None:
    known = visitors.enter(api, visitors.tenant(api, "practice"), "practice", "principal")
    before = users.get_login(users.get(known.user).login)
    token = sign_up(api, known.mail, "reseller")
    answer = api.call("POST", "/v1/registration", body=details(token, password="x"))
    assert answer.json["known"] is True
    assert users.get_login(users.get(known.user).login) == before
    assert {one.kind for one in grant_store.of_user(known.user)} == {"practice", "reseller"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "breve"}, "password_too_short"),
        ({"password": "anna.verdi 2026"}, "password_common"),
        ({"name": "   "}, "name_missing"),
    ],
)
def test_what_is_refused_leaves_the_link_good(api: Api, fields: dict[str, str], code: str) -> None:
    token = sign_up(api, f"{code}@verdi.example")
    refused = api.call("POST", "/v1/registration", body=details(token, **fields))
    assert refused.code == code
    assert api.call("POST", "/v1/registration", body=details(token)).status == 201


@pytest.mark.feature("F004-018", "F004-019")
def test_a_reseller_signs_up_free_and_his_area_is_open_at_once(api: Api) -> None:
    token = sign_up(api, "hub@nuovo.example", "reseller")
    tenant = api.call("POST", "/v1/registration", body=details(token)).json["tenant"]
    (grant,) = grant_store.of_tenant(tenant)
    inside = visitors.session(grant, "hub@nuovo.example", api.now)
    assert inside.call(api, "GET", "/v1/customers").json["customers"] == []
    plan = inside.call(api, "GET", "/v1/plan")
    assert (plan.status, plan.code) == (403, "forbidden")


# ------------------------------------------------------------------ delegates
@pytest.mark.feature("F003-007", "F003-008", "F003-009")
def test_an_unknown_address_gets_an_account_and_one_link_for_its_password(
    api: Api, practice: str, principal: Visitor
) -> None:
    answer = give(api, principal, MAIL)
    assert answer.status == 201
    assert (answer.json["mail"], answer.json["role"]) == (MAIL, "secretary")
    assert answer.json["cabinets"] == ["centro"]
    (letter,) = planned(practice)
    assert (letter.kind, letter.to) == ("set_password", MAIL)
    assert "#" in letter.values["link"]
    # Nothing of it stands in the table in clear.
    rows = str(list(dynamo.query(letters.partition(practice, letter.id))))
    assert MAIL not in rows
    assert token_of(letter) not in rows
    login = users.get_login(users.get(grant_store.of_tenant(practice)[0].user).login)
    assert login is not None
    used = api.call("POST", "/v1/password", body={"token": token_of(letter), "password": PASSWORD})
    assert used.status < 300, used.body
    again = api.call("POST", "/v1/password", body={"token": token_of(letter), "password": PASSWORD})
    assert (again.status, again.code) == (410, "link_invalid")


@pytest.mark.feature("F003-008", "F003-010")
def test_a_known_address_is_linked_and_told_and_keeps_its_password(
    api: Api, practice: str, principal: Visitor
) -> None:
    other = visitors.enter(api, visitors.tenant(api, "practice"), "practice", "principal")
    before = users.get_login(users.get(other.user).login)
    assert give(api, principal, other.mail).status == 201
    (letter,) = planned(practice)
    assert (letter.kind, letter.to) == ("linked", other.mail)
    assert users.get_login(users.get(other.user).login) == before
    assert len(grant_store.of_user(other.user)) == 2


def test_the_same_again_is_the_same_grant_and_no_second_mail(
    api: Api, practice: str, principal: Visitor
) -> None:
    first, second = give(api, principal), give(api, principal)
    assert first.json == second.json
    assert len(planned(practice)) == 1
    clash = give(api, principal, cabinets=["mare"])
    assert (clash.status, clash.code) == (409, "grant_exists")


@pytest.mark.feature("F003-005")
def test_thirty_delegates_change_neither_plan_nor_price(
    api: Api, practice: str, principal: Visitor
) -> None:
    before = principal.call(api, "GET", "/v1/plan").json
    for number in range(30):
        assert give(api, principal, f"d{number}@studio.example").status == 201
    assert principal.call(api, "GET", "/v1/plan").json == before
    assert len(principal.call(api, "GET", "/v1/grants").json["grants"]) == 31


@pytest.mark.feature("F003-011")
def test_the_list_says_to_warn_the_person_before(api: Api, principal: Visitor) -> None:
    assert "Avvisate la persona" in principal.call(api, "GET", "/v1/grants").json["hint"]


@pytest.mark.feature("F003-043")
def test_a_delegate_neither_sees_nor_changes_grants(api: Api, practice: str) -> None:
    for role in ("secretary", "substitute", "accountant", "colleague"):
        delegate = visitors.enter(api, practice, "practice", role)  # type: ignore[arg-type]
        for method, path in (("GET", "/v1/grants"), ("POST", "/v1/grants")):
            body = {"mail": MAIL, "role": "principal"} if method == "POST" else None
            answer = delegate.call(api, method, path, body)
            assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.feature("F003-043")
def test_a_revoked_grant_opens_nothing_from_the_next_request_on(
    api: Api, practice: str, principal: Visitor
) -> None:
    second = visitors.enter(api, practice, "practice", "principal")
    assert second.call(api, "GET", "/v1/grants").status == 200
    gone = principal.call(api, "DELETE", f"/v1/grants/{second.grant.id}")
    assert gone.json["revoked_at"]
    assert second.call(api, "GET", "/v1/grants").status == 401
    assert [one.kind for one in planned(practice)] == ["grant_revoked"]
    assert principal.call(api, "DELETE", f"/v1/grants/{second.grant.id}").json == gone.json
    assert len(planned(practice)) == 1


def test_given_again_after_revocation_it_is_the_next_version(
    api: Api, practice: str, principal: Visitor
) -> None:
    grant = give(api, principal).json["id"]
    principal.call(api, "DELETE", f"/v1/grants/{grant}")
    assert give(api, principal, cabinets=["mare"]).json["revoked_at"] is None
    versions = principal.call(api, "GET", f"/v1/grants/{grant}/history").json["versions"]
    assert [one["cabinets"] for one in versions] == [["centro"], ["centro"], ["mare"]]
    assert [bool(one["revoked_at"]) for one in versions] == [False, True, False]


def test_the_last_who_manages_it_stays(api: Api, practice: str, principal: Visitor) -> None:
    answer = principal.call(api, "DELETE", f"/v1/grants/{principal.grant.id}")
    assert (answer.status, answer.code) == (409, "last_head")
    until = clock.stamp(api.now + timedelta(days=1))
    answer = principal.call(api, "PUT", f"/v1/grants/{principal.grant.id}", {"ends_at": until})
    assert (answer.status, answer.code) == (409, "last_head")
    second = visitors.enter(api, practice, "practice", "principal")
    assert principal.call(api, "DELETE", f"/v1/grants/{principal.grant.id}").status == 200
    assert second.call(api, "GET", "/v1/grants").status == 200


def test_the_scope_of_a_grant_can_be_changed(api: Api, practice: str, principal: Visitor) -> None:
    grant = give(api, principal).json["id"]
    changed = principal.call(
        api, "PUT", f"/v1/grants/{grant}", {"cabinets": ["centro", "mare"], "ends_at": ""}
    )
    assert changed.json["cabinets"] == ["centro", "mare"]
    user = grant_store.of_tenant(practice)[0].user
    copies = [one for one in grant_store.of_user(user) if one.id == grant]
    assert all(one.cabinets == ("centro", "mare") for one in copies)


@pytest.mark.feature("F003-043", "U-01")
def test_another_role_holds_at_once_in_the_session_that_is_open(api: Api) -> None:
    home = visitors.tenant(api, "body")
    head = visitors.enter(api, home, "body", "administrator")
    anna = visitors.enter(api, home, "body", "operator")
    path = f"/v1/grants/{anna.grant.id}"
    assert anna.call(api, "GET", "/v1/grants").status == 403
    until = clock.stamp(api.now + timedelta(days=90))
    wanted = {"role": "administrator", "ends_at": until, "pos": True, "version": 1}
    changed = head.call(api, "PUT", path, wanted)
    assert changed.status == 200, changed.body
    found = {name: changed.json[name] for name in ("id", "role", "ends_at", "pos", "version")}
    assert found == {"id": anna.grant.id, **wanted, "version": 2}
    assert anna.call(api, "GET", "/v1/grants").status == 200
    (told,) = planned(home)
    assert (told.kind, told.to) == ("grant_changed", anna.mail)
    assert {name: told.values[name] for name in ("role", "expires")} == {
        "role": "administrator", "expires": until,
    }  # fmt: skip
    # The same again is no change; what was read before it is stale.
    assert head.call(api, "PUT", path, wanted | {"version": 2}).json["version"] == 2
    assert head.call(api, "PUT", path, wanted).code == "conflict"
    assert len(planned(home)) == 1
    # The history has both, and the trail says which role it became.
    versions = head.call(api, "GET", f"{path}/history").json["versions"]
    assert [one["role"] for one in versions] == ["operator", "administrator"]
    lowered = head.call(api, "PUT", path, {"role": "operator", "pos": True})
    assert (lowered.json["role"], lowered.json["ends_at"]) == ("operator", None)
    assert anna.call(api, "GET", "/v1/grants").status == 403
    trail = [one["said"] for one in dynamo.query(audit.partition(home))]
    changes = [one["facts"]["role"] for one in trail if one["action"] == "grant_changed"]
    assert sorted(changes) == ["administrator", "operator"]


def test_who_manages_it_last_cannot_lower_himself(api: Api) -> None:
    home = visitors.tenant(api, "body")
    head = visitors.enter(api, home, "body", "administrator")
    path = f"/v1/grants/{head.grant.id}"
    answer = head.call(api, "PUT", path, {"role": "operator"})
    assert (answer.status, answer.code) == (409, "last_head")
    visitors.enter(api, home, "body", "administrator")
    assert head.call(api, "PUT", path, {"role": "operator"}).json["role"] == "operator"
    # He gave it away: also to himself.
    assert head.call(api, "PUT", path, {"role": "administrator"}).status == 403


@pytest.mark.parametrize(
    ("kind", "role", "wanted", "status", "code"),
    [
        ("body", "operator", {"role": "secretary", "cabinets": ["centro"]}, 422, "grant_role"),
        ("body", "operator", {"role": "support"}, 400, "invalid_request"),
        ("practice", "colleague", {"role": "secretary"}, 422, "grant_cabinets"),
        ("practice", "colleague", {"role": "principal", "cabinets": ["mare"]},
         422, "grant_cabinets"),
        ("reseller", "operator", {"role": "customer"}, 422, "grant_customer"),
        ("reseller", "customer", {"role": "operator"}, 422, "grant_customer"),
        ("body", "support", {"role": "administrator"}, 422, "grant_role"),
    ],
)  # fmt: skip
def test_a_role_that_is_not_given_is_not_come_by_through_a_change(
    api: Api, kind: Kind, role: Role, wanted: dict[str, Any], status: int, code: str
) -> None:
    home = visitors.tenant(api, kind)
    head = visitors.enter(api, home, kind, grants.HEAD[kind])
    scope = {"customer": "c1", "level": "white_label"} if role == "customer" else {}
    other = visitors.enter(api, home, kind, role, **scope)
    answer = head.call(api, "PUT", f"/v1/grants/{other.grant.id}", wanted)
    assert (answer.status, answer.code) == (status, code)
    assert grant_store.get(home, other.grant.id) == other.grant


def test_nobody_holds_a_role_twice_whatever_was_changed_into_what(
    api: Api, practice: str, principal: Visitor
) -> None:
    first = give(api, principal).json
    mare = {"role": "colleague", "cabinets": ["mare"]}
    changed = principal.call(api, "PUT", f"/v1/grants/{first['id']}", mare).json
    assert (changed["id"], changed["role"], changed["cabinets"]) == (
        first["id"], "colleague", ["mare"],
    )  # fmt: skip
    # Given as what it has become it is the same; the role that it was is free again.
    assert give(api, principal, **mare).json["id"] == first["id"]
    second = give(api, principal).json
    assert second["id"] != first["id"]
    assert give(api, principal).json["id"] == second["id"]
    answer = principal.call(api, "PUT", f"/v1/grants/{second['id']}", mare)
    assert (answer.status, answer.code) == (409, "grant_exists")
    # Once the one is gone, the other may become it.
    principal.call(api, "DELETE", f"/v1/grants/{first['id']}")
    assert principal.call(api, "PUT", f"/v1/grants/{second['id']}", mare).status == 200
    assert give(api, principal, **mare).json["id"] == second["id"]
    held = [one for one in grant_store.of_tenant(practice) if one.role != "principal"]
    assert [one.id for one in held if one.holds(api.now)] == [second["id"]]


def test_a_session_without_a_code_ends_where_the_new_role_asks_for_one(api: Api) -> None:
    home = visitors.tenant(api, "reseller")
    head = visitors.enter(api, home, "reseller", "administrator")
    anna = visitors.enter(api, home, "reseller", "operator", otp=False, requires_otp=False)
    assert anna.call(api, "GET", "/v1/session").status == 200
    answer = head.call(api, "PUT", f"/v1/grants/{anna.grant.id}", {"role": "administrator"})
    assert answer.status == 200, answer.body
    assert anna.call(api, "GET", "/v1/session").status == 401


def test_the_link_can_be_sent_again_until_there_is_a_password(
    api: Api, practice: str, principal: Visitor
) -> None:
    grant = give(api, principal).json["id"]
    api.tick(limits.SET_PASSWORD_LINK_S)
    principal = visitors.session(principal.grant, principal.mail, api.now)
    assert principal.call(api, "POST", f"/v1/grants/{grant}/invitation").status == 202
    token = token_of(planned(practice)[-1])
    body = {"token": token, "password": PASSWORD}
    assert api.call("POST", "/v1/password", body=body).status < 300
    answer = principal.call(api, "POST", f"/v1/grants/{grant}/invitation")
    assert (answer.status, answer.code) == (409, "password_set")


@pytest.mark.feature("F000-052")
def test_the_head_takes_off_a_lost_second_factor_of_those_who_are_only_his(
    api: Api, practice: str, principal: Visitor
) -> None:
    member = persons.make_person(api)
    lost = visitors.enter(api, practice, "practice", "secretary", user=member.id)
    path = f"/v1/grants/{lost.grant.id}/second-factor"
    elsewhere = visitors.tenant(api, "practice")
    other = visitors.enter(api, elsewhere, "practice", "secretary", user=member.id)
    answer = principal.call(api, "DELETE", path)
    assert (answer.status, answer.code) == (409, "user_of_others")
    head = visitors.enter(api, elsewhere, "practice", "principal")
    assert head.call(api, "DELETE", f"/v1/grants/{other.grant.id}").status == 200
    assert principal.call(api, "DELETE", path).status == 200
    login = users.get_login(users.get(member.id).login)
    assert login is not None
    assert not login.enrolled
    assert lost.call(api, "GET", "/v1/session").status == 401
    assert principal.call(api, "DELETE", "/v1/grants/aaaa/second-factor").status == 404


def test_dangerous_acts_want_a_fresh_code(api: Api, practice: str) -> None:
    tired = visitors.enter(api, practice, "practice", "principal", stepped_up=False)
    answer = give(api, tired)
    assert (answer.status, answer.code) == (403, "step_up_required")
    assert tired.call(api, "GET", "/v1/grants").status == 200


def test_another_tenants_grant_is_no_grant(api: Api, principal: Visitor) -> None:
    other = visitors.enter(api, visitors.tenant(api, "practice"), "practice", "principal")
    answer = principal.call(api, "DELETE", f"/v1/grants/{other.grant.id}")
    unknown = principal.call(api, "DELETE", "/v1/grants/aaaaaaaa")
    assert (answer.status, answer.code) == (unknown.status, unknown.code) == (404, "not_found")


# ------------------------------------------------------------------ plans
def plan_of(api: Api, visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = visitor.call(api, "GET", "/v1/plan").json
    return found


@pytest.mark.feature("F000-018", "F000-019", "F000-020", "F000-022")
def test_a_trial_becomes_the_free_plan_by_itself_and_asks_nothing(
    api: Api, practice: str, principal: Visitor
) -> None:
    found = plan_of(api, principal)
    assert (found["plan"], found["missing"]) == ("trial", ["preservation", "sdi_sending"])
    began = api.now
    api.now = clock.parse(f"{found['trial_ends_on']}T00:00:00.000Z") - timedelta(hours=1, seconds=5)
    late = visitors.session(principal.grant, principal.mail, api.now)
    assert plan_of(api, late)["plan"] == "trial"
    api.tick(5)
    assert plan_of(api, late)["plan"] == "standard"
    assert len(late.call(api, "GET", "/v1/grants").json["grants"]) == 1
    api.now = began + timedelta(days=365)
    after = visitors.session(principal.grant, principal.mail, api.now)
    assert plan_of(api, after)["plan"] == "standard"


@pytest.mark.feature("F000-025", "F000-016")
def test_a_paid_plan_is_chosen_at_any_time_and_is_kept(
    api: Api, practice: str, principal: Visitor
) -> None:
    api.tick(10 * 86_400)
    principal = visitors.session(principal.grant, principal.mail, api.now)
    chosen = principal.call(api, "PUT", "/v1/plan", {"plan": "paid"})
    assert (chosen.json["plan"], chosen.json["missing"]) == ("paid", [])
    assert principal.call(api, "PUT", "/v1/plan", {"plan": "paid"}).json == chosen.json
    api.tick(30 * 86_400)
    principal = visitors.session(principal.grant, principal.mail, api.now)
    assert plan_of(api, principal)["plan"] == "paid"
    assert principal.call(api, "PUT", "/v1/plan", {"plan": "standard"}).json["plan"] == "standard"


@pytest.mark.feature("F000-019", "F000-020")
def test_the_end_of_a_trial_is_told_once(api: Api) -> None:
    token = sign_up(api, "prova@verdi.example")
    tenant = api.call("POST", "/v1/registration", body=details(token)).json["tenant"]
    api.tick(40 * 86_400)
    assert api.run("tell", on_tell.handle) >= 1
    assert [one.kind for one in planned(tenant)] == ["plan_changed"]
    api.run("tell", on_tell.handle)
    assert planned(tenant) == []


# ------------------------------------------------------------------ support
@pytest.fixture
def supporter(api: Api) -> Visitor:
    return visitors.enter(api, "_house", "house", "support")


@pytest.mark.feature("F000-049")
def test_support_enters_with_a_reason_for_an_hour_and_the_tenant_is_told(
    api: Api, practice: str, supporter: Visitor
) -> None:
    body = {"tenant": practice, "reason": "Richiesta 4711: il piano non si vede"}
    answer = supporter.call(api, "POST", "/v1/support/entries", body)
    assert answer.status == 201
    assert clock.parse(answer.json["ends_at"]) - api.now == timedelta(hours=1)
    (letter,) = planned(practice)
    assert letter.kind == "support_entered"
    assert letter.values["reason"] == "Richiesta 4711: il piano non si vede"
    (grant,) = [one for one in grant_store.of_tenant(practice) if one.role == "support"]
    inside = visitors.session(grant, supporter.mail, api.now)
    assert inside.call(api, "GET", "/v1/settings").status == 200
    for path in ("/v1/documents", "/v1/customers", "/v1/audit"):
        assert inside.call(api, "GET", path).status == 403
    api.tick(3_600)
    assert inside.call(api, "GET", "/v1/settings").status == 401


@pytest.mark.feature("F000-049")
def test_without_a_reason_or_from_another_role_nobody_enters(
    api: Api, practice: str, principal: Visitor, supporter: Visitor
) -> None:
    answer = supporter.call(
        api, "POST", "/v1/support/entries", {"tenant": practice, "reason": "boh"}
    )
    assert answer.code == "support_reason"
    body = {"tenant": practice, "reason": "Richiesta 4711: il piano non si vede"}
    assert principal.call(api, "POST", "/v1/support/entries", body).code == "forbidden"
    body["tenant"] = "nessuno"
    assert supporter.call(api, "POST", "/v1/support/entries", body).code == "not_found"


# ------------------------------------------------------------------ a customer's portal
@pytest.mark.feature("F004-001", "F004-027", "F004-028", "F004-029")
def test_a_customer_has_no_access_until_it_is_asked_for_and_then_his_own(api: Api) -> None:
    home = visitors.tenant(api, "reseller")
    head = visitors.enter(api, home, "reseller", "administrator")
    api.add_customer(home, "c1", mail="ufficio@bassi.example")
    assert [one.role for one in grant_store.of_tenant(home)] == ["administrator"]

    def ask(mail: str = "anna@bassi.example") -> Answer:
        wanted = {"mail": mail, "role": "customer", "customer": "c1"}
        return head.call(api, "POST", "/v1/grants", wanted)

    assert ask().code == "portal_none"
    shown = head.call(api, "GET", "/v1/customers/c1").json
    fields = {name: shown[name] for name in ("name", "fiscal_ids", "mail")}
    path = "/v1/customers/c1"
    assert head.call(api, "PUT", path, fields | {"portal": "white_label"}).status == 200
    assert ask("ufficio@bassi.example").code == "customer_not_notified"
    assert ask().status == 201
    (grant,) = [one for one in grant_store.of_tenant(home) if one.role == "customer"]
    inside = visitors.session(grant, "anna@bassi.example", api.now)
    assert inside.call(api, "GET", "/v1/documents").status == 200
    assert inside.call(api, "GET", "/v1/customers").status == 403
    wanted = {"files": [{"name": "a.xml"}]}
    assert inside.call(api, "POST", "/v1/uploads", wanted).status == 403
    head.call(api, "PUT", path, fields | {"portal": "white_label_plus"})
    assert inside.call(api, "POST", "/v1/uploads", wanted).status == 201
    head.call(api, "PUT", path, fields | {"portal": "none"})
    assert inside.call(api, "GET", "/v1/documents").status == 401
