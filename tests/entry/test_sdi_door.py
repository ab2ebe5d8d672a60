"""SdI's door: mutual TLS or nothing, kept before it is answered, the same again is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from lxml import etree

from chalicelib.invoicing.channels import sdicoop, soap
from tests.entry.api_world import CERTIFICATE, Answer, Api

DOOR = "/sdi/TrasmissioneFatture"
NAME = "IT01234567890_00001_RC_001.xml"
CONTENT = b"<x>\xe8</x>\r\n\x00"


def request(
    content: bytes = CONTENT, *, mtom: bool = True, name: str = NAME, element: str = ""
) -> tuple[str, bytes]:
    fields = [("IdentificativoSdI", "77"), ("NomeFile", name), ("File", content)]
    return soap.build(element or "ricevutaConsegna", sdicoop.TYPES, fields, mtom=mtom)


def deliver(
    api: Api, sent: tuple[str, bytes], identity: Mapping[str, object] | None = None
) -> Answer:
    certified = {"clientCert": CERTIFICATE} if identity is None else identity
    headers = {"Content-Type": sent[0], "Accept": "text/xml, multipart/related"}
    return api.call("POST", DOOR, body=sent[1], headers=headers, identity=certified)


def fault_code(answer: Answer) -> str | None:
    assert answer.headers["content-type"].startswith("text/xml")
    root = etree.fromstring(answer.body)
    return root.findtext(f"{{{soap.ENVELOPE}}}Body/{{{soap.ENVELOPE}}}Fault/faultstring")


@pytest.mark.parametrize("mtom", [True, False], ids=["mtom", "inline"])
def test_a_message_is_kept_as_it_came_before_the_answer(api: Api, mtom: bool) -> None:
    content = CONTENT + str(mtom).encode()
    first = deliver(api, request(content, mtom=mtom))
    assert (first.status, first.body) == (202, b"")
    key = f"incoming/{hashlib.sha256(content).hexdigest()}/{NAME}"
    kept = [one for one in api.objects("SDI") if one == key]
    before = len(api.objects("SDI"))
    assert kept == [key]
    assert deliver(api, request(content, mtom=not mtom)).status == 202
    assert len(api.objects("SDI")) == before, "the same message again is the same object"
    assert api.read("SDI", key) == content


@pytest.mark.parametrize(
    "identity", [{}, {"clientCert": None}, {"clientCert": {}}, {"clientCert": {"subjectDN": "x"}}]
)
def test_without_a_certificate_nothing_is_there(api: Api, identity: Mapping[str, object]) -> None:
    before = api.objects("SDI")
    answer = deliver(api, request(b"never"), identity)
    assert (answer.status, fault_code(answer)) == (403, "forbidden")
    assert api.objects("SDI") == before


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (("text/xml", b""), "soap_malformed"),
        (("text/xml", b"<x/>"), "soap_malformed"),
        (("text/xml", b"\xff\xfe\x00"), "soap_malformed"),
        (("text/xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "soap_malformed"),
        (("multipart/related", b"--x\r\n"), "soap_malformed"),
        (("multipart/related; boundary=x", b"--x\r\n\r\n--x--"), "soap_malformed"),
        (request(element="nessunaOperazione"), "soap_operation"),
        (request(name="../../etc/passwd"), "soap_malformed"),
        (request(name="a/b.xml"), "soap_malformed"),
    ],
)
def test_what_is_malformed_is_a_fault_and_leaves_nothing(
    api: Api, sent: tuple[str, bytes], code: str
) -> None:
    before = api.objects("SDI")
    answer = deliver(api, sent)
    assert (answer.status, fault_code(answer)) == (500, code)
    assert api.objects("SDI") == before


def test_a_key_of_the_api_does_not_open_it(api: Api, alfa: object) -> None:
    sent = request()
    headers = {"Content-Type": sent[0], "Authorization": f"Bearer {alfa.token}"}  # type: ignore[attr-defined]
    assert api.call("POST", DOOR, body=sent[1], headers=headers).status == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts_are_taken(api: Api, method: str) -> None:
    answer = api.call(method, DOOR, identity={"clientCert": CERTIFICATE})
    assert (answer.status, answer.code) == (405, "method_not_allowed")
