"""A notice that somebody asks for at a PSP's counter (paDemandPaymentNotice)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.payments.dues import store as persons
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import store
from infra.local.pagopa.node_messages import Refused
from tests.entry import bodies, node_world
from tests.entry.api_world import Api
from tests.entry.node_world import MARIA, Station
from tests.payments.dues.files import COMPANY

pytestmark = pytest.mark.feature("F001-143")
FREE, TARIFF = "00001", "00002"


@pytest.fixture(scope="module")
def at(api: Api) -> Station:
    found = node_world.station(api)
    items = [{"code": "copia", "label": "Copia", "cents": 250},
             {"code": "bollo", "label": "Bollo", "cents": 1_600}]  # fmt: skip
    for code, price in {
        FREE: {"kind": "free", "least_cents": 100, "most_cents": 50_000},
        TARIFF: {"kind": "tariff", "items": items},
    }.items():
        answer = found.house.call(
            api, "PUT", f"/v1/body/services/{code}",
            bodies.service(subject="Diritti di segreteria", price=price),
        )  # fmt: skip
        assert answer.status == 200, answer.body
    return found


def data(*more: str, code: str = MARIA.tax_code, name: str = "Rossi Maria") -> bytes:
    return (
        f"<datiSpecificiServizio><codiceFiscale>{code}</codiceFiscale>"
        f"<nominativo>{name}</nominativo>{''.join(more)}</datiSpecificiServizio>"
    ).encode()


@pytest.mark.feature("F001-144", "F001-145", "F001-170")
def test_a_notice_is_made_and_can_be_paid(at: Station) -> None:
    free = at.node.demand(at.creditor, FREE, data("<importo>12.50</importo>"))
    assert (free.cents, free.description) == (1_250, "Diritti di segreteria")
    assert at.node.verify(free.notice, at.creditor).cents == 1_250
    copies = "<voce><codice>copia</codice><quantita>2</quantita></voce>"
    stamp = "<voce><codice>bollo</codice><quantita>1</quantita></voce>"
    by_list = at.node.demand(at.creditor, TARIFF, data(copies, stamp, copies))
    assert by_list.cents == 4 * 250 + 1_600
    assert at.node.pay(by_list.notice, at.creditor).answer == "OK"
    place = store.find_position(at.tenant, by_list.notice[1:])
    assert place is not None
    made = store.get_position(at.tenant, place[0])
    assert made is not None
    assert (made.origin, made.state, at.events(made)[0]) == ("spontaneous", "paid", "generated")


def test_a_stamp_is_asked_for_at_the_counter(api: Api, at: Station) -> None:
    service = bodies.service(subject="Istanza", price=None, stamp=True)
    assert at.house.call(api, "PUT", "/v1/body/services/00003", service).status == 200
    wanted = f"<bollo><impronta>{'A' * 43}=</impronta><provincia>PD</provincia></bollo>"
    made = at.node.demand(at.creditor, "00003", data(wanted))
    assert (made.cents, made.postal) == (1_600, False)
    (transfer,) = at.node.activate(made.notice, at.creditor).transfers
    assert transfer.wanted == ("A" * 43 + "=", "01", "PD")
    for more in ((), (wanted.replace("PD", "ZZZ"),), (wanted.replace("A=", "="),)):
        with pytest.raises(Refused):
            at.node.demand(at.creditor, "00003", data(*more))


def test_asked_again_it_is_the_same_until_it_is_paid(api: Api, at: Station) -> None:
    wanted = data("<importo>7.00</importo>")
    first = at.node.demand(at.creditor, FREE, wanted)
    assert at.node.demand(at.creditor, FREE, wanted).notice == first.notice
    at.node.pay(first.notice, at.creditor)
    second = at.node.demand(at.creditor, FREE, wanted)
    assert second.notice != first.notice
    now = api.now
    api.now = now + timedelta(days=1)
    try:
        assert at.node.demand(at.creditor, FREE, wanted).notice != second.notice
    finally:
        api.now = now


def test_whom_the_body_knows_stays_as_it_knows_him(at: Station) -> None:
    studio = Person(COMPANY, "Studio", "Via Milano 2")
    at.place(person=studio)
    given = data("<importo>8.00</importo>", code=COMPANY, name="Qualcun Altro")
    at.node.demand(at.creditor, FREE, given)
    who = persons.person_id(at.tenant, COMPANY)
    assert persons.get_persons(at.tenant, [who])[who] == studio


BROKEN = {
    "no xml": (FREE, b"hello", "PAA_SINTASSI_EXTRAXSD"),
    "other root": (FREE, b"<x/>", "PAA_SINTASSI_XSD"),
    "nothing": (FREE, b"<datiSpecificiServizio/>", "PAA_SINTASSI_XSD"),
    "amount": (FREE, data("<importo>7</importo>"), "PAA_SINTASSI_XSD"),
    "no amount": (FREE, data(), "PAA_SEMANTICA"),
    "limits": (FREE, data("<importo>0.50</importo>"), "PAA_SEMANTICA"),
    "tax code": (FREE, data("<importo>7.00</importo>", code="AAAAAA00A00A000A"), "PAA_SEMANTICA"),
    "choice": (TARIFF, data("<voce><codice>x</codice><quantita>1</quantita></voce>"),
               "PAA_SEMANTICA"),
    "service": ("00009", data("<importo>7.00</importo>"), "PAA_SEMANTICA"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_made_is_refused(at: Station, name: str) -> None:
    service, given, code = BROKEN[name]
    with pytest.raises(Refused) as refused:
        at.node.demand(at.creditor, service, given)
    assert refused.value.code == code
    with pytest.raises(Refused, match="PAA_STAZIONE_INT_ERRATA"):
        at.node.by(station="12345670017_09").demand(at.creditor, service, given)
