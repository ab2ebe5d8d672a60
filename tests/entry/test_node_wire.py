"""The simulated node over a real socket, by its certificate, through the HTTP API's own shape."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from chalicelib.entry import node_door
from infra.local.authority import Authority
from infra.local.node_gateway import NodeGateway
from infra.local.pagopa.node_messages import Unanswered
from tests.entry import node_world
from tests.entry.api_world import Api
from tests.entry.node_world import Station

pytestmark = pytest.mark.feature("F001-012")


@pytest.fixture(scope="module")
def gateway(signing_authority: Authority) -> Iterator[NodeGateway]:
    with NodeGateway(node_door.node, signing_authority.server_context()) as opened:
        yield opened


@pytest.fixture(scope="module")
def at(api: Api, gateway: NodeGateway, signing_authority: Authority) -> Station:
    found = node_world.station(api)
    tls = signing_authority.client_context("pagopa")
    return replace(found, node=found.node.by(url=gateway.url, tls=tls, send=None))


def test_a_payment_over_the_wire(at: Station) -> None:
    position = at.place()
    paid = at.node.pay(position.payments[0].notice, at.creditor, times=2)
    assert (paid.answer, at.now(position).state) == ("OK", "paid")
    status, body = at.node.garbage(b"\xff\xfe not even text")
    assert status == 200
    assert b"PAA_SINTASSI_EXTRAXSD" in body


def test_who_shows_no_certificate_gets_no_connection(
    at: Station, gateway: NodeGateway, signing_authority: Authority
) -> None:
    stranger = ssl.create_default_context(cafile=str(signing_authority.ca_path))
    notice = at.place().payments[0].notice
    with pytest.raises(Unanswered):
        at.node.by(tls=stranger).verify(notice, at.creditor)
    parts = urlsplit(gateway.url)
    known = http.client.HTTPSConnection(
        str(parts.hostname), parts.port, context=signing_authority.client_context("pagopa")
    )
    known.request("GET", "/")
    assert known.getresponse().status == 404
    known.close()
