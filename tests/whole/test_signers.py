"""Resellers whose documents are signed by keys elsewhere, through the whole house to SdI.

SdI's simulator verifies every signature by code of its own and rejects what does not hold.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.base import dynamo, limits, work
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.invoicing import mandates, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.signing import cms
from infra.local import demo, holders, invoices
from infra.local.house import House
from tests.whole.client import Hub, fetch

SELLERS = {one.code: one.subject for one in demo.customers()}


def _reseller(house: House, tenant: str) -> Hub:
    known = house.add_reseller(tenant)
    for code, subject in SELLERS.items():
        house.add_customer(tenant, code, subject)
    return Hub(house.gateway.url, known.token)


def _drop(house: House, tenant: str, *numbers: str, seller: str = "", **more: Any) -> None:
    day = (house.cloud.clock.now() - timedelta(days=1)).date().isoformat()
    subject = SELLERS[seller or "studio-aurora"]
    for number in numbers:
        data = invoices.make(number=number, date=day, seller=subject, **more)
        house.drop(f"{tenant}/{number}.xml", data)


def _signers(house: House, hub: Hub) -> dict[str, str]:
    """Who signed each document that SdI has taken, by its number."""
    taken = {file.name: file for file in house.sdi.files()}
    found = {}
    for document in hub.all("documents"):
        files = hub.get(f"/v1/documents/{document['id']}/files")["files"]
        (signed,) = [fetch(one["url"]) for one in files if one["kind"] == "signed"]
        file = taken[document["sdi_name"]]
        assert (file.accepted, file.codes) == (True, ())
        assert hashlib.sha256(signed).hexdigest() == file.sha256
        (signer,) = cms.open_cms(signed).signers
        found[document["number"]] = signer.subject
    return found


@pytest.mark.feature("F004-068")
def test_each_reseller_signs_by_his_own_key(house: House) -> None:
    hubs = {tenant: _reseller(house, tenant) for tenant in ("alfa", "beta", "gamma", "delta")}
    holders.bind_kms(house, "alfa")
    holders.bind_remote(house, "beta", version=1)
    holders.bind_remote(house, "gamma", version=2)
    for tenant in hubs:
        _drop(house, tenant, f"{tenant}-1")
        _drop(house, tenant, f"{tenant}-2", format="FPA12", recipient="UFEC01")
    house.settle()
    house.pass_time(timedelta(minutes=1))
    names = {
        "alfa": holders.KMS_NAME,
        "beta": holders.REMOTE_NAME,
        "gamma": holders.REMOTE_NAME,
        "delta": "Maria Rossi",  # nobody's own: the house's key
    }
    for tenant, hub in hubs.items():
        states = {one["number"]: one["state"] for one in hub.all("documents")}
        assert states == {f"{tenant}-1": "delivered", f"{tenant}-2": "accepted"}
        for subject in _signers(house, hub).values():
            assert names[tenant] in subject
    assert not house.cloud.pump.errors


def test_a_customers_own_key_comes_before_his_resellers(house: House) -> None:
    hub = _reseller(house, "alfa")
    holders.bind_remote(house, "alfa")
    holders.bind_kms(house, "alfa", "elena-vitali")
    _drop(house, "alfa", "A-1")
    _drop(house, "alfa", "A-2", seller="elena-vitali")
    house.settle()
    found = _signers(house, hub)
    assert holders.REMOTE_NAME in found["A-1"]
    assert holders.KMS_NAME in found["A-2"]
    assert [one.customer for one in mandates.listed("alfa")] == ["", "elena-vitali"]

    # Ended: the next one signs, at the latest after a minute.
    mandates.release("alfa", "elena-vitali")
    mandates.release("alfa", "")
    with pytest.raises(NotFound):
        mandates.release("alfa", "")
    house.cloud.clock.advance(limits.SIGNER_AGE_S)
    _drop(house, "alfa", "A-3", seller="elena-vitali")
    house.settle()
    assert "Maria Rossi" in _signers(house, hub)["A-3"]


def test_a_key_bound_anew_is_used_within_a_minute_by_workers_that_know_the_old_one(
    house: House,
) -> None:
    hub = _reseller(house, "alfa")
    holders.bind_remote(house, "alfa")
    _drop(house, "alfa", "A-1")
    house.settle()
    worker = dict(mandates._found), dict(mandates._opened)
    holders.bind_kms(house, "alfa")
    # Another process: it has not heard of it.
    mandates._found.update(worker[0])
    mandates._opened.update(worker[1])
    _drop(house, "alfa", "A-2")
    house.settle()
    house.cloud.clock.advance(limits.SIGNER_AGE_S)
    _drop(house, "alfa", "A-3")
    house.settle()
    found = _signers(house, hub)
    assert [holders.KMS_NAME in found[number] for number in ("A-1", "A-2", "A-3")] == [
        False, False, True,
    ]  # fmt: skip


def _rows() -> list[dict[str, Any]]:
    found = [
        item for shard in range(work.SHARDS) for item in dynamo.query(f"due#{shard}", index="due")
    ]
    return [item for item in found if item["queue"] == "send"]


def _one(house: House) -> Document:
    (document,) = house.documents("alfa")
    return document


# What goes wrong, at which call, how often, and what the row of work says meanwhile.
MISBEHAVIOUR = (
    ("slow", "signatures/signHash", 1, "csc_unreachable"),
    ("slow", "credentials/authorize", 1, "csc_unreachable"),
    ("error", "signatures/signHash", 2, "csc_unavailable"),
    ("busy", "credentials/authorize", 1, "csc_unavailable"),
    ("fewer", "signatures/signHash", 1, "csc_answer"),
    ("not_base64", "signatures/signHash", 1, "csc_answer"),
    ("garbage", "signatures/signHash", 1, "csc_answer"),
    ("empty", "credentials/authorize", 1, "csc_answer"),
    ("other_key", "signatures/signHash", 1, "signing_key_mismatch"),
    ("other_hash", "signatures/signHash", 1, "signing_key_mismatch"),
    ("session", "signatures/signHash", 1, "csc_session"),
    # Once is put right at once, by leave asked for anew.
    ("expired_sad", "credentials/authorize", 1, ""),
    ("expired_sad", "credentials/authorize", 2, "csc_authorization"),
)


@pytest.mark.parametrize("version", [1, 2])
def test_a_remote_signer_that_goes_wrong_costs_time_and_nothing_else(
    house: House, version: int
) -> None:
    _reseller(house, "alfa")
    credential = holders.bind_remote(house, "alfa", version=version)
    config = holders.remote_config(house, credential.id, version) | {"signer_timeout_s": "1"}
    mandates.bind("alfa", "", config, "test", house.cloud.clock.now())
    for number, (kind, method, times, code) in enumerate(MISBEHAVIOUR, 1):
        house.remote_signing.faults.plan(kind, method, times)
        _drop(house, "alfa", f"A-{number}")
        house.settle()
        document = house.documents("alfa")[-1]
        if code:
            # Nothing was sent, nothing was lost: the row waits, and says for what.
            assert document.state == "ready", kind
            assert len(house.sdi.files()) == number - 1, kind
            (row,) = _rows()
            assert (row["error"], row["waits"]) == (code, True), kind
        for _ in range(times):
            house.pass_time(timedelta(minutes=5), timedelta(minutes=5))
        assert house.documents("alfa")[-1].state in ("sent", "delivered"), kind
    house.pass_time(timedelta(minutes=5), timedelta(minutes=1))
    assert {one.state for one in house.documents("alfa")} == {"delivered"}
    files = house.sdi.files()
    assert [(file.accepted, file.codes) for file in files] == [(True, ())] * len(MISBEHAVIOUR)
    assert _rows() == []
    assert work.parked() == []
    assert not house.cloud.pump.errors


def test_a_signature_is_not_asked_for_twice_when_it_is_sdi_that_fails(house: House) -> None:
    """It may be paid by the piece: what was signed once is sent again as it is."""
    from infra.local.sdi.behaviours import Behaviour

    _reseller(house, "alfa")
    holders.bind_remote(house, "alfa")
    house.sdi.behave(Behaviour(drop_connection_before=2))
    house.remote_signing.requests.clear()
    _drop(house, "alfa", "A-1")
    house.settle()
    for _ in range(3):
        house.pass_time(timedelta(minutes=10), timedelta(minutes=1))
    assert _one(house).state == "delivered"
    asked = [method for method, _ in house.remote_signing.requests]
    assert asked.count("signatures/signHash") == 1
    assert [file.accepted for file in house.sdi.files()] == [True]


def test_sdi_took_it_and_said_nothing_and_meanwhile_the_key_changed(house: House) -> None:
    from infra.local.sdi.behaviours import Behaviour

    _reseller(house, "alfa")
    holders.bind_remote(house, "alfa")
    house.sdi.behave(Behaviour(drop_connection_after=1))
    _drop(house, "alfa", "A-1")
    house.settle()
    holders.bind_kms(house, "alfa")
    for _ in range(6):
        house.pass_time(timedelta(minutes=30), timedelta(minutes=10))
    document = _one(house)
    assert document.state == "delivered"
    files = house.sdi.files()
    # The same name and the same bytes: SdI knows the second for what it is.
    assert [(file.accepted, file.codes) for file in files] == [(True, ()), (False, ("00002",))]
    assert len({file.sha256 for file in files}) == 1
    assert document.id_sdi == str(files[0].id_sdi)


def test_a_wrong_pin_is_tried_once_and_waits_for_the_operator(house: House) -> None:
    _reseller(house, "alfa")
    credential = holders.bind_remote(house, "alfa")
    config = holders.remote_config(house, credential.id)
    wrong = config | {"signer_pin": "9999"}
    mandates.bind("alfa", "", wrong, "test", house.cloud.clock.now())
    _drop(house, "alfa", "A-1", "A-2")
    house.settle()
    house.pass_time(timedelta(hours=3))
    assert house.remote_signing.vault.pin_failures == 1
    assert {one.state for one in house.documents("alfa")} == {"ready"}
    parked = work.parked()
    assert [one.get("error") for one in parked] == ["csc_pin", "csc_pin"]

    mandates.bind("alfa", "", config, "test", house.cloud.clock.now())
    for one in parked:
        dynamo.commit([work.unpark("alfa", (one["pk"], one["sk"]), house.cloud.clock.now())])
    house.pass_time(timedelta(minutes=3), timedelta(minutes=1))
    assert {one.state for one in house.documents("alfa")} == {"delivered"}
    assert house.remote_signing.vault.pin_failures == 1


def test_a_key_that_kms_will_not_use_waits_for_the_operator(house: House) -> None:
    _reseller(house, "alfa")
    key = holders.bind_kms(house, "alfa")
    house.cloud.client("kms").disable_key(KeyId=key)
    _drop(house, "alfa", "A-1")
    house.settle()
    assert _one(house).state == "ready"
    (row,) = _rows()
    assert row["error"] == "signing_key_unusable"
    house.cloud.client("kms").enable_key(KeyId=key)
    house.pass_time(timedelta(minutes=5), timedelta(minutes=1))
    assert _one(house).state == "delivered"


def test_nothing_is_signed_by_a_revoked_certificate(house: House) -> None:
    """SdI would reject it all, name by name: it waits until the operator has bound another key."""
    hub = _reseller(house, "alfa")
    credential = holders.bind_remote(house, "alfa")
    moment = house.cloud.clock.now() - timedelta(minutes=1)
    house.revocation.revoke(credential.certificates[0], at=moment)
    _drop(house, "alfa", "A-1")
    house.settle()
    assert (_one(house).state, house.sdi.files()) == ("ready", [])
    (row,) = _rows()
    assert row["error"] == "signing_certificate_revoked"
    asked = [method for method, _ in house.remote_signing.requests]
    assert "signatures/signHash" not in asked
    holders.bind_kms(house, "alfa")
    house.pass_time(timedelta(minutes=5), timedelta(minutes=1))
    assert _one(house).state == "delivered"
    # Who cannot be asked stops nobody.
    house.revocation.fault = "down"
    holders.bind_remote(house, "alfa")
    _drop(house, "alfa", "A-2")
    house.settle()
    assert holders.REMOTE_NAME in _signers(house, hub)["A-2"]


def test_what_does_not_work_is_not_bound(house: House) -> None:
    _reseller(house, "alfa")
    now = house.cloud.clock.now()
    credential = holders.bind_remote(house, "alfa")
    good = holders.remote_config(house, credential.id)
    (before,) = mandates.listed("alfa")
    for config, code, reason in (
        ({}, "signer_config", "signer"),
        ({"signer": "pkcs12", "signer_p12": "x"}, "signer_config", "signer"),
        (good | {"signer_colour": "red"}, "signer_config", "signer_colour"),
        (good | {"signer_p12": "x"}, "signer_config", "signer_p12"),
        (good | {"signer_ca": "x" * 70_000}, "signer_config", "too long"),
        (good | {"signer_pin": "x" * 4_001}, "signer_config", "too long"),
        (good | {"signer_timeout_s": "0"}, "signer_config", "signer_timeout_s"),
        (good | {"signer_timeout_s": "600"}, "signer_config", "signer_timeout_s"),
        (good | {"signer_url": "http://example.com/csc/v1"}, "csc_address", ""),
        (good | {"signer_credential": "none"}, "csc_credential", ""),
        (good | {"signer_password": "wrong"}, "csc_login", ""),
        ({"signer": "kms", "signer_key": "alias/none",
          "signer_certificate": before.open["signer_ca"]}, "signing_key_unreadable", ""),
    ):  # fmt: skip
        with pytest.raises(Rejected) as refused:
            mandates.bind("alfa", "", config, "test", now)
        assert refused.value.code == code
        assert refused.value.details.get("reason", "") == reason
        assert "segreta" not in str(refused.value) + str(refused.value.details)
    for tenant, customer in (("nobody", ""), ("alfa", "nobody")):
        with pytest.raises(NotFound):
            mandates.bind(tenant, customer, good, "test", now)
    assert mandates.listed("alfa") == [before]


def test_what_is_secret_is_sealed_for_its_tenant(house: House) -> None:
    for tenant in ("alfa", "beta"):
        _reseller(house, tenant)
    holders.bind_remote(house, "alfa")
    (mandate,) = mandates.listed("alfa")
    assert "segreta" not in str(mandate) + str(vars(mandate))
    (item,) = dynamo.query(mandates._partition("alfa"))
    assert "segreta" not in str(item)
    assert not {"signer_pin", "signer_password", "signer_user"} & set(item["open"])
    # Copied to another tenant's key it opens nothing: his name is bound into it.
    from botocore.exceptions import ClientError

    from chalicelib.base import secrets

    with pytest.raises(ClientError):
        secrets.unseal("beta", item["sealed"])
    assert store.get("alfa", "none") is None
