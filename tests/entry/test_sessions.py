"""A session: what opens it, what ends it, and that the end holds from the next request on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import grant_store
from chalicelib.accounts.audit import Actor
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import own, sessions, users
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.entry import session_door, web
from chalicelib.entry.web import Route
from tests.entry.api_world import Api, Person
from tests.entry.persons import (
    PASSWORD,
    Browser,
    another_window,
    give,
    make_person,
    open_session,
    planned,
)
from tests.entry.routes import call, label, masked, routes

NEW = "un altro cavallo blu"
of_sessions = [route for route in routes() if route.scope == web.SESSION]
changing = [route for route in of_sessions if route.method != "GET"]


@pytest.fixture
def anna(api: Api) -> Browser:
    """A principal, logged in."""
    another_window(api)
    member = make_person(api)
    grant = give(api, member, "studio", "practice", "principal")
    return open_session(api, member, grant)


def own_grant(who: Browser) -> Grant:
    (found,) = grant_store.of_user(who.member.id)
    return found


def another(api: Api, who: Browser) -> Browser:
    """The same person at another browser."""
    return open_session(api, who.member, own_grant(who))


# ------------------------------------------------------------------ ends
@pytest.mark.feature("F004-078")
def test_after_logging_out_the_session_opens_nothing(api: Api, anna: Browser) -> None:
    elsewhere = another(api, anna)
    kept = anna.cookie
    answer = anna.call("DELETE", "/v1/session")
    assert (answer.status, answer.json) == (200, {"ended": True})
    assert answer.headers["set-cookie"].startswith("__Host-sportello=; Max-Age=0")
    assert anna.cookie == ""
    anna.cookie = kept
    assert not anna.is_in()
    assert dynamo.get(("T#_users#U#" + anna.member.id, "USER")) is not None
    assert elsewhere.is_in(), "only this one"


def _log_out(api: Api, who: Browser) -> None:
    Browser.call(_copy(who), "DELETE", "/v1/session")


def _change_password(api: Api, who: Browser) -> None:
    body = {"present": PASSWORD, "new": NEW}
    assert _copy(who).call("POST", "/v1/session/password", body).status == 200


def _change_totp(api: Api, who: Browser) -> None:
    other = another(api, who)
    other.step_up()
    _set_up(other)


def _reset_totp(api: Api, who: Browser) -> None:
    own.reset_totp("studio", who.member.id, Actor("user", "boss"), api.now, Wakes())


def _revoke(api: Api, who: Browser) -> None:
    old = own_grant(who)
    new = replace(old, revoked_at=clock.stamp(api.now), version=old.version + 1)
    dynamo.commit(grant_store.write("studio", new, old))


def _end_grant(api: Api, who: Browser) -> None:
    old = own_grant(who)
    new = replace(old, ends_at=clock.stamp(api.now), version=old.version + 1)
    dynamo.commit(grant_store.write("studio", new, old))


def _be_idle(api: Api, who: Browser) -> None:
    api.tick(limits.SESSION_IDLE_S)


def _grow_old(api: Api, who: Browser) -> None:
    started = api.now
    while (api.now - started).total_seconds() < limits.SESSION_S - 1_000:
        api.tick(1_000)
        assert who.is_in()
    api.tick(1_000)


ENDS: dict[str, Callable[[Api, Browser], None]] = {
    "logout": _log_out,
    "password changed": _change_password,
    "second factor changed": _change_totp,
    "second factor reset": _reset_totp,
    "grant revoked": _revoke,
    "grant over": _end_grant,
    "idle": _be_idle,
    "too old": _grow_old,
}


def _copy(who: Browser) -> Browser:
    """Another window with the same cookie."""
    found = Browser(who.api, who.member)
    found.cookie, found.csrf = who.cookie, who.csrf
    return found


@pytest.mark.feature("F004-078")
@pytest.mark.parametrize("why", ENDS)
def test_what_is_over_is_over_at_the_next_request(api: Api, anna: Browser, why: str) -> None:
    assert anna.is_in()
    ENDS[why](api, anna)
    assert not anna.is_in()
    # Every route, and the same answer as to a cookie that never was.
    nobody = _copy(anna)
    nobody.cookie = nobody.cookie[:-43] + "A" * 43
    for route in (*of_sessions, *_some_scoped()):
        theirs = call(api, route, headers=anna.headers() | _key(route))
        nobodys = call(api, route, headers=nobody.headers() | _key(route))
        assert (theirs.status, theirs.code) == (401, "unauthorized"), route.name
        assert masked(theirs) == masked(nobodys), route.name


def _some_scoped() -> list[Route]:
    return [route for route in routes() if route.name in ("get_settings", "list_flows", "me")]


def _key(route: Route) -> dict[str, str]:
    return {"Idempotency-Key": "k"} if route.idempotency_key else {}


def test_idleness_is_counted_from_the_last_request(api: Api, anna: Browser) -> None:
    for _ in range(6):
        api.tick(limits.SESSION_IDLE_S - limits.SESSION_TOUCH_S)
        assert anna.is_in()
    api.tick(limits.SESSION_IDLE_S - limits.SESSION_TOUCH_S - 60)
    assert anna.is_in()


def test_a_session_is_seen_and_not_written_at_each_request(api: Api, anna: Browser) -> None:
    key = (grant_store.user_partition(anna.member.id), "SESSION")
    seen = []
    for _ in range(12):
        api.tick(59)
        assert anna.is_in()
        (item,) = dynamo.query(key[0], prefix="SESSION#")
        seen.append(item["seen_at"])
    assert len(set(seen)) == 3


def test_another_generation_never_comes_back(api: Api, anna: Browser) -> None:
    _reset_totp(api, anna)
    assert not anna.is_in()
    again = open_session(api, anna.member, own_grant(anna))
    assert again.is_in()
    assert not anna.is_in()


def test_a_session_of_a_password_alone_ends_when_its_tenant_asks_for_more(api: Api) -> None:
    member = make_person(api, enrolled=False)
    grant = give(api, member, "studio", "practice", "secretary", requires_otp=False)
    who = open_session(api, member, grant, otp=False)
    assert who.is_in()
    new = replace(grant, requires_otp=True, version=2)
    dynamo.commit(grant_store.write("studio", new, grant))
    assert not who.is_in()


# ------------------------------------------------------------------ what opens nothing
def test_a_cookie_is_believed_in_nothing(api: Api, anna: Browser) -> None:
    other = make_person(api)
    their_grant = give(api, other, "altrove", "practice", "principal")
    second = give(api, anna.member, "altrove", "practice", "colleague", cabinets=("c1",))
    user, tenant, grant, secret = anna.cookie.split(".")
    for parts in (
        (other.id, tenant, grant, secret),
        (user, "altrove", grant, secret),
        (user, "altrove", second.id, secret),  # his own, but not what this session is for
        (user, "altrove", their_grant.id, secret),
        (user, "", "", secret),
        (user, tenant, "", secret),
        (user, tenant, grant, secret[::-1]),
        (user, tenant, grant, sessions.digest(secret)[:43]),
        (user.upper(), tenant, grant, secret),
    ):
        forged = _copy(anna)
        forged.cookie = ".".join(parts)
        assert not forged.is_in(), parts
    for noise in ("", "x", "a.b.c.d", "...", ". . .", "é" * 60, anna.cookie + ".x", "#" * 99):
        headers = {"Cookie": f"{session_door.COOKIE}={noise}"}
        assert api.call("GET", "/v1/session", headers=headers).status == 401
    assert anna.is_in()


def test_a_planted_second_cookie_opens_nothing(api: Api, anna: Browser) -> None:
    one = f"{session_door.COOKIE}={anna.cookie}"
    for text in (f"{one}; {one}", f"{session_door.COOKIE}=x; {one}"):
        assert api.call("GET", "/v1/session", headers={"Cookie": text}).status == 401
    for text in (f"a=b; {one}", f"{one};c=d", f" {one} "):
        assert api.call("GET", "/v1/session", headers={"Cookie": text}).status == 200
    assert api.call(
        "GET", "/v1/session", headers={"Cookie": f"sportello={anna.cookie}"}
    ).status == (401)


def test_a_key_is_no_session_and_a_session_no_key(api: Api, alfa: Person, anna: Browser) -> None:
    for route in of_sessions:
        assert call(api, route, alfa.token).status == 401
    secret = anna.cookie.rpartition(".")[2]
    for token in (anna.cookie, secret, anna.csrf):
        assert api.call("GET", "/v1/me", token).status == 401
    both = anna.headers() | {"Authorization": "Bearer nothing"}
    assert api.call("GET", "/v1/session", headers=both).status == 401


# ------------------------------------------------------------------ pages of ours
@pytest.mark.parametrize("route", changing, ids=label)
def test_what_changes_something_comes_from_a_page_of_ours(
    api: Api, anna: Browser, route: Route
) -> None:
    good = anna.headers()
    wrong: dict[str, dict[str, str]] = {
        "no token": {k: v for k, v in good.items() if k != session_door.CSRF_HEADER},
        "empty token": good | {session_door.CSRF_HEADER: ""},
        "another's token": good | {session_door.CSRF_HEADER: another(api, anna).csrf},
        "not ascii": good | {session_door.CSRF_HEADER: "é"},
    }
    for what, headers in wrong.items():
        answer = call(api, route, headers=headers)
        assert (answer.status, answer.code) == (403, "csrf"), what
    for origin in ("https://evil.example", "null", "", "http://127.0.0.1:8000.evil.example",
                   "http://127.0.0.1", "https://127.0.0.1:8000"):  # fmt: skip
        answer = call(api, route, headers=good | {"Origin": origin})
        assert (answer.status, answer.code) == (403, "origin"), origin
    without = {name: value for name, value in good.items() if name != "Origin"}
    assert call(api, route, headers=without).status != 401
    assert anna.is_in() or route.name == "log_out"


def test_a_scope_by_session_is_guarded_too(api: Api, alfa: Person) -> None:
    member = make_person(api)
    who = open_session(
        api, member, give(api, member, alfa.tenant, "reseller", "administrator"), stepped_up=True
    )
    assert who.call("GET", "/v1/settings").status == 200
    body = {"name": "Nuovo nome"}
    assert who.call("PATCH", "/v1/settings", body).status == 200
    who.csrf = "x"
    assert who.call("GET", "/v1/settings").status == 200
    refused = who.call("PATCH", "/v1/settings", body)
    assert (refused.status, refused.code) == (403, "csrf")


@pytest.mark.parametrize("path", ["/v1/login", "/v1/password", "/v1/password/reset"])
def test_another_site_cannot_log_anybody_in(api: Api, path: str) -> None:
    body = {"mail": "a@b.example", "password": "x", "token": "x"}
    headers = {"Origin": "https://evil.example"}
    answer = api.call("POST", path, body=body, headers=headers)
    assert (answer.status, answer.code) == (403, "origin")


# ------------------------------------------------------------------ what a role may
def test_a_person_may_what_the_role_of_his_grant_may(api: Api, alfa: Person) -> None:
    member = make_person(api)
    operator = open_session(api, member, give(api, member, alfa.tenant, "reseller", "operator"))
    assert operator.call("GET", "/v1/settings").status == 200
    refused = operator.call("PATCH", "/v1/settings", {"name": "x"})
    assert (refused.status, refused.code) == (403, "forbidden")
    assert refused.json["error"]["details"] == {"needs": "settings:write"}
    assert operator.call("GET", "/v1/customers").json["customers"][0]["id"] == "c1"


def test_what_only_persons_may_wants_a_second_factor(api: Api) -> None:
    member = make_person(api, enrolled=False)
    grant = give(api, member, "studio", "practice", "principal", requires_otp=False)
    alone = open_session(api, member, grant, otp=False)
    scopes = alone.call("GET", "/v1/session").json["scopes"]
    assert "settings:write" in scopes
    assert not set(scopes) & {"grants:write", "plan:write", "support:enter"}
    with_code = open_session(api, member, grant)
    assert "grants:write" in with_code.call("GET", "/v1/session").json["scopes"]


# ------------------------------------------------------------------ step-up
def test_a_fresh_code_opens_dangerous_acts_for_ten_minutes(api: Api, anna: Browser) -> None:
    refused = anna.call("POST", "/v1/session/recovery-codes")
    assert (refused.status, refused.code) == (403, "step_up_required")
    before = anna.cookie
    until = anna.step_up()
    assert until.json["expires_at"]
    assert anna.cookie != before
    found = anna.call("GET", "/v1/session").json
    assert clock.parse(found["stepped_up_until"]) - api.now <= timedelta(seconds=limits.STEP_UP_S)
    first = anna.call("POST", "/v1/session/recovery-codes")
    assert len(first.json["recovery_codes"]) == 10
    api.tick(limits.STEP_UP_S)
    assert anna.call("POST", "/v1/session/recovery-codes").status == 403
    assert anna.call("GET", "/v1/session").json["stepped_up_until"] is None


def test_the_session_before_a_step_up_is_over(api: Api, anna: Browser) -> None:
    old = _copy(anna)
    anna.step_up()
    assert anna.is_in()
    assert not old.is_in()


def test_a_step_up_does_not_make_a_session_younger(api: Api, anna: Browser) -> None:
    ends = anna.call("GET", "/v1/session").json["expires_at"]
    api.tick(1_000)
    anna.step_up()
    assert anna.call("GET", "/v1/session").json["expires_at"] == ends


def test_a_code_for_a_step_up_is_good_once_and_counted(api: Api, anna: Browser) -> None:
    anna.step_up()
    again = {"code": anna.member.code(api.now - timedelta(seconds=1))}
    for number in range(limits.LOGIN_FREE_TRIES):
        code = again if number == 0 else {"code": "000000"}
        refused = anna.call("POST", "/v1/session/step-up", code)
        assert (refused.status, refused.code) == (403, "otp_code")
    api.tick(60)
    locked = anna.call("POST", "/v1/session/step-up", {"code": anna.code()})
    assert (locked.status, locked.code) == (429, "too_many_attempts")
    assert anna.is_in(), "the session goes on"
    assert anna.begin().status == 429, "and the login has the same counter"


def test_who_has_no_second_factor_cannot_step_up(api: Api) -> None:
    member = make_person(api, enrolled=False)
    grant = give(api, member, "studio", "practice", "secretary", requires_otp=False)
    who = open_session(api, member, grant, otp=False)
    refused = who.call("POST", "/v1/session/step-up", {"code": "000000"})
    assert (refused.status, refused.code) == (409, "otp_not_enrolled")


# ------------------------------------------------------------------ other grants
def test_one_session_works_for_one_tenant_at_a_time(api: Api, anna: Browser) -> None:
    anna.step_up()
    other = give(api, anna.member, "altrove", "practice", "colleague", cabinets=("c1", "c2"))
    old = _copy(anna)
    body = {"tenant": "altrove", "grant": other.id}
    answer = anna.call("POST", "/v1/session/switch", body)
    assert (answer.status, answer.json["tenant"]) == (200, "altrove")
    assert not old.is_in()
    found = anna.call("GET", "/v1/session").json
    assert found["current"]["cabinets"] == ["c1", "c2"]
    assert {grant["tenant"] for grant in found["grants"]} == {"studio", "altrove"}
    assert found["stepped_up_until"] is None, "what was confirmed was confirmed for the other one"


def test_nobody_switches_to_what_he_does_not_hold(api: Api, anna: Browser) -> None:
    other = make_person(api)
    theirs = give(api, other, "altrove", "practice", "principal")
    ended = give(api, anna.member, "finito", "practice", "colleague",
                 ends_at=clock.stamp(api.now + timedelta(seconds=1)))  # fmt: skip
    api.tick(10)
    for tenant, grant in (("altrove", theirs.id), ("finito", ended.id), ("studio", "nothing")):
        answer = anna.call("POST", "/v1/session/switch", {"tenant": tenant, "grant": grant})
        assert (answer.status, answer.code) == (404, "not_found")
    assert anna.is_in()


def test_a_password_alone_does_not_switch_to_a_tenant_that_asks_for_more(api: Api) -> None:
    member = make_person(api, enrolled=False)
    grant = give(api, member, "studio", "practice", "secretary", requires_otp=False)
    strict = give(api, member, "altrove", "practice", "colleague")
    who = open_session(api, member, grant, otp=False)
    body = {"tenant": "altrove", "grant": strict.id}
    refused = who.call("POST", "/v1/session/switch", body)
    assert (refused.status, refused.code) == (403, "otp_required")


# ------------------------------------------------------------------ one's own account
def test_a_password_is_changed_with_the_old_one(api: Api, anna: Browser) -> None:
    elsewhere = another(api, anna)
    wrong = {"present": "wrong password", "new": NEW}
    refused = anna.call("POST", "/v1/session/password", wrong)
    assert (refused.status, refused.code) == (403, "password_wrong")
    weak = {"present": PASSWORD, "new": "password2026"}
    assert anna.call("POST", "/v1/session/password", weak).code == "password_common"
    answer = anna.call("POST", "/v1/session/password", {"present": PASSWORD, "new": NEW})
    assert answer.status == 200
    assert anna.is_in(), "the one who changed it goes on"
    assert not elsewhere.is_in()
    assert planned("password_changed")
    anna.member.password = NEW
    assert anna.log_in().status == 200


def test_a_wrong_old_password_is_counted(anna: Browser) -> None:
    body = {"present": "wrong password", "new": NEW}
    for _ in range(limits.LOGIN_FREE_TRIES):
        assert anna.call("POST", "/v1/session/password", body).status == 403
    body["present"] = PASSWORD
    assert anna.call("POST", "/v1/session/password", body).status == 429


def _set_up(who: Browser, password: str = PASSWORD) -> Any:
    shown = who.call("POST", "/v1/session/totp", {"password": password})
    assert shown.status == 200, shown.body
    seed = shown.json["secret"].replace(" ", "")
    who.api.tick(limits.TOTP_STEP_S)
    who.member.seed = seed
    answer = who.call("POST", "/v1/session/totp/confirm", {"code": who.code()})
    assert answer.status == 200, answer.body
    return answer


def test_another_app_takes_the_place_of_the_first(api: Api, anna: Browser) -> None:
    old_seed = anna.member.seed
    refused = anna.call("POST", "/v1/session/totp", {"password": PASSWORD})
    assert (refused.status, refused.code) == (403, "step_up_required")
    anna.step_up()
    answer = _set_up(anna)
    assert len(answer.json["recovery_codes"]) == 10
    assert anna.is_in()
    assert planned("totp_reset")
    new_seed, anna.member.seed = anna.member.seed, old_seed
    token = anna.begin().json["token"]
    assert anna.finish(token).status == 401
    anna.member.seed = new_seed
    assert anna.finish(token).status == 200


def test_a_lost_app_is_replaced_by_recovery_codes(anna: Browser) -> None:
    first, second = anna.member.codes[:2]
    token = anna.begin().json["token"]
    assert anna.finish(token, first).status == 200
    answer = anna.call("POST", "/v1/session/step-up", {"code": second})
    assert answer.status == 200
    _set_up(anna)
    assert anna.log_in().status == 200
    token = anna.begin().json["token"]
    assert anna.finish(token, anna.member.codes[2]).status == 401, "the old codes went with it"


def test_a_second_factor_is_set_up_by_who_has_none(api: Api) -> None:
    member = make_person(api, enrolled=False)
    grant = give(api, member, "studio", "practice", "secretary", requires_otp=False)
    who = open_session(api, member, grant, otp=False)
    refused = who.call("POST", "/v1/session/totp", {"password": "wrong password"})
    assert (refused.status, refused.code) == (403, "password_wrong")
    _set_up(who)
    assert who.call("GET", "/v1/session").json["second_factor"] is True
    assert who.begin().json["next"] == "code"


def test_a_wrong_first_code_sets_nothing_up(api: Api, anna: Browser) -> None:
    anna.step_up()
    anna.call("POST", "/v1/session/totp", {"password": PASSWORD})
    refused = anna.call("POST", "/v1/session/totp/confirm", {"code": "000000"})
    assert (refused.status, refused.code) == (403, "otp_code")
    assert anna.log_in().status == 200, "the app that was there still counts"


def test_new_recovery_codes_end_the_old_ones(anna: Browser) -> None:
    anna.step_up()
    new = anna.call("POST", "/v1/session/recovery-codes").json["recovery_codes"]
    token = anna.begin().json["token"]
    assert anna.finish(token, anna.member.codes[0]).status == 401
    assert anna.finish(token, new[0]).status == 200


# ------------------------------------------------------------------ by an administrator
BOSS = Actor("user", "boss", role="principal", source="192.0.2.7")


def test_an_administrator_takes_off_a_lost_second_factor(api: Api, anna: Browser) -> None:
    own.reset_totp("studio", anna.member.id, BOSS, api.now, Wakes())
    assert not anna.is_in()
    assert planned("totp_reset")
    begun = anna.begin()
    assert begun.json["next"] == "enrolment", "and a new one is asked for"
    own.reset_totp("studio", anna.member.id, BOSS, api.now, Wakes())


def test_no_tenant_weakens_what_protects_another(api: Api, anna: Browser) -> None:
    with pytest.raises(NotFound):
        own.reset_totp("altrove", anna.member.id, BOSS, api.now, Wakes())
    give(api, anna.member, "altrove", "practice", "colleague", cabinets=("c1",))
    for tenant in ("studio", "altrove"):
        with pytest.raises(Rejected) as refused:
            own.reset_totp(tenant, anna.member.id, BOSS, api.now, Wakes())
        assert refused.value.code == "user_of_others"
    assert anna.is_in()
    support = Actor("support", "s1", role="support", source="192.0.2.7")
    own.reset_totp("studio", anna.member.id, support, api.now, Wakes())
    assert not anna.is_in()


def test_users_are_found_by_nobody_elses_address(api: Api, anna: Browser) -> None:
    assert users.find(anna.member.mail) == anna.member.id
    assert users.find("x" + anna.member.mail) == ""
    with pytest.raises(NotFound):
        users.get("nobody")
