"""Whom the house believes: kept in versions, taken over within minutes, never taken on faith."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.base import clock, dynamo, keys, limits, s3
from chalicelib.base.errors import Conflict, Rejected, Transient
from chalicelib.invoicing import authorities
from chalicelib.invoicing.signing.seal import SealTrust
from chalicelib.invoicing.signing.trust import NO_TRUST
from infra.local.authority import Authority
from tests.world import START, World

from . import pem
from .signing.authorities import build, leaf


@pytest.fixture
def house(world: World) -> World:
    world.clock.set(START)
    authorities.forget()
    return world


def test_nobody_is_believed_until_somebody_says_so(house: World) -> None:
    assert authorities.trust() is NO_TRUST
    assert authorities.seal_trust() == SealTrust()
    for kind in authorities.KINDS:
        assert authorities.current(kind) is None
        assert authorities.versions(kind) == []


def test_versions_with_who_when_and_what(house: World, signing_authority: Authority) -> None:
    own = signing_authority.ca_pem
    first = authorities.put("qualified", own, "anna", START)
    assert (first.number, first.certificates, first.by) == (1, 1, "anna")
    assert first.at == clock.stamp(START)
    assert first.until > "2030"
    # The same again, in whatever words around it, is no news.
    assert authorities.put("qualified", b"# CA\n" + own + own, "bruno", START) == first
    nobody = authorities.put("qualified", None, "bruno", START + timedelta(hours=1))
    again = authorities.put("qualified", own, "carla", START + timedelta(hours=2))
    assert [one.number for one in (nobody, again)] == [2, 3]
    assert (nobody.sha256, nobody.certificates) == ("", 0)
    assert again.sha256 == first.sha256
    assert authorities.versions("qualified") == [again, nobody, first]
    assert authorities.current("qualified") == again
    assert authorities.versions("seal") == []
    place = s3.Place(house.environment["SDI_BUCKET"], f"trust/{first.sha256}.pem")
    assert s3.get(place).strip() == own.strip()


def test_what_is_refused_changes_nothing(house: World, signing_authority: Authority) -> None:
    good = authorities.put("qualified", signing_authority.ca_pem, "anna", START)
    for data, at, code in (
        (b"", START, "trust_bundle"),
        (pem(leaf()), START, "trust_not_authority"),
        (signing_authority.ca_pem, START + timedelta(days=9_999), "trust_expired"),
    ):
        with pytest.raises(Rejected) as refused:
            authorities.put("qualified", data, "anna", at)
        assert refused.value.code == code
    with pytest.raises(Rejected) as refused:
        authorities.put("seal", signing_authority.ca_pem, "anna", START)
    assert refused.value.code == "seal_authority"
    assert authorities.versions("qualified") == [good]
    assert authorities.versions("seal") == []


def test_two_operators_at_once(
    house: World, signing_authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    authorities.put("qualified", signing_authority.ca_pem, "anna", START)
    monkeypatch.setattr(authorities, "current", lambda _: None)
    with pytest.raises(Conflict) as late:
        authorities.put("qualified", signing_authority.ca_pem, "bruno", START)
    assert late.value.code == "trust_changed"


def test_workers_follow_within_minutes(house: World, signing_authority: Authority) -> None:
    assert authorities.trust() is NO_TRUST
    kept = dict(authorities._kept)
    authorities.put("qualified", signing_authority.ca_pem, "anna", START)
    authorities._kept.update(kept)  # another process has not heard of it
    assert authorities.trust() is NO_TRUST
    house.pass_time(limits.TRUST_AGE_S)
    found = authorities.trust()
    assert found.anchors
    # While nothing changes it stays the same, with all that was learnt about revocation.
    house.pass_time(limits.TRUST_AGE_S)
    assert authorities.trust() is found
    authorities.put("qualified", None, "anna", START)
    assert authorities.trust() is NO_TRUST
    # A clock that was wrong for a moment must not make a bundle last for ever.
    authorities.put("qualified", signing_authority.ca_pem, "anna", START)
    assert authorities.trust().anchors
    kept = dict(authorities._kept)
    authorities.put("qualified", None, "anna", START)
    authorities._kept.update(kept)
    house.clock.set(START - timedelta(days=1))
    assert authorities.trust() is NO_TRUST


@pytest.mark.parametrize("how", ["changed", "gone"])
def test_certificates_that_are_not_those_that_were_put(
    house: World, signing_authority: Authority, how: str
) -> None:
    put = authorities.put("seal", signing_authority.seal_ca_pem, "anna", START)
    assert authorities.seal_trust().issuers
    authorities.forget()
    where = {"Bucket": house.environment["SDI_BUCKET"], "Key": f"trust/{put.sha256}.pem"}
    if how == "changed":
        stranger = build("CA Agenzia delle Entrate", "radice").public_bytes(Encoding.PEM)
        house.client("s3").put_object(**where, Body=stranger)
    else:
        house.client("s3").delete_object(**where)
    with pytest.raises(Transient) as failed:
        authorities.seal_trust()
    assert failed.value.code == "trust_damaged"


def test_a_row_is_the_houses_own(house: World, signing_authority: Authority) -> None:
    authorities.put("qualified", signing_authority.ca_pem, "anna", START)
    (item,) = dynamo.query(authorities._PARTITION)
    assert keys.tenant_of(item["pk"]) == keys.HOUSE
