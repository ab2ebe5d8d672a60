"""Resellers, customers and keys: through the API where it offers them."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import model, service
from chalicelib.accounts.model import SCOPES
from chalicelib.base import dynamo, keys
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.secrets import unseal
from infra.local.subjects import SUPPLIER
from tests.entry import api_world
from tests.entry.api_world import Answer, Api, Person

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta
SECRET = "s" * 32


# ------------------------------------------------------------------ settings
def patch(api: Api, person: Person, **changes: Any) -> Answer:
    return api.call("PATCH", "/v1/settings", person.token, changes)


def test_only_what_is_given_changes(api: Api, alfa: Person) -> None:
    before = api.call("GET", "/v1/settings", alfa.token).json
    after = patch(api, alfa, name="Nuovo nome", digest="daily").json
    assert after == before | {"name": "Nuovo nome", "digest": "daily"}
    assert patch(api, alfa, digest="").json == before | {"name": "Nuovo nome"}
    assert patch(api, alfa, language=None).json == before | {"name": "Nuovo nome"}
    assert api.call("GET", "/v1/settings", alfa.token).json["unknown_seller"] == "hold"


def test_a_webhook_is_kept_sealed_and_goes_with_null(api: Api, alfa: Person) -> None:
    url = "https://hooks.example.com:8443/a?b=c"
    answer = patch(api, alfa, webhook={"url": url, "secret": SECRET})
    assert answer.json["webhook_url"] == url
    assert SECRET not in answer.body.decode()
    stored = service.get_reseller(alfa.tenant).webhook
    assert stored is not None
    assert SECRET.encode() not in stored.secret
    assert unseal(alfa.tenant, stored.secret) == SECRET
    assert patch(api, alfa, name="N").json["webhook_url"] == url
    assert patch(api, alfa, webhook=None).json["webhook_url"] is None
    assert service.get_reseller(alfa.tenant).webhook is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "HTTP://example.com",
        "ftp://example.com",
        "//example.com",
        "example.com",
        "",
        "https://",
        "https:///path",
        "https://[",
        "https://[::1",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://user:word@example.com/",
        "https://example.com@evil.example/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://esempiò.it/",
        "https://example.com/#part",
        "javascript:alert(1)",
    ],
)
def test_what_cannot_be_posted_to_is_refused_at_once(api: Api, alfa: Person, url: str) -> None:
    answer = patch(api, alfa, webhook={"url": url, "secret": SECRET})
    assert (answer.status, answer.code) == (422, "webhook_url")
    assert service.get_reseller(alfa.tenant).webhook is None


def test_a_short_secret_is_refused(api: Api, alfa: Person) -> None:
    wanted = {"url": "https://example.com/", "secret": "short"}
    assert patch(api, alfa, webhook=wanted).status == 400


@pytest.mark.parametrize(
    "mail",
    ["", "a", "a@b", "a@b.", "@b.it", "a b@c.it", "a@b.it\r\nBcc: x@y.it", "a@b.it,c@d.it",
     "A <a@b.it>", "a@@b.it", "a\x00@b.it", "à@b.it", '"a"@b.it', "a(b@c.it", "a@b..it",
     "a..b@c.it", "a@-b.it", "a@b.it ", "=?utf-8?q?=0d=0aBcc:_x?=@b.it", "x" * 250 + "@b.it"],
)  # fmt: skip
def test_addresses_that_no_mail_can_go_to(api: Api, alfa: Person, mail: str) -> None:
    assert patch(api, alfa, mail=mail).status in (400, 422)


@pytest.mark.parametrize("mail", ["a@b.it", "nome.cognome+x@sub.dominio-1.example", "o'h@b.co"])
def test_addresses_of_people_are_taken(api: Api, alfa: Person, mail: str) -> None:
    assert patch(api, alfa, mail=mail).json["mail"] == mail


def test_two_changes_at_once_do_not_lose_one(
    api: Api, alfa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = service.get_reseller(alfa.tenant)
    patch(api, alfa, name="First")
    with monkeypatch.context() as stale:
        stale.setattr(service, "get_reseller", lambda tenant: old)
        answer = patch(api, alfa, name="Second")
    assert (answer.status, answer.code) == (409, "conflict")
    assert service.get_reseller(alfa.tenant).name == "First"


def test_a_resellers_id_is_taken_once(api: Api, alfa: Person) -> None:
    with pytest.raises(Conflict) as taken:
        service.create_reseller(alfa.tenant, "Altro", "a@b.it")
    assert taken.value.code == "reseller_exists"
    for bad in ("", "A", "a_b", "_house", "a#b", "-a", "a" * 41, "a/b"):
        with pytest.raises(Rejected):
            service.create_reseller(bad, "Altro", "a@b.it")


# ------------------------------------------------------------------ customers
def customer(api: Api, person: Person, code: str, *fiscal: str, **more: Any) -> Answer:
    fields = {"id": code, "name": "Nome", "fiscal_ids": list(fiscal), **more}
    return api.call("POST", "/v1/customers", person.token, fields)


def test_a_fiscal_id_belongs_to_one_customer(api: Api, alfa: Person, beta: Person) -> None:
    vat = "IT09876543217"
    made = customer(api, alfa, "k", " it 098.765-43217 ", vat)
    assert made.json["fiscal_ids"] == [vat]
    taken = customer(api, alfa, "other", vat)
    assert (taken.status, taken.code) == (409, "fiscal_id_taken")
    assert taken.json["error"]["details"] == {"fiscal_id": vat}
    assert api.call("GET", "/v1/customers/other", alfa.token).status == 404
    assert customer(api, beta, "k", vat).status == 201, "another reseller may have him too"
    again = customer(api, alfa, "k", "IT00000000000")
    assert (again.status, again.code) == (409, "customer_exists")


def test_a_fiscal_id_that_is_given_up_is_free(api: Api, alfa: Person) -> None:
    first = customer(api, alfa, "k", "IT09876543217", "RSSMRA80A01H501U")
    fields = {"name": "Nome", "fiscal_ids": ["RSSMRA80A01H501U"]}
    replaced = api.call("PUT", "/v1/customers/k", alfa.token, fields)
    assert replaced.json["fiscal_ids"] == ["RSSMRA80A01H501U"]
    assert replaced.json["created_at"] == first.json["created_at"]
    assert customer(api, alfa, "other", "IT09876543217").status == 201
    found = service.customer_of(alfa.tenant, ["IT09876543217"])
    assert found is not None
    assert found.id == "other"


@pytest.mark.parametrize("bad", ["", "1234", "IT", "IT!", "è" * 12, "X" * 31, "IT 12 #"])
def test_what_is_no_fiscal_id(api: Api, alfa: Person, bad: str) -> None:
    assert customer(api, alfa, "k", bad).code in ("fiscal_id", "invalid_request")


def test_who_is_notified_has_an_address(api: Api, alfa: Person) -> None:
    answer = customer(api, alfa, "k", "IT09876543217", notify=True)
    assert (answer.status, answer.code) == (422, "customer_mail")
    assert customer(api, alfa, "k", "IT09876543217", notify=True, mail="a@b.it").status == 201


def test_an_unknown_seller_makes_one_customer(api: Api, alfa: Person) -> None:
    fiscal = (SUPPLIER.country + SUPPLIER.vat,)
    made = {service.register_seller(alfa.tenant, name, fiscal, api.now).id for name in ("A", "B")}
    assert made == {fiscal[0].lower()}


# ------------------------------------------------------------------ keys
def test_a_key_gives_no_more_than_its_issuer_has(api: Api, alfa: Person) -> None:
    issuer = api.key(alfa.tenant, "keys:write", "flows:read")
    for scopes in (["documents:read"], ["flows:read", "settings:write"], ["no:such"]):
        answer = api.call("POST", "/v1/keys", issuer, {"name": "k", "scopes": scopes})
        assert (answer.status, answer.code) == (403, "scope_above")
    made = api.call("POST", "/v1/keys", issuer, {"name": "k", "scopes": ["flows:read"]})
    assert made.status == 201
    assert api.call("GET", "/v1/me", made.json["token"]).json["scopes"] == ["flows:read"]


def test_a_secret_is_shown_once_and_kept_as_a_hash(api: Api, alfa: Person) -> None:
    made = api.call("POST", "/v1/keys", alfa.token, {"name": "k", "scopes": ["flows:read"]}).json
    secret = made["token"].split("_")[3]
    assert len(secret) == 64, "256 bits"
    listed = api.call("GET", "/v1/keys", alfa.token)
    assert made["id"] in [one["id"] for one in listed.json["keys"]]
    assert secret not in listed.body.decode()
    assert "hash" not in listed.json["keys"][0]
    stored = dynamo.get((keys.pk(alfa.tenant), keys.sk("KEY", made["id"])))
    assert stored is not None
    assert secret not in str(stored)
    assert secret not in repr(service.list_keys(alfa.tenant))


def test_a_revoked_key_is_revoked_for_ever(api: Api, alfa: Person) -> None:
    token = api.key(alfa.tenant, *SCOPES)
    key_id = token.split("_")[2]
    api.call("DELETE", f"/v1/keys/{key_id}", token)
    for method, path in (("GET", "/v1/me"), ("DELETE", f"/v1/keys/{key_id}"), ("GET", "/v1/keys")):
        assert api.call(method, path, token).status == 401
    assert api.call("DELETE", "/v1/keys/none", alfa.token).status == 404


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_of_tokens(text: str) -> None:
    parts = model.split_token(text)
    assert parts is None or model.token(*parts) == text


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True))
def test_a_token_is_read_back(tenant: str) -> None:
    random = secrets.token_hex(38)
    assert model.split_token(model.token(tenant, random[:12], random[12:])) == (
        tenant,
        random[:12],
        random[12:],
    )
