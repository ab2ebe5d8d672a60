"""The portal through its doors: what is found by whom, what is not told, how often one may ask."""

from __future__ import annotations

import io
import itertools
import os
from typing import Any
from unittest import mock

import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.base import aws, fields, limits, log, secrets
from chalicelib.payments import iuv, links, numbers
from chalicelib.payments.citizen import directory, handles
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.dues.model import Person
from tests.entry import bodies, node_world, portal_world, test_bodies
from tests.entry.api_world import Answer, Api
from tests.entry.node_world import MARIA, Station
from tests.entry.portal_world import Portal
from tests.entry.routes import masked
from tests.entry.test_positions import bring, generate, listing, positions
from tests.entry.work_done import WorkDone
from tests.payments.dues.files import row

OTHER = Person("VRDLGU75B02F205A", "Verdi Luigi")


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def portal(api: Api, at: Station) -> Portal:
    """Somebody who has not asked before."""
    return portal_world.portal(api, at)


@pytest.mark.feature("F001-092", "F001-093", "F001-153", "F001-165")
def test_whoever_has_number_and_tax_code_sees_what_is_asked(api: Api, portal: Portal) -> None:
    house = portal.station.house
    bring(api, house, [row(source="a")])
    generate(api, house, listing(api, house)["id"])
    number = positions(api, house)[0]["payments"][0]
    for said in (number["notice"], number["iuv"], " ".join(number["notice"])):
        answer = portal.search(said, MARIA.tax_code.lower())
        assert answer.status == 200, answer.body
    shown = answer.json
    assert (shown["full"], shown["state"], shown["cents"]) == (True, "payable", 15_000)
    assert (shown["notice"], shown["due"]) == (number["notice"], "2026-12-31")
    assert (shown["debtor_name"], shown["subject"]) == ("Rossi Maria", "Quota annuale 2026")
    assert shown["lines"] == [{"reason": "Quota annuale 2026", "cents": 15_000}]
    assert shown["creditor"] == {"code": portal.station.creditor, "name": "Ordine di prova"}


@pytest.mark.feature("F001-142")
def test_the_portal_the_office_and_the_books_show_the_same(api: Api) -> None:
    portal = portal_world.portal(api)
    house = portal.station.house
    late = row(source="b", service="mora", reason="Mora 2025", year="2025", amount=12.5)
    bring(api, house, [row(source="a"), late])
    said = {"grouped": True, "subject": "Quote e altro", "due": "2026-12-15"}
    generate(api, house, listing(api, house)["id"], **said)
    (listed,) = positions(api, house)
    notice, body = listed["payments"][0]["notice"], portal.station.creditor
    shown = portal.search(notice, MARIA.tax_code, body=body).json
    office = house.call(api, "GET", f"/v1/body/positions/{listed['id']}").json
    assert shown["cents"] == office["cents"] == 16_250
    assert (shown["subject"], shown["debtor_name"]) == (office["subject"], office["name"])
    lines = [(one["reason"], one["cents"]) for one in office["lines"]]
    assert [(one["reason"], one["cents"]) for one in shown["lines"]] == lines
    # To the books each line is an assessment, of which nothing has been collected.
    dues = house.call(api, "GET", "/v1/body/dues", query={"state": "placed"}).json["dues"]
    assert {one["position"] for one in dues} == {listed["id"]}
    path = "/v1/body/posting/assessments"
    assessed = [house.call(api, "GET", f"{path}/{one['id']}").json for one in dues]
    assert {(one["cents"], one["chapter"], one["year"], one["collected_cents"])
            for one in assessed} == {(15_000, "1.1", 2026, 0), (1_250, "1.2", 2025, 0)}  # fmt: skip
    # What the office takes back is gone from the portal.
    assert house.call(api, "POST", f"/v1/body/positions/{listed['id']}/cancel").status == 200
    again = portal.search(notice, MARIA.tax_code, body=body).json
    assert again["state"] == "not_payable"


@pytest.mark.feature("F001-096")
def test_number_and_body_show_no_person(portal: Portal, at: Station) -> None:
    notice = at.place(15_000, instalments=2).payments[0].notice
    link = links.said(notice, at.creditor)
    asked: list[dict[str, str]] = [
        {"notice": notice, "body": at.creditor},
        {"link": link},
        {"link": f"https://sportello.example/portal/?n={link}"},
        {"link": f"PAGOPA|002|{notice}|{at.creditor}|15000"},
    ]
    for said in asked:
        answer = portal.search(**said)
        assert answer.status == 200, (said, answer.body)
        shown = answer.json
        assert (shown["full"], shown["cents"], shown["notice"]) == (False, 15_000, notice)
        assert shown["subject"] is shown["debtor_name"] is shown["lines"] is None
        assert shown["instalments"] is None
        paper = portal.call("POST", "/v1/portal/notice", {"key": shown["key"]})
        assert (paper.status, paper.code) == (403, "portal_whole_key")
    alone = portal.search(notice)
    assert (alone.status, alone.code) == (422, "portal_half_key")


_SIGNS = st.characters(exclude_categories=("C", "Z"), max_codepoint=0x24F)
# Nothing that could stand in an answer by chance.
_TEXTS = st.text(_SIGNS, max_size=30).map(lambda text: f"Ž{text}Ž")


@given(name=_TEXTS, street=_TEXTS, reason=_TEXTS)
@settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_half_a_key_never_shows_what_is_personal(
    portal: Portal, at: Station, name: str, street: str, reason: str
) -> None:
    code = bodies.fiscal_code()
    person = Person(code, name, street, mail="qualcuno@example.org")
    line = node_world.line(1_000, reason=reason)
    position = at.place(lines=(line,), person=person)
    portal.source = portal_world.source()
    lines = io.StringIO()
    log.use(lines)
    try:
        half = portal.search(position.payments[0].notice, body=at.creditor)
        whole = portal.search(position.payments[0].notice, code)
    finally:
        log.use(None)
    assert (half.status, whole.status) == (200, 200)
    assert (whole.json["debtor_name"], whole.json["lines"][0]["reason"]) == (name, reason)
    for text in (half.body.decode(), lines.getvalue()):
        # Written as JSON writes it, and as it is.
        for secret in (name, street, reason, code, "qualcuno", position.person):
            assert secret not in text
            assert repr(secret.encode("unicode_escape"))[2:-1] not in text
    values = [half.json[one] for one in ("notice", "cents", "due", "state", "full", "creditor")]
    assert values == [position.payments[0].notice, 1_000, "2026-12-31", "payable", False,
                      {"code": at.creditor, "name": "Ordine di prova"}]  # fmt: skip


@pytest.mark.feature("F001-096", "F001-153")
def test_whatever_does_not_fit_is_one_answer_after_the_same_work(
    api: Api, at: Station, portal: Portal
) -> None:
    elsewhere = node_world.station(api)
    hers = at.place().payments[0].notice
    his = at.place(person=OTHER).payments[0].notice
    numbers.take(elsewhere.tenant, elsewhere.creditor, "01", 500)  # far from any of hers
    theirs = elsewhere.place().payments[0].notice
    nobodys = f"3{_unused()}"
    whole: dict[str, dict[str, str]] = {
        "no such number": {"notice": nobodys, "tax_code": MARIA.tax_code},
        "no number of ours": {"notice": "301000000000000000", "tax_code": MARIA.tax_code},
        "no number at all": {"notice": "12", "tax_code": MARIA.tax_code},
        "her number, another's code": {"notice": hers, "tax_code": OTHER.tax_code},
        "his number, her code": {"notice": his, "tax_code": MARIA.tax_code},
        "a code that nobody has": {"notice": hers, "tax_code": "BNCGNN85T10F205Q"},
        "no tax code": {"notice": hers, "tax_code": "XYZ"},
        "another body": {"notice": hers, "tax_code": MARIA.tax_code, "body": elsewhere.creditor},
        "no body": {"notice": hers, "tax_code": MARIA.tax_code, "body": "00000000000"},
        "a link to nothing": {"link": "x", "tax_code": MARIA.tax_code},
    }  # fmt: skip
    half: dict[str, dict[str, str]] = {
        "no such number": {"notice": nobodys, "body": at.creditor},
        "another body's": {"notice": theirs, "body": at.creditor},
        "no body": {"notice": hers, "body": "00000000000"},
        "no number": {"notice": "", "body": at.creditor},
        "a link to nothing": {"link": "x"},
    }
    work = WorkDone()
    # Keys that are opened once in a process are nobody's work.
    portal.search(hers, MARIA.tax_code)
    portal.search(his, OTHER.tax_code)
    for cases in (whole, half):
        answers: dict[str, Answer] = {}
        costs: dict[str, list[str]] = {}
        for what, said in cases.items():
            with work.counting() as cost:
                answers[what] = portal.search(source=portal_world.source(), **said)
            costs[what] = [one for one in cost.calls if not _of_the_key_ring(one)]
        for what, answer in answers.items():
            assert (answer.status, answer.code) == (404, "portal_not_found"), what
        assert len({str(masked(answer)) for answer in answers.values()}) == 1
        assert len({tuple(cost) for cost in costs.values()}) == 1, costs


_numbers = itertools.count(9_000_000_000_000)


def _unused() -> str:
    return iuv.make("01", next(_numbers))


def _of_the_key_ring(call: str) -> bool:
    """The house looks again once a second whether a data key is still there."""
    return call.startswith("kms.")


def test_one_number_of_two_bodies_is_told_apart_by_the_body(api: Api, portal: Portal) -> None:
    # Each body numbers by itself: the first notice of two may have one number and one debtor.
    both = [node_world.station(api) for _ in range(2)]
    person = Person(bodies.fiscal_code(), "Studio Neri")
    first, second = (one.place(1_000 + n, person=person) for n, one in enumerate(both))
    assert first.payments[0].notice == second.payments[0].notice
    asked = portal.search(first.payments[0].notice, person.tax_code)
    assert (asked.status, asked.code) == (409, "portal_body_missing")
    for position in (first, second):
        found = portal.search(position.payments[0].notice, person.tax_code, body=position.creditor)
        assert (found.json["creditor"]["code"], found.json["cents"]) == (
            position.creditor, position.cents,
        )  # fmt: skip


@pytest.mark.feature("F001-096")
def test_who_guesses_is_made_to_wait_and_who_knows_is_not(at: Station, portal: Portal) -> None:
    notice = at.place().payments[0].notice
    wrong = [portal.search(notice, OTHER.tax_code, source=portal_world.source())
             for _ in range(limits.PORTAL_NOTICE_TRIES)]  # fmt: skip
    assert {answer.status for answer in wrong} == {404}
    # The right one from a new address waits too, or the wait would tell which is the right one.
    for code in (MARIA.tax_code, OTHER.tax_code):
        late = portal.search(notice, code, source=portal_world.source())
        assert (late.status, late.code) == (429, "too_many_tries")
        wait = int(late.headers["retry-after"])
        assert 0 < wait <= limits.PORTAL_WINDOW_S
    portal.api.tick(wait)
    for _ in range(limits.PORTAL_NOTICE_TRIES + 1):
        # Her own tries are given back, so that she may look as often as she likes.
        found = portal.search(notice, MARIA.tax_code, source=portal_world.source())
        assert found.status == 200, found.body


@pytest.mark.feature("F001-096", "F001-154")
def test_one_address_looks_through_no_body(at: Station, portal: Portal) -> None:
    answers = [portal.search(f"3{_unused()}", MARIA.tax_code)
               for _ in range(limits.PORTAL_SOURCE_TRIES + 2)]  # fmt: skip
    assert [answer.status for answer in answers].count(404) == limits.PORTAL_SOURCE_TRIES
    assert {answer.status for answer in answers[limits.PORTAL_SOURCE_TRIES :]} == {429}
    notice = at.place().payments[0].notice
    assert portal.search(notice, body=at.creditor).status == 429
    assert portal.search(notice, body=at.creditor, source=portal_world.source()).status == 200


@pytest.mark.feature("F001-096")
def test_behind_cloudfront_each_viewer_is_counted_for_himself(
    at: Station, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.forget()
    aws.client("secretsmanager").put_secret_value(
        SecretId=os.environ["EDGE_SECRET"], SecretString="s" * 40
    )
    monkeypatch.setattr(limits, "PORTAL_SOURCE_TRIES", 2)
    edge = portal_world.source()

    def ask(viewer: str, secret: str) -> int:
        headers = {"X-Sportello-Edge": secret, "X-Forwarded-For": f"1.2.3.4, {viewer}, {edge}"}
        said = {"notice": f"3{_unused()}", "tax_code": MARIA.tax_code}
        return portal.call(
            "POST", "/v1/portal/search", said, source=edge, headers=headers
        ).status  # fmt: skip

    viewers = [portal_world.source() for _ in range(3)]
    assert [ask(one, "s" * 40) for one in viewers for _ in range(3)] == [404, 404, 429] * 3
    # Whoever only says so is counted by where he comes from.
    assert [ask(portal_world.source(), "guessed") for _ in range(3)] == [404, 404, 429]


def test_a_key_is_nobodys_to_make_and_soon_over(api: Api, at: Station, portal: Portal) -> None:
    position = at.place()
    key = portal.key(position)
    answer = portal.call("POST", "/v1/portal/notice", {"key": key})
    assert answer.status == 200
    payload, _, mac = key.partition(".")
    half = portal.key(position, code="")
    for forged in (f"{payload}.{'0' * 32}", f"{payload[:-2]}AA.{mac}", "x", f"{payload}.",
                   f"{payload}.{half.partition('.')[2]}"):  # fmt: skip
        answer = portal.call("POST", "/v1/portal/notice", {"key": forged})
        assert (answer.status, answer.code) == (410, "portal_key_invalid"), forged
    api.tick(limits.PORTAL_KEY_S)
    answer = portal.call("POST", "/v1/portal/notice", {"key": key})
    assert (answer.status, answer.code) == (410, "portal_key_invalid")
    # Of a tenant and a number, and signed by the house alone.
    made, _ = handles.write(Handle(at.tenant, position.payments[0].iuv, True), api.now)
    assert handles.read(made, api.now) == Handle(at.tenant, position.payments[0].iuv, True)
    assert fields.blind("_portal", "other", "x") != fields.blind("_portal", "handle", "x")


@pytest.mark.feature("F001-155", "F001-097")
def test_the_notice_is_printed_for_the_whole_key(at: Station, portal: Portal) -> None:
    position = at.place(15_000)
    key = portal.key(position)
    for language, word in (("it", "AVVISO DI PAGAMENTO"), ("en", "PAYMENT NOTICE"), ("es", "")):
        answer = portal.call("POST", "/v1/portal/notice", {"key": key, "language": language})
        assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="{MARIA.tax_code}_2026_{position.payments[0].iuv}.pdf"'
        )
        text = pypdf.PdfReader(io.BytesIO(answer.body)).pages[0].extract_text()
        assert "Rossi Maria" in text
        assert word in text.upper()
    # It bears its own page of the portal, which opens with half the key.
    with mock.patch.dict(os.environ, {"PUBLIC_URL": "https://pagamenti.example.it"}):
        answer = portal.call("POST", "/v1/portal/notice", {"key": key})
    (page, *_) = pypdf.PdfReader(io.BytesIO(answer.body)).pages
    (link,) = [one.get_object()["/A"]["/URI"] for one in page["/Annots"]]
    assert link.startswith("https://pagamenti.example.it/portal/?n=")
    assert portal.search(link=link).json["full"] is False
    at.change(position, state="invalid")
    answer = portal.call("POST", "/v1/portal/notice", {"key": key})
    assert (answer.status, answer.code) == (409, "position_state")


@pytest.mark.feature("F001-095", "F001-157", "F001-141")
def test_receipts_are_found_by_the_whole_key_and_downloaded(at: Station, portal: Portal) -> None:
    position, other = at.place(15_000, instalments=3), at.place()
    for payment in position.payments[1:3]:
        at.node.pay(payment.notice, at.creditor)
    notice = position.payments[1].notice

    def ask(code: str, number: str = notice) -> Answer:
        return portal.call("POST", "/v1/portal/receipts", {"notice": number, "tax_code": code})

    (found,) = ask(MARIA.tax_code).json["items"]
    assert found["cents"] == 5_000
    assert found["psp_name"]
    nobodys = [ask(OTHER.tax_code), ask(""), ask(MARIA.tax_code, f"3{_unused()}")]
    assert {(one.status, one.code) for one in nobodys} == {(404, "portal_not_found")}
    # Nothing was paid: there is nothing to find, and that is no secret to her.
    assert ask(MARIA.tax_code, other.payments[0].notice).json == {"items": [], "training": ""}
    paper = {"key": found["key"], "language": "en"}
    xml = portal.call("POST", "/v1/portal/receipt", paper | {"form": "xml"})
    assert (xml.status, xml.headers["content-type"]) == (200, "application/xml")
    assert found["id"].encode() in xml.body
    pdf = portal.call("POST", "/v1/portal/receipt", paper)
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")
    text = pypdf.PdfReader(io.BytesIO(pdf.body)).pages[0].extract_text()
    assert position.payments[1].iuv in text.replace(" ", "")
    # The key of the notice opens no receipt, and a receipt's key is signed as any other.
    plain = portal.call("POST", "/v1/portal/receipt", {"key": portal.key(position, 1)})
    assert (plain.status, plain.code) == (404, "portal_not_found")
    half = portal.call("POST", "/v1/portal/receipt", {"key": portal.key(position, 1, code="")})
    assert (half.status, half.code) == (403, "portal_whole_key")


@pytest.mark.feature("F001-093")
def test_instalments_are_shown_each_with_its_notice(at: Station, portal: Portal) -> None:
    position = at.place(15_000, instalments=3)
    shown = portal.search(position.payments[0].notice, MARIA.tax_code).json
    assert [(one["number"], one["cents"], one["state"]) for one in shown["instalments"]] == [
        (1, 5_000, "payable"), (2, 5_000, "payable"), (3, 5_000, "payable"),
    ]  # fmt: skip
    at.node.pay(position.payments[1].notice, at.creditor)
    shown = portal.search(position.payments[1].notice, MARIA.tax_code).json
    assert shown["state"] == "paid"
    assert [one["state"] for one in shown["instalments"]] == ["paid", "payable", "payable"]
    assert portal.search(position.payments[0].notice, MARIA.tax_code).json["state"] == "closed"


@pytest.mark.feature("F001-092", "F001-154")
def test_bodies_are_listed_with_what_they_offer(api: Api) -> None:
    portal = portal_world.portal(api)
    at = portal.station
    directory.forget()
    listed = portal.call("GET", "/v1/portal/bodies").json["items"]
    assert {"code": at.creditor, "name": "Ordine di prova"} in listed
    shown = portal.call("GET", f"/v1/portal/bodies/{at.creditor}").json
    assert (shown["name"], shown["logo_url"]) == ("Ordine di prova", None)
    assert shown["contacts"]["mail"] == "info@ordine.example"
    # Dues are asked for; nobody pays them of his own accord.
    assert "quota" not in [one["code"] for one in shown["services"]]
    assert portal.call("GET", "/v1/portal/bodies/00000000000").status == 404
    svg = test_bodies.LOGO
    put = at.house.call(api, "PUT", "/v1/body/logo", svg)
    assert put.status == 200, put.body
    shown = portal.call("GET", f"/v1/portal/bodies/{at.creditor}").json
    logo = portal.call("GET", shown["logo_url"])
    assert (logo.body, logo.headers["content-type"]) == (svg, "image/svg+xml")
    assert "sandbox" in logo.headers["content-security-policy"]
    # Browsers keep it for a while, and are told when what they have is still it.
    assert logo.headers["cache-control"] == f"public, max-age={limits.LOGO_KEPT_S}"
    tag = logo.headers["etag"]
    again = portal.call("GET", shown["logo_url"], headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    other = portal.call("GET", shown["logo_url"], headers={"If-None-Match": '"x"'})
    assert (other.status, other.body) == (200, svg)
    assert at.house.call(api, "DELETE", "/v1/body/logo").status == 200


@pytest.mark.feature("F001-158")
def test_a_request_for_help_is_the_bodys_to_read_and_the_mail_says_nothing_of_it(api: Api) -> None:
    portal = portal_world.portal(api)
    at = portal.station
    asked: dict[str, Any] = {
        "body": at.creditor, "name": "Rossi Maria", "email": "maria@example.org",
        "notice": "", "text": "Ho pagato due volte.\nCome faccio?", "language": "fr",
    }  # fmt: skip
    lines = io.StringIO()
    log.use(lines)
    try:
        made = portal.call("POST", "/v1/portal/help", asked)
        again = portal.call("POST", "/v1/portal/help", asked)
    finally:
        log.use(None)
    assert (made.status, again.json) == (201, made.json)
    assert "Rossi" not in lines.getvalue()
    listed = at.house.operator.call(api, "GET", "/v1/body/help").json["requests"]
    assert [(one["id"], one["text"]) for one in listed] == [(made.json["ticket"], asked["text"])]
    assert (listed[0]["name"], listed[0]["language"]) == ("Rossi Maria", "fr")
    other = portal_world.portal(api)
    assert other.station.house.call(api, "GET", "/v1/body/help").json["requests"] == []
    # One of the body's people answers it; a colleague who read it before is told so.
    one = f"/v1/body/help/{made.json['ticket']}"
    assert at.house.operator.call(api, "GET", one).json == listed[0]
    assert other.station.house.call(api, "GET", one).status == 404
    assert (listed[0]["state"], listed[0]["by"], listed[0]["version"]) == ("open", "", 0)
    said = {"state": "answered", "version": 0}
    answered = at.house.call(api, "PUT", one, said).json
    assert answered["by"] == f"user:{at.house.administrator.user}"
    assert (answered["state"], answered["version"]) == ("answered", 1)
    assert at.house.call(api, "PUT", one, said).status == 409
    assert at.house.operator.call(api, "PUT", one, said).status == 403
    for state, count in (("open", 0), ("answered", 1), ("closed", 0)):
        some = at.house.call(api, "GET", "/v1/body/help", query={"state": state}).json
        assert len(some["requests"]) == count
    assert portal.call("POST", "/v1/portal/help", asked).json == made.json
    assert at.house.call(api, "GET", one).json["state"] == "answered"
    for wrong in ({"email": "x"}, {"text": " \n "}, {"text": "a\x07b"}):
        refused = portal.call("POST", "/v1/portal/help", asked | wrong)
        assert (refused.status, refused.code) == (422, "help_malformed")
    many = [portal.call("POST", "/v1/portal/help", asked | {"text": f"n. {number}"}).status
            for number in range(limits.PORTAL_MADE)]  # fmt: skip
    assert many[-1] == 429
    assert 201 in many
