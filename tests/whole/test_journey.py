"""The reseller's journey from end to end: real engines, real sockets, SdI's simulator."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.invoicing import dispatch
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.signing import cades
from infra.local import demo, invoices
from infra.local.house import House, Reseller
from tests.whole.client import Hub, fetch

# The demo's words for what becomes of a file, as states of ours.
STATES = {
    "delivered": "delivered",
    "repaired": "delivered",
    "available": "made_available",
    "accepted": "accepted",
    "refused": "refused",
    "expired": "expired",
    "undeliverable": "undeliverable",
    "rejected": "rejected",
    "invalid": "invalid",
    "held": "held",
    "unassigned": "held",
    "conversion": "to_convert",
    "unreadable": "refused_file",
    "not_taken": "refused_file",
}


def _demo(house: House) -> tuple[bytes, tuple[demo.Described, ...]]:
    now = house.cloud.clock.now()

    def sign(data: bytes) -> bytes:
        return cades.sign(data, dispatch.signer(), now)

    return demo.build_zip(now, sign), demo.describe(now, sign)


def _of(house: House, archive: str = "") -> list[Document]:
    return [one for one in house.documents("demo") if not archive or one.archive == archive]


@pytest.mark.feature("F004-048")
@pytest.mark.feature("F004-059")
@pytest.mark.feature("F004-071")
@pytest.mark.feature("F004-065")
@pytest.mark.feature("F004-067")
@pytest.mark.feature("F004-068")
@pytest.mark.feature("F000-040")
def test_the_demo_archive_reaches_sdi_and_comes_back(house: House, reseller: Reseller) -> None:
    data, described = _demo(house)
    house.drop("demo/fatture.zip", data)
    house.settle()
    house.pass_time(timedelta(minutes=1), timedelta(seconds=20))
    _assert_files_by_link(house, reseller, data)
    house.pass_time(timedelta(days=16), timedelta(days=4))

    documents = _of(house)
    archive = next(one for one in documents if one.state == "unpacked")
    members = [one for one in documents if one.archive == archive.id]
    # Files in = documents + refusals, always.
    assert len(members) == len(described) == archive.members
    assert archive.documents + archive.refusals == archive.members

    expected: dict[str, Counter[str]] = defaultdict(Counter)
    got: dict[str, Counter[str]] = defaultdict(Counter)
    for one in described:
        expected[one.name.rsplit("/", 1)[-1]][STATES[one.fate]] += 1
    for document in members:
        got[document.file_name][document.state] += 1
    assert got == expected

    _assert_told_once_each(house, documents)
    _assert_sdi_agrees(house, members)
    assert not house.cloud.pump.errors
    assert not any(house.cloud.pump.waiting().values())


def _assert_told_once_each(house: House, documents: list[Document]) -> None:
    """One mail for each change; of an archive's refused members one for all."""
    told = Counter(
        (mail.tags["document"], mail.tags["version"]) for mail in house.cloud.mailbox.mails()
    )
    assert set(told.values()) == {1}
    changes = sum(
        len(_history(document))
        for document in documents
        if not (document.archive and document.state == "refused_file")
    )
    # The archive's own first row (its arrival) is told with its end.
    assert sum(told.values()) == changes - 1
    assert {mail.destinations for mail in house.cloud.mailbox.mails()} == {("hub@demo.example",)}


def _history(document: Document) -> list[dict[str, Any]]:
    from chalicelib.invoicing import store

    return store.history("demo", document.id)


def _assert_sdi_agrees(house: House, members: list[Document]) -> None:
    sent = [one for one in members if one.sent_at]
    files = {file.name: file for file in house.sdi.files()}
    assert len(files) == len(house.sdi.files()) == len(sent)
    for document in sent:
        file = files[document.name]
        assert str(file.id_sdi) == document.id_sdi
        assert file.accepted == (document.state != "rejected")
        assert set(file.codes) == {error["code"] for error in document.errors}


def _assert_files_by_link(house: House, reseller: Reseller, data: bytes) -> None:
    hub = Hub(house.gateway.url, reseller.token)
    raw = {content for _, content in _members(data)}
    delivered = hub.all("documents", state="delivered", limit=200)
    assert delivered
    signed_in = 0
    for document in delivered:
        found = hub.get(f"/v1/documents/{document['id']}/files")["files"]
        files = {one["kind"]: fetch(one["url"]) for one in found}
        flow = hub.get(f"/v1/flows/{document['id']}")
        assert hashlib.sha256(files["raw"]).hexdigest() == flow["sha256"]
        assert files["raw"] in raw
        file = next(f for f in house.sdi.files() if f.name == document["sdi_name"])
        assert hashlib.sha256(files["signed"]).hexdigest() == file.sha256
        assert b"RicevutaConsegna" in files["notification"]
        if "unsigned" in files:
            assert b"FatturaElettronica" in files["unsigned"]
        else:
            signed_in += 1
    assert signed_in == 2
    other = house.add_reseller("altro")
    status, _ = Hub(house.gateway.url, other.token).call("GET", f"/v1/documents/{document['id']}")
    assert status == 404
    assert Hub(house.gateway.url, other.token).all("documents") == []


def _members(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def _invoice(house: House, number: str, **more: Any) -> bytes:
    seller = demo.customers()[0].subject
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    return invoices.make(number=number, date=day, seller=seller, **more)


@pytest.mark.feature("F004-066")
@pytest.mark.feature("F004-073")
def test_a_file_under_the_customers_prefix_and_under_the_resellers_own(
    house: House, reseller: Reseller
) -> None:
    house.drop("demo/studio-aurora/a.xml", _invoice(house, "A-1"))
    house.drop("demo/b.xml", _invoice(house, "A-2"))
    house.drop("demo/elena-vitali/c.xml", _invoice(house, "A-3"))
    house.drop("nessuno/d.xml", _invoice(house, "A-4"))
    house.settle()
    found = {one.file_name: one for one in _of(house)}
    assert found["a.xml"].customer == found["b.xml"].customer == "studio-aurora"
    assert found["a.xml"].state == found["b.xml"].state == "sent"
    # Dropped under another customer's prefix: a person decides.
    assert (found["c.xml"].state, found["c.xml"].held) == ("held", "seller_mismatch")
    # Under nobody's prefix: kept where it is, shown to the operator.
    from chalicelib.invoicing import store

    assert [one["code"] for one in store.list_unmatched()] == ["reseller_unknown"]


@pytest.mark.feature("F004-070")
def test_the_same_invoice_again_after_a_year_is_held_and_may_be_sent_or_discarded(
    house: House, reseller: Reseller
) -> None:
    first = _invoice(house, "B-1")
    house.drop("demo/b1.xml", first)
    house.settle()
    house.pass_time(timedelta(days=400), timedelta(days=400))
    house.drop("demo/b1-again.xml", first)
    house.drop("demo/b1.xml", _invoice(house, "B-2"))
    house.settle()
    hub = Hub(house.gateway.url, reseller.token)
    held = {one["duplicate_by"]: one for one in hub.all("documents", state="held")}
    assert set(held) == {"bytes", "name"}
    original = hub.all("documents", state="delivered")[0]
    assert {one["duplicate_of"] for one in held.values()} == {original["id"]}

    path = "/v1/documents/{}/decision"
    status, sent = hub.call("POST", path.format(held["name"]["id"]), {"action": "send"})
    assert (status, sent["state"]) == (200, "ready")
    status, gone = hub.call("POST", path.format(held["bytes"]["id"]), {"action": "discard"})
    assert (status, gone["state"]) == (200, "discarded")
    house.settle()
    house.pass_time(timedelta(minutes=1))
    assert hub.get(f"/v1/documents/{held['name']['id']}")["state"] == "delivered"
    # Deciding again the other way is refused, with a code.
    status, refused = hub.call("POST", path.format(held["bytes"]["id"]), {"action": "send"})
    assert (status, refused["error"]["code"]) == (409, "not_held")


def test_a_rejected_document_is_sent_again_under_a_new_name(
    house: House, reseller: Reseller
) -> None:
    # What only SdI knows: the recipient's code is in no register.
    house.drop("demo/c1.xml", _invoice(house, "C-1", recipient="NOTHERE"))
    house.settle()
    house.pass_time(timedelta(minutes=1))
    hub = Hub(house.gateway.url, reseller.token)
    document = hub.all("documents", state="rejected")[0]
    assert [error["code"] for error in document["errors"]] == ["00311"]
    assert any("00311" in mail.message.as_string() for mail in house.cloud.mailbox.mails())

    # The corrected file may carry the same name and number: a rejected one is not issued.
    house.drop("demo/c1.xml", _invoice(house, "C-1"))
    house.settle()
    house.pass_time(timedelta(minutes=1))
    assert [one["number"] for one in hub.all("documents", state="delivered")] == ["C-1"]
    status, refused = hub.call("POST", f"/v1/documents/{document['id']}/resend")
    assert (status, refused["error"]["code"]) == (409, "number_taken")

    house.drop("demo/c2.xml", _invoice(house, "C-2", recipient="NOTHERE"))
    house.settle()
    house.pass_time(timedelta(minutes=1))
    second = next(one for one in hub.all("documents", state="rejected") if one["number"] == "C-2")
    status, sent = hub.call("POST", f"/v1/documents/{second['id']}/resend")
    assert (status, sent["state"], sent["attempt"]) == (200, "ready", 2)
    house.settle()
    names = [file.name for file in house.sdi.files()]
    assert len(set(names)) == len(names) == 4
    again = hub.get(f"/v1/documents/{second['id']}")
    assert again["sdi_name"] != second["sdi_name"]


@pytest.mark.feature("F004-046")
def test_attachments_travel_whole(house: House, reseller: Reseller) -> None:
    content = bytes(range(256)) * 40
    data = _invoice(house, "D-1", attachments=(invoices.File("lastra.bin", "BIN", content),))
    house.drop("demo/d1.xml", data)
    house.settle()
    hub = Hub(house.gateway.url, reseller.token)
    document = hub.all("documents")[0]
    shown = hub.get(f"/v1/documents/{document['id']}")["attachments"]
    assert shown == [{"name": "lastra.bin", "size": len(content)}]
    found = hub.get(f"/v1/documents/{document['id']}/files")["files"]
    files = {one["kind"]: fetch(one["url"]) for one in found}
    assert files["unsigned"] == data
    assert data in files["signed"]


def test_a_message_dropped_as_a_file_is_the_same_as_one_delivered(
    house: House, reseller: Reseller, open_house: Callable[..., House]
) -> None:
    house.drop("demo/e1.xml", _invoice(house, "E-1"))
    house.cloud.pump.drain()
    taken: list[tuple[str, bytes]] = []
    house.sdi.deliver_with(lambda delivery: taken.append((delivery.file_name, delivery.content)))
    house.cloud.clock.advance(60)
    house.sdi.step()
    assert [name.split("_")[2] for name, _ in taken] == ["RC"]
    for name, content in taken:
        house.cloud.client("s3").put_object(
            Bucket=house.cloud.environment["SDI_BUCKET"], Key=f"incoming/{name}", Body=content
        )
    house.settle()
    assert [one.state for one in _of(house)] == ["delivered"]
