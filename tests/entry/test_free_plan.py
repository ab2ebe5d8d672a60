"""The free plan from end to end: make the invoice here, sign it and send it oneself, bring back
what SdI says. A practice in its browser session, when the trial is over."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import pytest
import requests
from lxml import etree

from chalicelib.base import aws
from chalicelib.entry import on_sdi
from chalicelib.invoicing.signing import cades, xades
from infra.local.sdi import messages
from infra.local.sdi.catalogue import Finding
from infra.local.sdi.messages import Subject
from infra.local.sdi.names import message_name
from infra.local.sdi.xmlfiles import InvoiceSchemas, parse_xml
from tests.entry import visitors
from tests.entry.api_world import Api, Context, _notification
from tests.entry.routes import invoice_values
from tests.entry.visitors import Visitor
from tests.invoicing import signer
from tests.invoicing.official import schemas

NAME = "IT01234567897_0000{}.xml"


@pytest.fixture
def free(api: Api) -> Visitor:
    """The principal of a practice on the free plan."""
    home = visitors.tenant(api, "practice")
    api.add_customer(home, "studio")
    first = visitors.enter(api, home, "practice", "principal")
    api.tick(timedelta(days=31).total_seconds())
    return visitors.session(first.grant, first.mail, api.now)


def compose(api: Api, free: Visitor, number: str, format: str = "FPR12") -> dict[str, Any]:
    values = invoice_values() | {"format": format}
    values["recipient"] = {"FPR12": "ABC1234", "FPA12": "UFABCD"}[format]
    values["documents"][0]["number"] = number
    answer = free.call(api, "POST", "/v1/invoices", values, headers={"Idempotency-Key": number})
    assert answer.status == 202, answer.body
    api.take_in()
    return detail(api, free, str(answer.json["id"]))


def detail(api: Api, free: Visitor, document: str) -> dict[str, Any]:
    answer = free.call(api, "GET", f"/v1/documents/{document}")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def files(api: Api, free: Visitor, document: str) -> dict[str, bytes]:
    found = free.call(api, "GET", f"/v1/documents/{document}/files").json["files"]
    return {one["kind"]: requests.get(one["url"], timeout=10).content for one in found}


def say(kind: str, name: str, api: Api) -> tuple[str, bytes]:
    """A receipt of SdI about a file, as it comes to the customer."""
    subject = Subject(111_222_333, name, "0" * 64, api.now, "FPR12", "ABC1234")
    root = {
        "RC": lambda: messages.delivered(subject, "1", api.now),
        "NS": lambda: messages.rejected(subject, "1", [Finding("00311", "ABC1234")]),
        "MC": lambda: messages.not_delivered(subject, "1", api.now),
    }[kind]()
    return message_name(name, kind, 1), etree.tostring(root)


def work_on_receipts(api: Api) -> None:
    """What S3 and its queue do with objects in the SdI bucket."""
    bucket = os.environ["SDI_BUCKET"]
    for version in aws.client("s3").list_object_versions(Bucket=bucket).get("Versions", []):
        body = json.dumps({"Records": [_notification(bucket, version, api.tick())]})
        done = on_sdi.handle({"Records": [{"messageId": "m", "body": body}]}, Context())
        assert done == {"batchItemFailures": []}


@pytest.mark.feature("F000-034")
@pytest.mark.parametrize("format", ["FPR12", "FPA12"])
def test_a_valid_invoice_can_be_made_and_downloaded(api: Api, free: Visitor, format: str) -> None:
    made = compose(api, free, "F/1", format)
    assert (made["state"], made["format"], made["errors"]) == ("own_sending", format, [])
    data = files(api, free, made["id"])["unsigned"]
    # By libxml2 on the official schema, apart from the product's own reading of it.
    assert InvoiceSchemas.load(schemas()).errors(parse_xml(data)) == []
    root = etree.fromstring(data)
    assert root.findtext(".//DatiGeneraliDocumento/Numero") == "F/1"
    assert root.get("versione") == format


@pytest.mark.feature("F000-035")
@pytest.mark.parametrize("form", ["cades", "xades"])
def test_a_file_signed_by_his_own_kit_is_taken_back(api: Api, free: Visitor, form: str) -> None:
    made = compose(api, free, "F/2")
    assert made["actions"] == ["sign", "mark_sent"]
    unsigned = files(api, free, made["id"])["unsigned"]
    sign = {"cades": cades, "xades": xades}[form].sign
    path = f"/v1/documents/{made['id']}/signed"
    for wrong, code in (
        (unsigned, "not_signed"),
        (sign(unsigned.replace(b"F/2", b"F/3", 1), signer(), api.now), "payload_differs"),
        (b"not at all", "unknown_content"),
    ):
        refused = free.call(api, "POST", path, wrong)
        assert (refused.status, refused.code) == (422, code)
    assert "signed" not in files(api, free, made["id"])
    mine = sign(unsigned, signer(), api.now)
    for _ in range(2):
        taken = free.call(api, "POST", path, mine)
        assert (taken.status, taken.json["state"]) == (200, "own_sending"), taken.body
    assert files(api, free, made["id"])["signed"] == mine
    assert [one["state"] for one in taken.json["timeline"]] == ["own_sending", "own_sending"]


@pytest.mark.feature("F000-036")
@pytest.mark.parametrize(
    ("kind", "state"), [("RC", "delivered"), ("MC", "made_available"), ("NS", "rejected")]
)
def test_sent_by_himself_and_followed_by_receipts(
    api: Api, free: Visitor, kind: str, state: str
) -> None:
    made = compose(api, free, "F/4")
    path, name = f"/v1/documents/{made['id']}", NAME.format("RCMCNS".index(kind))
    early = free.call(api, "POST", f"{path}/receipts", b"<x/>", query={"name": "x_RC_001.xml"})
    assert (early.status, early.code) == (409, "not_own_sending")
    assert free.call(api, "POST", f"{path}/sent", {"name": name}).json["state"] == "sent"
    for about, code in ((NAME.format(9), "receipt_of_another"), (name, "")):
        said, content = say(kind, about, api)
        answer = free.call(api, "POST", f"{path}/receipts", content, query={"name": said})
        assert answer.status == (422 if code else 202), answer.body
        assert not code or answer.code == code
    work_on_receipts(api)
    found = detail(api, free, made["id"])
    assert (found["state"], found["final"], found["sdi_name"]) == (state, True, name)
    assert [one["type"] for one in found["messages"]] == [kind]
    assert [one["code"] for one in found["errors"]] == (["00311"] if kind == "NS" else [])


@pytest.mark.feature("F000-036")
def test_what_sdi_rejected_goes_back_to_him(api: Api, free: Visitor) -> None:
    """The house may not send for him, so it does not the second time either."""
    made = compose(api, free, "F/5")
    path = f"/v1/documents/{made['id']}"
    free.call(api, "POST", f"{path}/sent", {"name": NAME.format(5)})
    said, content = say("NS", NAME.format(5), api)
    free.call(api, "POST", f"{path}/receipts", content, query={"name": said})
    work_on_receipts(api)
    again = free.call(api, "POST", f"{path}/resend")
    assert (again.status, again.json["state"], again.json["sdi_name"]) == (200, "own_sending", None)
    assert again.json["actions"] == ["sign", "mark_sent"]
    used = free.call(api, "POST", f"{path}/sent", {"name": NAME.format(5)})
    assert (used.status, used.code) == (409, "name_taken"), "a name is used for ever"
    sent = free.call(api, "POST", f"{path}/sent", {"name": NAME.format(6)}).json
    assert (sent["state"], sent["attempt"]) == ("sent", 2)


@pytest.mark.feature("F000-037")
def test_the_refusal_leads_to_the_channels(api: Api, free: Visitor) -> None:
    made = compose(api, free, "F/6")
    refused = free.call(api, "POST", f"/v1/documents/{made['id']}/decision", {"action": "send"})
    assert (refused.status, refused.code) == (403, "plan_required")
    page = api.call("GET", refused.json["error"]["details"]["help"])
    assert page.status == 200
    assert [one["id"] for one in page.json["channels"]] == ["pec", "web", "sdicoop", "sdiftp"]
