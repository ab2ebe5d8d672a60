"""Notices on their way by mail and PEC, through the doors and over real SMTP."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from chalicelib.base import clock, dynamo, limits
from chalicelib.entry import on_deliver
from chalicelib.payments.delivery import printing, settings
from chalicelib.payments.delivery.mail import accounts, smtp
from infra.local.authority import Authority
from infra.local.smtp import DROP, PASSWORD, TAKE_AND_DROP, USER, MailServer
from tests.entry import bodies
from tests.entry.api_world import Api, Context
from tests.entry.bodies import House
from tests.entry.test_positions import bring, generate, listing, positions
from tests.payments.dues import files
from tests.payments.dues.files import COMPANY, MARIA, row
from tests.tables import due_rows

ACCOUNTS, RUNS = "/v1/body/mail-accounts", "/v1/body/deliveries"
LUCA = "VRDLCU85B02F205S"


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch, signing_authority: Authority, api: Api) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("SSL_CERT_FILE", str(signing_authority.ca_path))


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def server(signing_authority: Authority) -> Iterator[MailServer]:
    with MailServer(signing_authority, "tls") as found:
        yield found


def people() -> list[dict[str, Any]]:
    """One with mail and PEC, one with mail only, a company with neither."""
    return [
        row(source="a", mail="maria@example.org", pec="maria@pec.example.org"),
        row(source="b", tax_code=LUCA, name="Verdi Luca", mail="luca@example.org", pec="",
            language="inglese"),
        row(source="c", tax_code=COMPANY, name="Studio", category="società", mail="", pec=""),
    ]  # fmt: skip


def flow(api: Api, house: House, rows: Any = None, **given: Any) -> str:
    bring(api, house, people() if rows is None else rows)
    name = str(listing(api, house)["id"])
    assert generate(api, house, name, **given)["state"] == "generated"
    return name


def account(api: Api, house: House, server: MailServer, code: str = "quote", **more: Any) -> None:
    values = {
        "address": USER, "host": server.host, "port": server.port, "security": server.security,
        "user": USER, "password": PASSWORD, "from_name": "Ordine di prova",
    }  # fmt: skip
    answer = house.call(api, "PUT", f"{ACCOUNTS}/{code}", values | more)
    assert answer.status == 200, answer.body


def begin(api: Api, house: House, key: str = "d1", **wanted: Any) -> dict[str, Any]:
    said = {"channel": "mail", "profile": "quote"} | wanted
    answer = house.call(api, "POST", RUNS, said, headers={"Idempotency-Key": key})
    assert answer.status == 202, answer.body
    return dict(answer.json)


def work_rows(api: Api) -> int:
    """Each row that may be done by now, once; gives how many there were."""
    rows = [
        one
        for one in due_rows("deliver")
        if (not one["waits"] or one["due"] <= clock.stamp(api.now))
    ]
    for one in rows:
        body = json.dumps({"pk": one["pk"], "sk": one["sk"]})
        event = {"Records": [{"messageId": "m", "body": body}]}
        assert on_deliver.handle(event, Context()) == {"batchItemFailures": []}
    return len(rows)


def work(api: Api) -> None:
    """Until nothing may be done by now; what waits for its time goes on waiting."""
    while work_rows(api):
        pass


def run(api: Api, house: House, name: str) -> dict[str, Any]:
    return dict(house.call(api, "GET", f"{RUNS}/{name}").json)


def counts(found: dict[str, Any]) -> tuple[int, ...]:
    names = ("queued", "sent", "failed", "uncertain", "skipped")
    return tuple(found[name] for name in names)


def attempts(api: Api, house: House, name: str, **query: Any) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", f"{RUNS}/{name}/attempts", query=query)
    assert answer.status == 200, answer.body
    return list(answer.json["attempts"])


def delivered(api: Api, house: House, key: str = "d1", **wanted: Any) -> dict[str, Any]:
    name = begin(api, house, key, **wanted)["id"]
    work(api)
    return run(api, house, name)


# ------------------------------------------------------------------ what goes out
@pytest.mark.feature("F001-058", "F001-059", "F001-060", "F001-070", "F001-077")
def test_a_flow_goes_out_and_each_notice_has_a_row(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server)
    name = flow(api, house)
    done = delivered(api, house, flow=name)
    assert (done["state"], counts(done)) == ("done", (0, 2, 0, 0, 1))
    assert (done["flow"], done["channel"], done["by"]) == (
        name, "mail", f"user:{house.administrator.user}",
    )  # fmt: skip
    by_address = {one.to: one for one in server.mails}
    assert set(by_address) == {"maria@example.org", "luca@example.org"}
    found = {one["name"]: one for one in attempts(api, house, done["id"])}
    maria, company = found["Rossi Maria"], found["Studio"]
    assert (maria["state"], maria["to"], maria["leg"]) == ("sent", "maria@example.org", "mail")
    assert maria["words"].startswith("250 2.0.0 Ok")
    assert (company["state"], company["code"]) == ("skipped", "no_mail")
    mail = by_address["maria@example.org"]
    assert mail.message["Message-ID"] == f"<{maria['message']}@ordine.example>"
    ((file_name, data),) = mail.files.items()
    (position,) = [one for one in positions(api, house) if one["tax_code"] == MARIA]
    assert file_name == f"{MARIA}_2026_{position['payments'][0]['iuv']}.pdf"
    assert "Rossi Maria" in pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    for word in ("Gentile Rossi Maria", "150,00", "31/12/2026", "Quota annuale 2026"):
        assert word in mail.text
    assert "Dear Verdi Luca" in by_address["luca@example.org"].text
    # By position too, and in the audit trail that somebody looked.
    path = f"/v1/body/positions/{position['id']}/deliveries"
    (own,) = house.operator.call(api, "GET", path).json["attempts"]
    assert (own["delivery"], own["state"]) == (done["id"], "sent")


@pytest.mark.feature("F001-059")
def test_one_position_goes_out_alone(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    flow(api, house)
    (found,) = [one for one in positions(api, house) if one["tax_code"] == LUCA]
    done = delivered(api, house, positions=[found["id"]])
    assert counts(done) == (0, 1, 0, 0, 0)
    assert [one.to for one in server.mails] == ["luca@example.org"]
    # The same request is the same delivery; another one is another.
    again = begin(api, house, positions=[found["id"]])
    assert again["id"] == done["id"]
    work(api)
    assert len(server.mails) == 1


@pytest.mark.feature("F001-069", "F001-070")
def test_mail_pec_or_both(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    account(api, house, server, "pec", kind="pec", address="ordine@pec.example")
    name = flow(api, house)
    for key, options, wanted in (
        ("d1", {"to": "mail"}, ["luca@example.org", "maria@example.org"]),
        ("d2", {"to": "pec"}, ["maria@pec.example.org"]),
        ("d3", {"to": "both", "pec_profile": "pec"},
         ["luca@example.org", "maria@example.org", "maria@pec.example.org"]),
    ):  # fmt: skip
        server.mails.clear()
        profile = "pec" if key == "d2" else "quote"
        delivered(api, house, key, flow=name, options=options, profile=profile)
        assert sorted(one.to for one in server.mails) == wanted
        senders = {one.to: one.sender for one in server.mails}
        assert senders.get("maria@pec.example.org", "ordine@pec.example") == "ordine@pec.example"
        assert senders.get("maria@example.org", USER) == USER
    refused = house.call(
        api, "POST", RUNS,
        {"channel": "mail", "profile": "quote", "flow": name, "options": {"to": "pec"}},
        headers={"Idempotency-Key": "d4"},
    )  # fmt: skip
    assert (refused.status, refused.code) == (422, "account_kind")


@pytest.mark.feature("F001-060")
def test_failures_alone_are_sent_again(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    name = flow(api, house)
    words = "550 5.1.1 <luca@example.org>: no such user"
    server.plan("rcpt", words, when=lambda to: to.startswith("luca"), times=1)
    done = delivered(api, house, flow=name)
    assert counts(done) == (0, 1, 1, 0, 1)
    (failed,) = attempts(api, house, done["id"], state="failed")
    assert (failed["name"], failed["code"], failed["words"]) == (
        "Verdi Luca", "smtp_recipient", words,
    )  # fmt: skip
    path = f"{RUNS}/{done['id']}/resend"
    for states, code in ((["sent"], "resend_states"), (["uncertain"], "resend_nothing")):
        assert house.call(api, "POST", path, {"states": states}).code == code
    assert house.call(api, "POST", path, {"states": ["failed"]}).status == 202
    work(api)
    again = run(api, house, done["id"])
    assert (again["state"], counts(again)) == ("done", (0, 2, 0, 0, 1))
    assert [one.to for one in server.mails].count("maria@example.org") == 1
    rows = [one for one in attempts(api, house, done["id"]) if one["name"] == "Verdi Luca"]
    assert [(one["number"], one["state"]) for one in rows] == [(1, "failed"), (2, "sent")]
    assert rows[0]["message"] != rows[1]["message"]


def test_what_was_put_off_is_tried_again_later(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    name = flow(api, house)
    server.plan("rcpt", "450 4.2.0 greylisted", when=lambda to: to.startswith("luca"), times=2)
    found = delivered(api, house, flow=name)
    assert (found["state"], counts(found)) == ("running", (1, 1, 0, 0, 1))
    (waits,) = attempts(api, house, found["id"], state="queued")
    assert (waits["words"], waits["tries"]) == ("450 4.2.0 greylisted", 1)
    work(api)
    assert len(server.mails) == 1, "not before its time"
    for seconds in (limits.DELIVERY_RETRY_S, 4 * limits.DELIVERY_RETRY_S):
        api.tick(seconds)
        work(api)
    found = run(api, house, found["id"])
    assert (found["state"], counts(found)) == ("done", (0, 2, 0, 0, 1))
    (late,) = [one for one in attempts(api, house, found["id"]) if one["name"] == "Verdi Luca"]
    assert (late["state"], late["tries"], late["number"]) == ("sent", 2, 1)


def test_what_is_put_off_too_often_has_failed(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(api, house, server)
    name = flow(api, house)
    monkeypatch.setattr(limits, "DELIVERY_TRIES", 2)
    server.plan("rcpt", "450 4.2.0 full", when=lambda to: to.startswith("luca"))
    found = delivered(api, house, flow=name)
    api.tick(limits.DELIVERY_RETRY_S)
    work(api)
    found = run(api, house, found["id"])
    assert (found["state"], counts(found)) == ("done", (0, 1, 1, 0, 1))


@pytest.mark.parametrize("answer", [DROP, TAKE_AND_DROP])
def test_where_nobody_knows_the_row_says_so_and_nothing_goes_twice(
    api: Api, house: House, server: MailServer, answer: str
) -> None:
    account(api, house, server)
    name = flow(api, house)
    server.plan("data", answer, when=lambda to: to.startswith("luca"), times=1)
    done = delivered(api, house, flow=name)
    assert (done["state"], counts(done)) == ("done", (0, 1, 0, 1, 1))
    (unknown,) = attempts(api, house, done["id"], state="uncertain")
    assert (unknown["name"], unknown["code"]) == ("Verdi Luca", "smtp_unanswered")
    taken = len(server.mails)
    assert house.call(api, "POST", f"{RUNS}/{done['id']}/resend", {}).code == "resend_nothing"
    work(api)
    assert len(server.mails) == taken
    # Only a person who knows what that means sends it again.
    again = {"states": ["uncertain"]}
    assert house.call(api, "POST", f"{RUNS}/{done['id']}/resend", again).status == 202
    work(api)
    assert counts(run(api, house, done["id"])) == (0, 2, 0, 0, 1)


# ------------------------------------------------------------------ when it goes
@pytest.mark.feature("F001-059", "F001-071")
def test_no_minute_sees_more_than_the_account_allows(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server, per_minute=10)
    rows = [row(source=str(number), mail=f"m{number}@example.org") for number in range(35)]
    found = delivered(api, house, flow=flow(api, house, rows))
    assert (found["state"], found["queued"], len(server.mails)) == ("running", 25, 10)
    sent = []
    for _ in range(25):
        api.tick(10)
        work(api)
        sent.append(len(server.mails))
        if sent[-1] == 35:
            break
    assert sent[-1] == 35
    assert all(later - before <= 10 for before, later in zip(sent, sent[6:], strict=False))
    assert run(api, house, found["id"])["state"] == "done"
    assert server.connections < 15, "many go over one connection"


def test_two_workers_that_meet_send_each_notice_once(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes while the first waits for the server's word on its first mail."""
    account(api, house, server)
    rows = [row(source=str(number), mail=f"m{number}@example.org") for number in range(4)]
    name = begin(api, house, flow=flow(api, house, rows))["id"]
    real, met = smtp.Session.send, list[int]()

    def send(session: smtp.Session, to: str, message: bytes) -> str:
        if not met:
            met.append(1)
            work_rows(api)
        return real(session, to, message)

    monkeypatch.setattr(smtp.Session, "send", send)
    work(api)
    # One of them met a claim that was not its own, and let the row come again later.
    api.tick(limits.DELIVERY_LEASE_S)
    work(api)
    assert met
    names = [one.message["Message-ID"] for one in server.mails]
    assert len(names) == len(set(names)) == 4
    done = run(api, house, name)
    assert (done["state"], counts(done)) == ("done", (0, 4, 0, 0, 0))


def test_a_call_off_in_the_middle_stops_at_the_next_notice(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(api, house, server)
    rows = [row(source=str(number), mail=f"m{number}@example.org") for number in range(4)]
    name = begin(api, house, flow=flow(api, house, rows))["id"]
    real = smtp.Session.send

    def send(session: smtp.Session, to: str, message: bytes) -> str:
        if len(server.mails) == 1:
            assert house.call(api, "POST", f"{RUNS}/{name}/call-off").status == 200
        return real(session, to, message)

    monkeypatch.setattr(smtp.Session, "send", send)
    work(api)
    gone = run(api, house, name)
    assert (gone["state"], gone["sent"], gone["called_off"], gone["queued"]) == (
        "called_off", 2, 2, 0,
    )  # fmt: skip
    assert len(server.mails) == 2


def test_nothing_goes_before_the_undo_window_is_over(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server)
    name = flow(api, house)
    waiting = delivered(api, house, flow=name, undo_s=600)
    assert (waiting["state"], counts(waiting)) == ("waiting", (2, 0, 0, 0, 1))
    assert server.connections == 0
    off = house.call(api, "POST", f"{RUNS}/{waiting['id']}/call-off").json
    assert off["state"] == "called_off"
    api.tick(601)
    work(api)
    gone = run(api, house, waiting["id"])
    assert (gone["state"], gone["called_off"], counts(gone)) == (
        "called_off", 2, (0, 0, 0, 0, 1),
    )  # fmt: skip
    assert {one["state"] for one in attempts(api, house, gone["id"])} == {"called_off", "skipped"}
    assert server.connections == 0
    # Another one, left alone, goes when its time has come.
    kept = delivered(api, house, "d2", flow=name, undo_s=60)
    assert kept["state"] == "waiting"
    api.tick(61)
    work(api)
    assert run(api, house, kept["id"])["sent"] == len(server.mails) == 2
    late = house.call(api, "POST", f"{RUNS}/{kept['id']}/call-off")
    assert (late.status, late.code) == (409, "run_state")


def test_what_was_paid_meanwhile_is_not_asked_for(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server)
    name = flow(api, house)
    waiting = delivered(api, house, flow=name, undo_s=60)
    (found,) = [one for one in positions(api, house) if one["tax_code"] == MARIA]
    assert house.call(api, "POST", f"/v1/body/positions/{found['id']}/cancel").status == 200
    api.tick(61)
    work(api)
    assert [one.to for one in server.mails] == ["luca@example.org"]
    rows = attempts(api, house, waiting["id"], state="skipped")
    assert sorted(one["code"] for one in rows) == ["no_mail", "not_payable"]


@pytest.mark.feature("F001-068")
def test_a_wrong_password_halts_the_whole_delivery_until_it_is_put_right(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server, password="not the one")
    name = flow(api, house)
    halted = delivered(api, house, flow=name)
    assert (halted["state"], halted["code"], counts(halted)) == (
        "halted", "smtp_login", (2, 0, 0, 0, 1),
    )  # fmt: skip
    assert halted["words"] == "535 5.7.8 Username and Password not accepted"
    account(api, house, server, version=1)
    assert house.call(api, "POST", f"{RUNS}/{halted['id']}/resume").json["state"] == "running"
    work(api)
    done = run(api, house, halted["id"])
    assert (done["state"], done["code"], done["sent"]) == ("done", "", 2)


def test_a_server_that_is_away_is_waited_for_and_then_a_person_looks(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(api, house, server)
    name = flow(api, house)
    monkeypatch.setattr(limits, "DELIVERY_OPEN_TRIES", 3)
    server.plan("connect", "421 4.3.2 maintenance")
    found = delivered(api, house, flow=name)
    assert (found["state"], found["code"]) == ("running", "smtp_later")
    for _ in range(2):
        api.tick(250)
        work(api)
    found = run(api, house, found["id"])
    assert (found["state"], found["code"]) == ("halted", "smtp_later")
    assert found["words"] == "421 4.3.2 maintenance"
    assert server.connections == 3
    server.forgive()
    house.call(api, "POST", f"{RUNS}/{found['id']}/resume")
    work(api)
    assert run(api, house, found["id"])["sent"] == 2


# ------------------------------------------------------------------ accounts
@pytest.mark.feature("F001-061", "F001-062", "F001-063", "F001-064", "F001-065", "F001-066")
@pytest.mark.feature("F001-067")
def test_an_account_is_kept_and_its_password_never_said(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server, per_minute=30, per_hour=900)
    (found,) = house.operator.call(api, "GET", ACCOUNTS).json["accounts"]
    assert found == {
        "code": "quote", "kind": "mail", "address": USER, "from_name": "Ordine di prova",
        "host": "localhost", "port": server.port, "security": "tls", "user": USER,
        "password_set": True, "per_minute": 30, "per_hour": 900, "warnings": [], "version": 1,
    }  # fmt: skip
    kept = dynamo.get((f"T#{house.tenant}#BODY", "MAIL_ACCOUNT#quote"))
    assert kept is not None
    assert PASSWORD not in repr(kept)
    assert accounts.password_of(house.tenant, accounts.get(house.tenant, "quote")) == PASSWORD
    assert kept["sealed"] not in (b"", PASSWORD.encode())
    path = f"{ACCOUNTS}/quote"
    same = {key: found[key] for key in found if key not in ("code", "password_set", "warnings")}
    # The rest may change without it; where it would be shown may not.
    answer = house.call(api, "PUT", path, same | {"per_hour": 0})
    assert (answer.status, answer.json["password_set"]) == (200, True)
    elsewhere = same | {"version": 2, "host": "127.0.0.1"}
    refused = house.call(api, "PUT", path, elsewhere)
    assert (refused.status, refused.code) == (422, "account_password_needed")
    assert house.call(api, "PUT", path, elsewhere | {"password": "x"}).status == 200
    assert house.call(api, "PUT", path, same).status == 409
    assert house.operator.call(api, "PUT", path, same).status == 403
    assert house.call(api, "DELETE", path).status == 200
    assert house.call(api, "GET", ACCOUNTS).json["accounts"] == []


@pytest.mark.feature("F001-068")
def test_a_test_mail_says_what_the_server_says(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    path = f"{ACCOUNTS}/quote/test"
    good = house.call(api, "POST", path, {"to": "io@example.org"}).json
    assert (good["taken"], good["code"]) == (True, "")
    assert good["words"].startswith("250 2.0.0")
    (mail,) = server.mails
    assert "Ordine di prova" in mail.text
    server.plan("rcpt", "554 5.7.1 relay access denied", times=1)
    bad = house.call(api, "POST", path, {"to": "io@example.org"}).json
    assert bad == {
        "taken": False, "code": "smtp_recipient", "words": "554 5.7.1 relay access denied",
    }  # fmt: skip
    account(api, house, server, version=1, password="wrong")
    bad = house.call(api, "POST", path, {"to": "io@example.org"}).json
    assert (bad["code"], bad["words"][:3]) == ("smtp_login", "535")
    assert house.call(api, "POST", f"{ACCOUNTS}/none/test", {"to": "io@example.org"}).status == 404


# ------------------------------------------------------------------ the ways there are
@pytest.mark.feature("F001-072", "F001-075")
def test_the_ways_of_delivery_are_listed_and_some_are_on_request(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from chalicelib.payments.delivery import archive, registry

    found = house.operator.call(api, "GET", "/v1/body/delivery/channels").json["channels"]
    modes = {one["name"]: one for one in found}
    assert modes["mail"]["enabled"]
    assert modes["zip"]["enabled"]
    asked = dataclasses.replace(archive.CHANNEL, name="guarded", on_request=True)
    monkeypatch.setattr(registry, "CHANNELS", {**registry.CHANNELS, "guarded": lambda: asked})
    name = flow(api, house)
    said = {"channel": "guarded", "flow": name}
    refused = house.call(api, "POST", RUNS, said, headers={"Idempotency-Key": "g1"})
    assert (refused.status, refused.code) == (409, "channel_not_enabled")
    settings.enable(house.tenant, "guarded", True)
    accepted = house.call(api, "POST", RUNS, said, headers={"Idempotency-Key": "g1"})
    assert accepted.status == 202
    work(api)
    settings.enable(house.tenant, "guarded", False)
    refused = house.call(api, "POST", RUNS, said, headers={"Idempotency-Key": "g2"})
    assert refused.code == "channel_not_enabled"


@pytest.mark.feature("F001-060", "F001-072")
def test_a_preview_counts_what_would_go_and_names_who_lacks_what(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(api, house, server)
    name = flow(api, house)
    asked = {"channel": "mail", "profile": "quote", "flow": name}

    def preview(wanted: dict[str, Any], cursor: str = "") -> dict[str, Any]:
        answer = house.operator.call(
            api, "POST", f"{RUNS}/preview", wanted, query={"cursor": cursor}
        )
        assert answer.status == 200, answer.body
        return dict(answer.json)

    whole = preview(asked)
    assert (whole["positions"], whole["going"], whole["cursor"]) == (3, 2, None)
    assert whole["reasons"] == [{"code": "no_mail", "count": 1}]
    (lacking,) = whole["lacking"]
    assert (lacking["name"], lacking["leg"], lacking["code"]) == ("Studio", "mail", "no_mail")
    # The same by pieces, and a cursor of another flow is none of this.
    monkeypatch.setattr(limits, "DELIVERY_PREVIEWED", 2)
    first = preview(asked)
    last = preview(asked, first["cursor"])
    assert [first["positions"], last["positions"]] == [2, 1]
    assert first["going"] + last["going"] == whole["going"]
    assert last["cursor"] is None
    # What could not begin is refused here already, and nothing was begun.
    refused = house.call(api, "POST", f"{RUNS}/preview", asked | {"profile": "none"})
    assert (refused.status, refused.code) == (422, "account_unknown")
    assert preview({"channel": "zip", "positions": [lacking["position"]]})["going"] == 1
    assert house.call(api, "GET", RUNS).json["deliveries"] == []


def test_what_cannot_be_delivered_is_refused_at_the_door(
    api: Api, house: House, server: MailServer
) -> None:
    account(api, house, server)
    name = flow(api, house)
    for wanted, status, code in (
        ({}, 422, "delivery_of_nothing"),
        ({"flow": name, "positions": ["x"]}, 422, "delivery_of_nothing"),
        ({"flow": "none"}, 404, "not_found"),
        ({"positions": ["none"]}, 404, "not_found"),
        ({"flow": name, "channel": "pigeon"}, 422, "channel_unknown"),
        ({"flow": name, "profile": "none"}, 422, "account_unknown"),
        ({"flow": name, "options": {"to": "all"}}, 422, "delivery_option"),
        ({"flow": name, "options": {"speed": 1}}, 422, "delivery_option"),
    ):
        said = {"channel": "mail", "profile": "quote"} | wanted
        answer = house.call(api, "POST", RUNS, said, headers={"Idempotency-Key": "r1"})
        assert (answer.status, answer.code) == (status, code), wanted


def test_pages_of_attempts_lead_to_each_other(api: Api, house: House, server: MailServer) -> None:
    account(api, house, server)
    rows = [row(source=str(number), mail="") for number in range(5)]
    done = delivered(api, house, flow=flow(api, house, rows))
    path, seen, cursor = f"{RUNS}/{done['id']}/attempts", [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = house.call(api, "GET", path, query=query).json
        seen += [one["position"] for one in answer["attempts"]]
        cursor = answer["cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5
    assert server.connections == 0
    assert re.fullmatch(r"[a-z2-7]+", done["id"])
    assert bodies.again(api, house).tenant == house.tenant


@pytest.mark.feature("F001-059", "F001-071")
def test_five_hundred_mails_are_queued_at_once_and_go_at_the_accounts_pace(
    api: Api, house: House, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a notice looks like is proved elsewhere; here it is small, so that 500 of them are quick.
    monkeypatch.setattr(printing.Printer, "pdf", lambda *_: b"%PDF-1.7 one of many")
    account(api, house, server, per_minute=120)
    rows = list(files.many(500))
    found = delivered(api, house, flow=flow(api, house, rows))
    # All of them stand in the queue before the account's first minute is over.
    assert (found["state"], found["queued"], len(server.mails)) == ("running", 380, 120)
    sent, began = [(api.now, 120)], api.now
    while run(api, house, found["id"])["state"] != "done":
        assert api.now - began < timedelta(minutes=10)
        before = len(server.mails)
        api.tick(10)
        work(api)
        sent.append((api.now, len(server.mails) - before))
    # No minute, wherever it begins, sees more than the account allows.
    for at, _ in sent:
        assert sum(count for when, count in sent if at <= when < at + timedelta(minutes=1)) <= 120
    assert sorted(one.to for one in server.mails) == sorted(one["mail"] for one in rows)
    names = {re.search(rb"(?m)^Message-ID: (.+?)\r?$", one.raw) for one in server.mails}
    assert len({name[1] for name in names if name}) == 500
    assert server.connections <= 12, "many go over one connection"
