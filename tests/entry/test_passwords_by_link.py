"""The first password and another one in place of a forgotten one, by a mailed link."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.accounts import letters
from chalicelib.accounts.identity import blinds, links, users
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.errors import Rejected
from tests.entry.api_world import Answer, Api
from tests.entry.persons import (
    PASSWORD,
    Browser,
    Member,
    another_window,
    give,
    make_person,
    planned,
)

NEW = "un altro cavallo blu"


def ask(api: Api, member: Member) -> str:
    """The link of the mail that is asked for."""
    api.tick(limits.RESET_PAUSE_S)
    before = {row["pk"] for row in planned("reset_password")}
    answer = api.call("POST", "/v1/password/reset", body={"mail": member.mail})
    assert answer.status == 202
    (row,) = [row for row in planned("reset_password") if row["pk"] not in before]
    letter = letters.read(blinds.USERS, row)
    assert letter.to == member.mail
    return letter.values["link"]


def use(api: Api, link: str, password: str = NEW) -> Answer:
    token = link.partition("#")[2]
    return api.call("POST", "/v1/password", body={"token": token, "password": password})


def reset(api: Api, member: Member) -> Answer:
    return use(api, ask(api, member), member.password)


@pytest.fixture
def anna(api: Api) -> Browser:
    another_window(api)
    member = make_person(api)
    give(api, member, "studio", "practice", "principal")
    return Browser(api, member)


def test_a_forgotten_password_is_replaced_by_a_link(api: Api, anna: Browser) -> None:
    anna.log_in()
    link = ask(api, anna.member)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/password#[A-Za-z0-9_-]{43}", link)
    assert use(api, link).status == 200
    assert not anna.is_in(), "every session is over"
    assert anna.begin().status == 401
    anna.member.password = NEW
    assert anna.log_in().status == 200
    assert len(planned("password_changed")) == 1


@pytest.mark.feature("F003-009")
def test_a_link_is_good_once(api: Api, anna: Browser) -> None:
    link = ask(api, anna.member)
    assert use(api, link).status == 200
    again = use(api, link, "ancora un altro cavallo")
    assert (again.status, again.code) == (410, "link_invalid")


@pytest.mark.feature("F003-009")
def test_the_first_password_comes_by_a_link_and_lets_the_person_log_in(api: Api) -> None:
    another_window(api)
    member = make_person(api, password="", enrolled=False)
    give(api, member, "studio", "practice", "secretary", requires_otp=False)
    token = secrets.token_urlsafe(32)
    _, keep = links.make("set_password", token, api.now, user=member.id)
    dynamo.commit([keep])
    who = Browser(api, member)
    assert who.begin("").status == 400
    assert who.begin("x").status == 401
    api.tick(limits.SET_PASSWORD_LINK_S - 60)
    api.tick(-120)
    link = links.url("set_password", token)
    assert use(api, link, PASSWORD).status == 200
    assert who.begin(PASSWORD).json["next"] == "session"
    assert not [row for row in planned("password_changed") if member.id in str(row)]


@pytest.mark.feature("F003-009")
@pytest.mark.parametrize(
    ("purpose", "life"),
    [("set_password", limits.SET_PASSWORD_LINK_S), ("reset_password", limits.RESET_LINK_S)],
)
def test_a_link_ends(api: Api, purpose: Any, life: int) -> None:
    for wait, status in ((life - 2, 200), (life, 410)):
        member = make_person(api, password="", enrolled=False)
        token = secrets.token_urlsafe(32)
        dynamo.commit([links.make(purpose, token, api.now, user=member.id)[1]])
        api.tick(wait)
        assert use(api, f"#{token}", "quindici lettere e più").status == status


def test_older_links_end_when_one_is_used(api: Api, anna: Browser) -> None:
    first = ask(api, anna.member)
    second = ask(api, anna.member)
    assert use(api, second).status == 200
    assert use(api, first, "ancora un altro cavallo").status == 410


def test_a_link_ends_when_the_password_is_changed_by_its_owner(api: Api, anna: Browser) -> None:
    link = ask(api, anna.member)
    anna.log_in()
    body = {"present": PASSWORD, "new": NEW}
    assert anna.call("POST", "/v1/session/password", body).status == 200
    assert use(api, link, "ancora un altro cavallo").status == 410


def test_a_refused_password_leaves_the_link_as_it_was(api: Api, anna: Browser) -> None:
    link = ask(api, anna.member)
    for weak, code in (("corta", "password_too_short"), ("a" * 200, "password_too_long"),
                       ("password2026!", "password_common"),
                       (anna.member.name.replace(" ", ""), "password_common")):  # fmt: skip
        refused = use(api, link, weak)
        assert (refused.status, refused.code) == (422, code)
    assert use(api, link).status == 200


@pytest.mark.parametrize(
    ("enrolled", "requires_otp", "least"),
    [
        (True, False, limits.PASSWORD_CHARS),
        (False, True, limits.PASSWORD_CHARS),
        (False, False, limits.PASSWORD_ALONE_CHARS),
    ],
)
def test_without_a_second_factor_a_password_is_longer(
    api: Api, enrolled: bool, requires_otp: bool, least: int
) -> None:
    another_window(api)
    member = make_person(api, enrolled=enrolled)
    give(api, member, "studio", "practice", "secretary", requires_otp=requires_otp)
    link = ask(api, member)
    text = "èlòpìàùçé-Zk7wYqPvB"
    refused = use(api, link, text[: least - 1])
    assert refused.code == "password_too_short"
    assert refused.json["error"]["details"] == {"chars": least}
    assert use(api, link, text[:least]).status == 200


@pytest.mark.feature("F000-052")
def test_a_reset_is_no_way_around_the_second_factor(api: Api, anna: Browser) -> None:
    answer = use(api, ask(api, anna.member))
    assert answer.json == {"set": True}
    assert "set-cookie" not in answer.headers
    anna.member.password = NEW
    begun = anna.begin()
    assert begun.json["next"] == "code"
    assert anna.call("POST", "/v1/login/enrol", {"token": begun.json["token"]}).status == 401
    assert anna.finish(begun.json["token"]).status == 200


def test_a_reset_ends_a_login_under_way(api: Api, anna: Browser) -> None:
    token = anna.begin().json["token"]
    link = ask(api, anna.member)
    assert use(api, link).status == 200
    assert anna.finish(token).status == 401


def test_one_mail_in_a_while(api: Api, anna: Browser) -> None:
    ask(api, anna.member)
    count = len(planned("reset_password"))
    for _ in range(3):
        api.tick(limits.RESET_PAUSE_S / 4)
        answer = api.call("POST", "/v1/password/reset", body={"mail": anna.member.mail})
        assert answer.status == 202
    assert len(planned("reset_password")) == count


def test_no_link_stands_in_the_table(api: Api, anna: Browser) -> None:
    link = ask(api, anna.member)
    token = link.partition("#")[2]
    everything = str(_everything())
    assert links.digest(token) in everything
    for secret in (token, anna.member.mail, anna.member.name, anna.member.seed):
        assert secret not in everything


def _everything() -> list[Any]:
    from chalicelib.base import aws, config

    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=config.get("TABLE"))
    return [item for page in pages for item in page["Items"]]


def test_a_link_for_something_else_sets_no_password(api: Api, anna: Browser) -> None:
    token = secrets.token_urlsafe(32)
    link, keep = links.make("register", token, api.now, user=anna.member.id, mail="x@y.example")
    dynamo.commit([keep])
    assert use(api, f"#{token}").status == 410
    found = links.read(token, frozenset({"register"}), api.now)
    assert found == link
    assert found.values == {"mail": "x@y.example"}
    assert "x@y.example" not in str(_everything())


def test_a_link_is_consumed_by_one_decision(api: Api) -> None:
    token = secrets.token_urlsafe(32)
    link, keep = links.make("invite", token, api.now)
    dynamo.commit([keep])
    dynamo.commit([links.use(link, api.now)])
    with pytest.raises(dynamo.ConditionFailed) as failed:
        dynamo.commit([links.use(link, api.now)])
    assert set(failed.value.found) == {"link"}
    with pytest.raises(Rejected):
        links.read(token, frozenset({"invite"}), api.now)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 44, "é" * 43, "#" * 43])
def test_what_is_no_token_opens_nothing(api: Api, token: str) -> None:
    with pytest.raises(Rejected) as refused:
        links.read(token, frozenset({"reset_password"}), api.now)
    assert refused.value.code == "link_invalid"


def test_a_link_over_is_over_before_the_table_forgets_it(api: Api) -> None:
    token = secrets.token_urlsafe(32)
    link, keep = links.make("invite", token, api.now)
    assert keep.item["expires"] > clock.parse(link.expires_at).timestamp()
    dynamo.commit([keep])
    late = api.now + timedelta(seconds=links.LIFE_S["invite"])
    with pytest.raises(dynamo.ConditionFailed):
        dynamo.commit([links.use(link, late)])


def test_the_same_address_has_one_account(api: Api) -> None:
    first = make_person(api, "unica@studio.example")
    with pytest.raises(dynamo.ConditionFailed) as failed:
        dynamo.commit(users.born("other", "UNICA@studio.example", "Altra", "it", api.now))
    assert set(failed.value.found) == {"login"}
    assert users.find("unica@STUDIO.example") == first.id
    assert users.find_by_id("other") is None
