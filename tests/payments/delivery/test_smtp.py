"""The wire: real SMTP servers on loopback, and what each of their answers comes to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery.channels import Refused, Uncertain
from chalicelib.payments.delivery.mail import message, smtp
from chalicelib.payments.delivery.mail.accounts import Account
from infra.local.authority import Authority
from infra.local.smtp import DROP, PASSWORD, TAKE_AND_DROP, USER, MailServer

TO = "maria.rossi@example.org"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch, signing_authority: Authority) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("SSL_CERT_FILE", str(signing_authority.ca_path))


@pytest.fixture(params=["tls", "starttls"])
def server(request: pytest.FixtureRequest, signing_authority: Authority) -> Iterator[MailServer]:
    with MailServer(signing_authority, request.param) as found:
        yield found


@pytest.fixture
def plain(signing_authority: Authority) -> Iterator[MailServer]:
    with MailServer(signing_authority, "none") as found:
        yield found


def account(server: MailServer, **changed: Any) -> Account:
    values: dict[str, Any] = {
        "code": "quote", "kind": "mail", "address": USER, "host": server.host,
        "port": server.port, "security": server.security, "user": USER,
        "from_name": "Ordine di prova, Segreteria",
    }  # fmt: skip
    return Account(**values | changed)


def mail(server: MailServer, text: str = "Perché €?\n.\n..fine\n") -> bytes:
    return message.made(
        account(server), TO, "name1", NOW, "Avviso: perché", text, ("avviso.pdf", b"%PDF-\r\n\x00")
    )


def send(server: MailServer, **changed: Any) -> str:
    with smtp.connected(account(server, **changed), PASSWORD) as session:
        return session.send(TO, mail(server))


@pytest.mark.feature("F001-058", "F001-064", "F001-065", "F001-067")
def test_a_message_arrives_whole_over_both_kinds_of_tls(server: MailServer) -> None:
    assert send(server) == "250 2.0.0 Ok: queued as 00000001"
    (found,) = server.mails
    assert (found.sender, found.to) == (USER, TO)
    assert found.text == "Perché €?\n.\n..fine\n"
    assert found.files == {"avviso.pdf": b"%PDF-\r\n\x00"}
    headers = found.message
    assert headers["Message-ID"] == "<name1@ordine.example>"
    assert headers["Subject"] == "Avviso: perché"
    assert headers["From"].addresses[0].display_name == "Ordine di prova, Segreteria"
    assert all(byte < 128 for byte in found.raw)
    assert max(map(len, found.raw.splitlines())) <= 998


def test_many_go_over_one_connection(server: MailServer) -> None:
    with smtp.connected(account(server), PASSWORD) as session:
        for _ in range(3):
            session.send(TO, mail(server))
    assert (len(server.mails), server.connections) == (3, 1)


@pytest.mark.feature("F001-068")
def test_a_wrong_password_is_told_in_the_servers_words(server: MailServer) -> None:
    with pytest.raises(Refused) as failed, smtp.connected(account(server), "wrong"):
        pass
    assert failed.value.code == "smtp_login"
    assert failed.value.words == "535 5.7.8 Username and Password not accepted"


CERTIFICATES = {"tls": "net_unreachable", "starttls": "smtp_broken"}


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Transient) as failed, smtp.connected(account(server), PASSWORD):
        pass
    assert failed.value.code == CERTIFICATES[server.security]
    assert "certificate" in failed.value.details["words"]
    assert server.logins == []


def test_a_certificate_of_another_host_is_refused(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *more, **named: real("127.0.0.1", *more, **named)
    )
    wrong = account(server)
    object.__setattr__(wrong, "host", "mail.another.example")
    with pytest.raises(Transient) as failed, smtp.connected(wrong, PASSWORD):
        pass
    assert "mismatch" in failed.value.details["words"]
    assert server.logins == []


def test_a_server_without_starttls_gets_no_password(plain: MailServer) -> None:
    with pytest.raises(Refused) as failed:
        send(plain, security="starttls")
    assert failed.value.code == "smtp_tls"
    assert plain.logins == []


def test_nothing_private_is_reached_outside_one_machine(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NET_PRIVATE")
    with pytest.raises(Rejected) as failed:
        send(server)
    assert failed.value.code == "net_address"
    assert server.connections == 0


REFUSALS: list[tuple[Any, str, type[Exception], str]] = [
    ("mail", "553 5.7.1 not your address", Refused, "smtp_sender"),
    ("rcpt", "550 5.1.1 no such user", Refused, "smtp_recipient"),
    ("rcpt", "450 4.2.1 greylisted", Transient, "smtp_later"),
    ("mail", "421 4.7.0 too many connections", Transient, "smtp_later"),
    ("data", "554 5.6.0 no PDF here", Refused, "smtp_message"),
    ("data", "451 4.3.0 disk full", Transient, "smtp_later"),
    ("mail", DROP, Transient, "smtp_broken"),
    ("rcpt", DROP, Transient, "smtp_broken"),
    ("data", DROP, Uncertain, "smtp_unanswered"),
    ("data", TAKE_AND_DROP, Uncertain, "smtp_unanswered"),
]


@pytest.mark.feature("F001-068")
@pytest.mark.parametrize(
    ("step", "answer", "kind", "code"), REFUSALS, ids=[f"{one[0]}-{one[1]}" for one in REFUSALS]
)
def test_each_answer_means_one_thing(
    plain: MailServer, step: Any, answer: str, kind: type[Exception], code: str
) -> None:
    plain.plan(step, answer)
    with pytest.raises(kind) as failed:
        send(plain)
    assert getattr(failed.value, "code") == code  # noqa: B009
    words = getattr(failed.value, "words", "") or getattr(failed.value, "details", {}).get("words")
    if answer not in (DROP, TAKE_AND_DROP):
        assert words == answer
        assert plain.mails == []
    assert len(plain.mails) == (answer == TAKE_AND_DROP)


def test_after_a_refusal_the_same_connection_goes_on(plain: MailServer) -> None:
    plain.plan("rcpt", "550 5.1.1 no such user", times=1)
    with smtp.connected(account(plain), PASSWORD) as session:
        with pytest.raises(Refused):
            session.send("nobody@example.org", mail(plain))
        assert session.send(TO, mail(plain)).startswith("250 ")
    assert ([one.to for one in plain.mails], plain.connections) == ([TO], 1)


def test_a_server_that_greets_with_a_refusal_is_told_apart(plain: MailServer) -> None:
    plain.plan("connect", "554 5.7.1 you are on a list", times=1)
    with pytest.raises(Refused) as failed:
        send(plain)
    assert (failed.value.code, failed.value.words) == (
        "smtp_refused", "554 5.7.1 you are on a list",
    )  # fmt: skip
    plain.plan("connect", "421 4.3.2 come back later", times=1)
    with pytest.raises(Transient) as later:
        send(plain)
    assert later.value.details["words"] == "421 4.3.2 come back later"
    plain.plan("connect", DROP, times=1)
    with pytest.raises(Transient) as broken:
        send(plain)
    assert broken.value.code == "smtp_broken"


def test_nobody_listens(plain: MailServer) -> None:
    nobody = account(plain)
    plain.__exit__()
    with pytest.raises(Transient) as failed, smtp.connected(nobody, PASSWORD):
        pass
    assert failed.value.code == "net_unreachable"
    assert "does not answer" in failed.value.details["words"]
    plain.__enter__()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"host": "bad host"}, "account_host_malformed"),
        ({"host": "-x.example"}, "account_host_malformed"),
        ({"host": "smtp.example.org", "port": 2525}, "account_port"),
        ({"host": "smtp.example.org", "port": 25, "security": "none"}, "account_security"),
        ({"address": "Ordine <a@b.it>"}, "account_address_malformed"),
        ({"address": "a@b.it\r\nBcc: c@d.it"}, "account_address_malformed"),
        ({"from_name": "a\r\nBcc: c@d.it"}, "account_characters"),
        ({"code": "Quote"}, "account_code_malformed"),
    ],
)
def test_an_account_checks_itself(plain: MailServer, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        account(plain, **changed)
    assert refused.value.code == code


@pytest.mark.feature("F001-066", "F001-071")
def test_ports_and_what_whoever_sends_many_is_told(plain: MailServer) -> None:
    for port in (25, 465, 587):
        account(plain, host="smtp.example.org", port=port, security="starttls")
    limited = account(plain, host="smtp.gmail.com", port=587, security="starttls")
    assert limited.warnings == ("bulk_limits", "provider_limits")
    paced = account(plain, host="smtp.example.org", port=465, security="tls", per_hour=500)
    assert paced.warnings == ()
    old = account(plain, host="x.it", port=25, security="tls", per_minute=1)
    assert old.warnings == ("port_25",)


def test_what_others_wrote_makes_no_header(plain: MailServer) -> None:
    asked = message.Asked(
        "Rossi\r\nBcc: x@y.it", "Ordine", "80012000826", "Quota\nBcc: x@y.it", 15_000, None,
        "3" + "0" * 17, 0, "",
    )  # fmt: skip
    title, text = message.notice(asked, "it")
    data = message.made(account(plain), TO, "n", NOW, title, text)
    assert b"\nBcc" not in data
    assert "\nBcc" not in text
