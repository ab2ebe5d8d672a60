"""The contract with members' reserved areas: what is set, what is sent, what answers mean."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery import members
from chalicelib.payments.delivery.channels import Refused, Skipped
from chalicelib.payments.delivery.members import Notice, Profile
from infra.local.authority import Authority
from tests.payments.delivery.reserved import FIELDS, TOKEN, ReservedArea

MARIA = "RSSMRA80A41H501Y"
PDF = b"%PDF-1.7 avviso"
NOTICE = Notice(
    MARIA, "Rossi Maria", "01000000000000123", "301000000000000123", 2026, 15_007, "2026-12-31",
    "Quota 2026", f"{MARIA}_2026_01000000000000123.pdf", PDF,
)  # fmt: skip


@pytest.fixture
def area(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReservedArea]:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    with ReservedArea({MARIA}) as found:
        yield found


def profile(area: ReservedArea, **changed: Any) -> Profile:
    known: dict[str, Any] = {
        "url": f"{area.url}/avvisi/{{tax_code}}", "profession": "opi", "fields": FIELDS,
        "constants": {"ente": "Ordine di prova"}, "probe": f"{area.url}/stato",
    }  # fmt: skip
    return Profile(**known | changed)


@pytest.mark.feature("F001-073", "F001-074")
def test_the_contract(area: ReservedArea) -> None:
    said = members.publish(profile(area), TOKEN, NOTICE, "n1")
    assert said == 'HTTP 201 {"messaggio": "pubblicato"}'
    assert area.asked == [("POST", f"/avvisi/{MARIA}")]
    assert area.shown == {
        (MARIA, NOTICE.iuv): {
            "ente": "Ordine di prova",
            "iscritto": {"cf": MARIA, "nominativo": "Rossi Maria"},
            "iuv": NOTICE.iuv,
            "codiceAvviso": NOTICE.notice_number,
            "anno": 2026,
            "importo": "150.07",
            "scadenza": "2026-12-31",
            "documento": {
                "nome": NOTICE.file_name,
                "file": base64.b64encode(PDF).decode(),
                "impronta": hashlib.sha256(PDF).hexdigest(),
            },
        }
    }
    # The same again is done already.
    assert "409" in members.publish(profile(area, method="PUT"), TOKEN, NOTICE, "n1")
    assert (area.asked[-1][0], area.keys) == ("PUT", ["n1", "n1"])
    assert members.try_login(profile(area), TOKEN).startswith("HTTP 200")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, Refused, "members_login"),
        (403, Refused, "members_login"),
        (404, Skipped, "members_unknown"),
        (400, Refused, "members_refused"),
        (302, Refused, "members_refused"),
        (429, Transient, "members_unavailable"),
        (500, Transient, "members_unavailable"),
        (503, Transient, "members_unavailable"),
    ],
)
def test_what_answers_mean(
    area: ReservedArea, status: int, kind: type[Exception], code: str
) -> None:
    area.answers = [status]
    with pytest.raises(kind) as failed:
        members.publish(profile(area), TOKEN, NOTICE, "n1")
    assert vars(failed.value)["code"] == code
    words = getattr(failed.value, "words", "") or vars(failed.value)["details"].get("words", "")
    assert kind is Skipped or f"HTTP {status}" in words
    assert area.shown == {}


def test_somebody_who_is_no_member_and_a_wrong_login(area: ReservedArea) -> None:
    with pytest.raises(Skipped):
        members.publish(profile(area), TOKEN, replace(NOTICE, tax_code="altro"), "n2")
    with pytest.raises(Refused) as refused:
        members.try_login(profile(area), "un altro gettone")
    assert "gettone non valido" in refused.value.words


def test_only_the_areas_own_authority_is_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    ca = Authority.load_or_create(tmp_path, datetime.now(UTC))
    with ReservedArea({MARIA}, ca.server_path) as area:
        with pytest.raises(Transient) as failed:
            members.publish(profile(area), TOKEN, NOTICE, "n1")
        assert failed.value.code == "net_unreachable"
        assert area.shown == {}
        members.publish(profile(area, authority=ca.ca_pem.decode()), TOKEN, NOTICE, "n1")
        assert area.shown
    monkeypatch.delenv("NET_PRIVATE")
    for url in ("http://albo.example/x", "https://127.0.0.1/x"):
        with pytest.raises(Rejected) as refused:
            members.publish(profile(area, url=url), TOKEN, NOTICE, "n1")
        assert refused.value.code == "net_address"


@pytest.mark.parametrize(
    ("login", "header", "secret", "wanted"),
    [
        ("bearer", "", "t", {"Authorization": "Bearer t"}),
        ("basic", "", "u:p", {"Authorization": "Basic dTpw"}),
        ("header", "X-Api-Key", "t", {"X-Api-Key": "t"}),
    ],
)
def test_ways_of_showing_who_we_are(
    area: ReservedArea, login: Any, header: str, secret: str, wanted: dict[str, str]
) -> None:
    found = profile(area, login=login, header=header)
    members.check_secret(found, secret)
    assert members._login(found, secret) == wanted


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "ftp://albo.example/"}, "members_address"),
        ({"url": "https://{tax_code}.example/"}, "members_address"),
        ({"url": "https://albo.example/{name}"}, "members_address"),
        ({"url": "https://albo.example/{tax_code.__class__}"}, "members_address"),
        ({"url": "https://albo.example/{"}, "members_address"),
        ({"fields": {"content": "f"}, "url": "https://albo.example/"}, "members_fields"),
        ({"fields": {"tax_code": "cf"}}, "members_fields"),
        ({"fields": {"content": "f", "tax_code": "f"}}, "members_fields"),
        ({"fields": {"content": "f", "password": "p"}}, "members_fields"),
        ({"constants": {"a b": "c"}}, "members_fields"),
        ({"login": "header"}, "members_header"),
        ({"login": "header", "header": "Host"}, "members_header"),
        ({"header": "X-Api-Key"}, "members_header"),
        ({"profession": "OPI!"}, "members_profession"),
        ({"authority": "x"}, "net_authority"),
    ],
)
def test_a_profile_checks_itself(area: ReservedArea, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        profile(area, **changed)
    assert refused.value.code == code
    for secret in ("", "a\r\nHost: b", "x" * 5_000):
        with pytest.raises(Rejected):
            members.check_secret(profile(area), secret)
