"""What is left of a plan is printed and sent: at the office, on the portal, by mail."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdf
import pytest
import requests

from chalicelib.base import clock
from chalicelib.payments import iuv
from chalicelib.payments.positions.model import Position
from infra.local.authority import Authority
from infra.local.smtp import MailServer
from tests.entry import node_world, portal_world
from tests.entry.api_world import Api
from tests.entry.node_world import MARIA, Station
from tests.entry.test_delivery import account, attempts, counts, delivered

POSITIONS = "/v1/body/positions"


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, signing_authority: Authority) -> Iterator[MailServer]:
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("SSL_CERT_FILE", str(signing_authority.ca_path))
    with MailServer(signing_authority, "tls") as found:
        yield found


def pay(at: Station, position: Position, *numbers: int) -> Position:
    for number in numbers:
        notice = position.payments[number].notice
        assert at.node.pay(notice, at.creditor).answer == "OK"
    return at.now(position)


def text_of(data: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def printed(position: Position, data: bytes) -> list[int]:
    """The numbers of the payments whose notices stand on a paper."""
    text = text_of(data)
    return [one.number for one in position.payments if iuv.grouped(one.notice) in text]


@pytest.mark.feature("F001-155", "F001-167")
def test_the_office_prints_what_is_left_of_a_plan(
    api: Api, at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://sportello.example")
    position = at.place(30_000, instalments=3)
    path = f"{POSITIONS}/{position.id}/notice"

    def paper() -> bytes:
        answer = at.house.operator.call(api, "GET", path)
        assert answer.status == 200, answer.body
        return requests.get(answer.json["url"], timeout=10).content

    before = paper()
    assert printed(position, before) == [0, 1, 2, 3]
    assert "Rata unica entro il 31/12/2026" in text_of(before)
    # Whichever is paid first, the others keep their own names.
    assert pay(at, position, 2).state == "partially_paid"
    two = paper()
    assert printed(position, two) == [1, 3]
    assert "Puoi pagare in 2 rate" in text_of(two)
    assert "200,00 Euro" in text_of(two)
    assert "Rata 3" in text_of(two)
    assert "Rata 2" not in text_of(two)
    pay(at, position, 1)
    last = paper()
    assert printed(position, last) == [3]
    assert "Rata 3 entro il" in text_of(last)
    assert "100,00 Euro" in text_of(last)
    assert "Puoi pagare" not in text_of(last)
    assert "Rata unica" not in text_of(last)
    # The page that it names is that of what can be paid.
    assert f"?n={position.payments[3].notice}-{at.creditor}" in text_of(last).replace("\n", "")
    pay(at, position, 3)
    refused = at.house.operator.call(api, "GET", path)
    assert (refused.status, refused.code) == (409, "position_state")


@pytest.mark.feature("F001-155", "F001-167")
def test_a_citizen_prints_the_instalments_that_are_left(api: Api, at: Station) -> None:
    portal = portal_world.portal(api, at)
    position = at.place(20_000, instalments=2)
    pay(at, position, 1)
    key = portal.key(position, 2)
    paper = portal.call("POST", "/v1/portal/notice", {"key": key})
    assert paper.status == 200, paper.body
    assert printed(position, paper.body) == [2]
    pay(at, position, 2)
    refused = portal.call("POST", "/v1/portal/notice", {"key": key})
    assert (refused.status, refused.code) == (409, "position_state")


@pytest.mark.feature("F001-155")
def test_a_plan_that_was_called_off_asks_for_nothing_though_a_rate_came(
    api: Api, at: Station
) -> None:
    position = at.place(20_000, instalments=2)
    begun = at.node.activate(position.payments[1].notice, at.creditor)
    cancelled = at.house.call(api, "POST", f"{POSITIONS}/{position.id}/cancel")
    assert cancelled.status == 200, cancelled.body
    assert at.node.tell(at.node.receipt(begun)) == "OK"
    assert at.now(position).state == "partially_paid"
    refused = at.house.operator.call(api, "GET", f"{POSITIONS}/{position.id}/notice")
    assert (refused.status, refused.code) == (409, "position_state")


@pytest.mark.feature("F001-060", "F001-155")
def test_what_is_left_goes_out_by_mail_and_what_is_paid_does_not(
    api: Api, at: Station, server: MailServer
) -> None:
    account(api, at.house, server)
    half, done = at.place(30_000, instalments=3), at.place(20_000, instalments=2)
    pay(at, half, 1)
    pay(at, done, 1, 2)
    server.mails.clear()  # receipts of what was paid, if anybody has sent them
    run = delivered(api, at.house, "part-paid", positions=[half.id, done.id])
    assert (run["state"], counts(run)) == ("done", (0, 1, 0, 0, 1))
    (skipped,) = attempts(api, at.house, run["id"], state="skipped")
    assert (skipped["position"], skipped["code"]) == (done.id, "not_payable")
    notices = [one for one in server.mails if one.files]
    mail = next(one for one in notices if printed(half, *one.files.values()) == [2, 3])
    ((name, data),) = mail.files.items()
    # The same file as before: where it is put beside the old one it takes its place.
    assert name == f"{MARIA.tax_code}_2026_{half.payments[0].iuv}.pdf"
    body = mail.message.get_body(("plain",))
    assert body is not None
    said = body.get_content()
    assert "200,00" in said
    assert iuv.grouped(half.payments[2].notice) in said
    assert "anche in 2 rate" in said
    due = half.payments[2].due
    assert due is not None
    assert due > clock.rome_day(api.now)
    assert f"{due:%d/%m/%Y}" in said
    assert f"{due:%d/%m/%Y}" in text_of(data)
