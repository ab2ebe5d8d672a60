"""Roles, scopes and what a grant may be (pure)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.accounts import grants
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.model import PERSONAL_SCOPES, SCOPES
from chalicelib.base import clock
from chalicelib.base.errors import Rejected

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECRETARY = Grant(
    id="g", tenant="studio", kind="practice", user="u", role="secretary", given_by="p",
    starts_at=clock.stamp(NOW), cabinets=("centro",),
)  # fmt: skip


def test_every_scope_of_a_role_exists() -> None:
    known = set(SCOPES) | set(PERSONAL_SCOPES)
    for pair, scopes in grants.SCOPES_OF.items():
        assert scopes <= known, pair


@pytest.mark.feature("F003-001", "F003-013", "F003-017", "F003-035")
@pytest.mark.parametrize("role", ["secretary", "substitute", "accountant", "colleague"])
def test_a_delegate_has_nothing_that_is_not_given_to_his_role(role: grants.Role) -> None:
    assert grants.scopes_of("practice", role) == frozenset()


@pytest.mark.feature("F003-043")
def test_only_the_head_of_each_kind_gives_access() -> None:
    for (kind, role), scopes in grants.SCOPES_OF.items():
        assert ("grants:write" in scopes) == (role == grants.HEAD[kind] and kind != "house")


@pytest.mark.feature("F000-049")
def test_support_reads_settings_and_changes_nothing() -> None:
    for kind in grants.KINDS:
        if kind == "house":
            continue
        scopes = grants.scopes_of(kind, "support")
        assert not any(one.endswith(":write") for one in scopes)
        assert "documents:read" not in scopes


@pytest.mark.feature("F000-052")
def test_administrators_and_support_always_show_a_one_time_password() -> None:
    assert ("reseller", "administrator") in grants.ALWAYS_OTP
    assert {(kind, "support") for kind in grants.KINDS} <= grants.ALWAYS_OTP


@pytest.mark.feature("F003-006")
def test_a_grant_without_end_holds_after_ten_years() -> None:
    assert SECRETARY.holds(NOW)
    assert SECRETARY.holds(NOW + timedelta(days=3_653))
    assert not SECRETARY.holds(NOW - timedelta(seconds=1))


def test_a_grant_holds_until_its_end_and_not_after_revocation() -> None:
    end = NOW + timedelta(hours=1)
    ended = dataclasses.replace(SECRETARY, ends_at=clock.stamp(end))
    assert ended.holds(end - timedelta(milliseconds=1))
    assert not ended.holds(end)
    revoked = dataclasses.replace(SECRETARY, revoked_at=clock.stamp(end))
    assert not revoked.holds(NOW)


@pytest.mark.feature("F003-002", "F003-003", "F003-004")
@pytest.mark.parametrize("role", ["secretary", "substitute", "accountant"])
def test_the_delegated_roles_are_given_by_cabinet(role: grants.Role) -> None:
    assert grants.checked(dataclasses.replace(SECRETARY, role=role))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "support"}, "grant_role"),
        ({"role": "administrator"}, "grant_role"),
        ({"cabinets": None}, "grant_cabinets"),
        ({"cabinets": ()}, "grant_cabinets"),
        ({"role": "principal"}, "grant_cabinets"),
        ({"customer": "c1"}, "grant_customer"),
        ({"ends_at": SECRETARY.starts_at}, "grant_end"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        grants.checked(dataclasses.replace(SECRETARY, **change))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_customers_access_names_the_customer() -> None:
    found = dataclasses.replace(
        SECRETARY, kind="reseller", role="customer", cabinets=None, customer="c1"
    )
    assert grants.checked(found) is found
    with pytest.raises(Rejected):
        grants.checked(dataclasses.replace(found, customer=""))
