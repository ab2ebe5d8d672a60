"""Our clients and the simulated services, against the services' official descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.accounting.fdr import carriers
from chalicelib.base.errors import Failure
from chalicelib.payments import iuv
from chalicelib.payments.checkout import client as checkout
from chalicelib.payments.delivery import appio
from chalicelib.payments.delivery.appio import Client, Profile, Said
from chalicelib.payments.delivery.channels import Refused
from chalicelib.payments.pagopa.client import Access
from infra.local.pagopa import fdr
from infra.local.pagopa.appio import AppIo, Citizen
from infra.local.pagopa.checkout import Checkout
from infra.local.pagopa.fdr import Fdr, Flow
from tests.payments.pagopa import contracts
from tests.payments.pagopa.contracts import Exchange

CREDITOR, MARIA, ALONE = "80012000826", "RSSMRA80A41H501Y", "VRDGPP80A01H501S"
NOTICE = "3" + iuv.make("01", 7)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exchange]]:
    """What is said in the test; all of it is looked at in the end."""
    if not contracts.here():
        pytest.skip("the official descriptions are not at hand")
    monkeypatch.setenv("NET_PRIVATE", "allow")
    with contracts.listening() as found:
        yield found
    for one in found:
        contracts.check(one)


def operations(said: list[Exchange]) -> set[tuple[str, int]]:
    return {(contracts.check(one).rpartition("/")[2], one.status) for one in said}


@pytest.mark.feature("F001-082")
def test_carts_are_asked_for_as_checkout_describes_them(
    said: list[Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = {"noticeNumber": NOTICE, "fiscalCode": CREDITOR, "amount": 15_000,
              "companyName": "Ordine", "description": "Quota 2026"}  # fmt: skip
    places = {f"return{name}Url": f"https://ordine.example/pay?outcome={name}"
              for name in ("Ok", "Cancel", "Error", "Waiting")}  # fmt: skip
    cart: dict[str, Any] = {
        "paymentNotices": [notice], "returnUrls": places, "idCart": "c1",
        "emailNotice": "maria@example.org",
    }  # fmt: skip
    with Checkout() as service:
        monkeypatch.setenv("CHECKOUT_URL", service.url)
        assert checkout.post(cart).startswith(service.root)
        for wrong in (cart | {"paymentNotices": [notice, notice]}, cart | {"idCart": ""}):
            service.plan("refused" if wrong["idCart"] else "busy")
            with pytest.raises(Failure):
                checkout.post(wrong)
    assert {one.status for one in said} == {302, 422, 429}


@pytest.mark.feature("F001-091", "F001-186")
def test_messages_are_written_as_io_describes_them(said: list[Exchange]) -> None:
    told = Said("to_pay", "Ordine di prova", CREDITOR, "Quota 2026", NOTICE, 15_000,
                date(2026, 12, 31))  # fmt: skip
    with AppIo() as io:
        io.enrol([MARIA])
        io.enrol([ALONE], Citizen(allows=False))
        ours = Client(io.key, io.url)
        assert ours.enrolment(MARIA).allowed
        assert not ours.enrolment(appio.NOBODY).allowed
        for code in (MARIA, ALONE):
            new = appio.message(told, Profile(payee=True), "it", code)
            if code == MARIA:
                assert ours.send(new)
            else:
                with pytest.raises(Refused):
                    ours.send(new)
        with pytest.raises(Refused):
            Client("another", io.url).enrolment(MARIA)
    assert operations(said) == {
        ("profiles", 200), ("profiles", 404), ("profiles", 401),
        ("messages", 201), ("messages", 403),
    }  # fmt: skip


@pytest.mark.feature("F001-098")
def test_flows_are_fetched_as_fdr_describes_them(said: list[Exchange]) -> None:
    lines = [(iuv.make("01", number), f"iur{number}", 1, 1_050 + number, "0")
             for number in range(5)]  # fmt: skip
    lines.append((iuv.make("01", 9), "iur9", 1, 99, "9"))
    with Fdr(lambda: NOW, page_items=4) as service:
        service.publish(CREDITOR, Flow("2026-11-20ABI06090-1", "ABI06090", lines))
        access = Access(service.url, fdr.KEY)
        listed = carriers.list_rest(access, CREDITOR, NOW - timedelta(days=2), 1)
        (one,) = listed.flows
        carriers.head(access, CREDITOR, one)
        assert [carriers.page(access, CREDITOR, one, page)[1] for page in (1, 2)] == [2, 2]
        with pytest.raises(Failure):
            carriers.head(access, CREDITOR, one._replace(revision=7))
    assert {one.status for one in said} == {200, 404}
    flow = "fdrs/{fdr}/revisions/{revision}/psps/{pspId}"
    assert {contracts.check(one).partition("Id}/")[2] for one in said} == {
        "fdrs", flow, f"{flow}/payments",
    }  # fmt: skip


def test_what_is_not_described_is_seen(said: list[Exchange]) -> None:
    """A contract that nothing could break would prove nothing."""
    with AppIo() as io:
        io.enrol([MARIA])
        Client(io.key, io.url).enrolment(MARIA)
    (one,) = said
    for changed in (
        {"method": "PATCH"},
        {"url": one.url.replace("profiles", "profile")},
        {"url": one.url + "?dry=true"},
        {"body": b'{"fiscal_code":11}'},
        {"body": b'{"fiscalCode":"RSSMRA80A41H501Y"}'},
        {"status": 418},
        {"answer": b'{"sender_allowed":"yes"}'},
        {"answer": b'{"sender_allowed":true,"languages":[]}'},
    ):
        with pytest.raises(AssertionError):
            contracts.check(Exchange(**{**vars(one), **changed}))
