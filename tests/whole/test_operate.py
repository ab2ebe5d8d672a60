"""The operator's command, on a running house."""

from __future__ import annotations

import pytest

from chalicelib.accounts import audit, audit_store
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.model import Customer
from chalicelib.base import clock, dynamo, fields, work
from chalicelib.base.errors import Rejected
from chalicelib.invoicing import store
from infra import operate
from infra.local.house import House
from tests.whole.client import Hub


def test_a_reseller_is_made_and_his_key_opens_the_api(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    new = ["reseller", "--id", "studio-rossi", "--name", "Studio Rossi", "--mail", "a@b.example"]
    assert operate.main([*where, *new]) == 0
    token = capsys.readouterr().out.split()[-1]
    assert Hub(house.gateway.url, token).get("/v1/me")["tenant"] == "studio-rossi"
    assert operate.main([*where, *new]) == 1
    assert "reseller_exists" in capsys.readouterr().err
    assert operate.main([*where, *new[:3], *new[3:5], "--mail", "nobody"]) == 1
    assert "mail_address" in capsys.readouterr().err


def test_parked_work_is_shown_and_given_back(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    assert operate.main([*where, "parked"]) == 0
    assert "No work" in capsys.readouterr().out
    now = house.cloud.clock.now()
    row = work.row("tell", store.partition("demo", "d1"), "000001", now, document="d1")
    dynamo.commit([dynamo.Put({**row.item, "wk": work.PARKED, "error": "mail_refused"})])
    assert operate.main([*where, "parked"]) == 0
    pk, sk, error = capsys.readouterr().out.split()[:3]
    assert error == "mail_refused"
    assert operate.main([*where, "unpark", pk, sk]) == 0
    assert work.parked() == []
    assert operate.main([*where, "unpark", pk, sk]) == 1
    assert operate.main([*where, "unmatched"]) == 0


@pytest.mark.parametrize("wrong", [[], ["--table", "t"], ["--table", "t", "reseller"]])
def test_wrong_use_says_how(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        operate.main(wrong)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.feature("U-10")
def test_a_trail_is_verified_and_a_broken_one_named(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    verify = [*where, "audit-verify", "--tenant", "trail"]
    assert operate.main(verify) == 0
    assert "0 entries" in capsys.readouterr().out
    actor, now = Actor("user", "u1"), house.cloud.clock.now()
    for key in "abc":
        audit.record(audit.entry("trail", actor, Action.KEY_ISSUED, f"key:{key}", now))
    audit_store.chain("trail", now)
    assert operate.main(verify) == 0
    anchor = capsys.readouterr().out.split()[-1]
    assert operate.main([*verify, "--anchor", anchor]) == 0
    assert operate.main([*verify, "--anchor", anchor.replace("3:", "2:")]) == 1
    assert "audit_broken: entry 2: " in capsys.readouterr().err
    assert operate.main([*verify, "--anchor", "nonsense"]) == 1
    place = audit_store.trail("trail"), f"E#{2:012d}"
    dynamo.commit([dynamo.Update(place, put={"at": "2026-01-01T00:00:00.000Z"})])
    capsys.readouterr()
    assert operate.main(verify) == 1
    assert "audit_broken: entry 2: its content" in capsys.readouterr().err


@pytest.mark.feature("F000-048")
def test_a_tenants_key_is_rotated_and_deleted_and_both_are_in_his_trail(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    place = ("closing", "person", "p1", "note")
    old = fields.seal(*place, "text")
    assert operate.main([*where, "rotate-key", "--tenant", "closing"]) == 0
    assert "Key 2" in capsys.readouterr().out
    assert fields.unseal(*place, old) == "text"
    house.cloud.clock.advance(1)
    assert operate.main([*where, "delete-key", "--tenant", "closing", "--for-ever", "clos"]) == 1
    delete = [*where, "delete-key", "--tenant", "closing", "--for-ever", "closing"]
    assert operate.main(delete) == 0
    with pytest.raises(Rejected) as gone:
        fields.unseal(*place, old)
    assert gone.value.code == "data_key_deleted"
    rows = audit_store.waiting("closing", 10)
    assert [row["said"]["action"] for row in rows] == ["data_key_rotated", "data_key_deleted"]
    assert operate.main([*where, "delete-key", "--tenant", "_users", "--for-ever", "_users"]) == 1


@pytest.mark.feature("F000-052")
def test_somebody_is_made_head_of_a_tenant_once(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    person = ["--head", "capo@ordine.example", "--person", "Ada Riva", "--url", house.gateway.url]
    new = ["--name", "Ordine di Prova", "--mail", "ente@ordine.example"]
    body = ["open", "--kind", "body", "--id", "ordine-prova"]
    assert operate.main([*where, *body, *person]) == 1
    assert "tenant_kind" in capsys.readouterr().err
    assert operate.main([*where, *body, *new, *person]) == 0
    token = capsys.readouterr().out.strip().rpartition("#")[2]
    chosen = {"token": token, "password": "lanterna zolfo 41 cigno"}
    status, answer = Hub(house.gateway.url).call("POST", "/v1/password", chosen)
    assert status < 300, answer
    assert operate.main([*where, *body, *person]) == 1
    assert "head_exists" in capsys.readouterr().err
    support = ["open-support", "--head", "aiuto@sportello.example", "--person", "Leo Sala"]
    assert operate.main([*where, *support, "--url", house.gateway.url]) == 0
    assert "support of _house" in capsys.readouterr().out


@pytest.mark.feature("U-02")
def test_a_reseller_pays_for_a_practice(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--table", house.cloud.environment["TABLE"]]
    now = house.cloud.clock.now()
    accounts.create_reseller("hub-paga", "Hub", "hub@paga.example")
    accounts.create_reseller("studio-paga", "Studio", "s@paga.example", kind="practice",
                             registered_at=clock.stamp(now))  # fmt: skip
    customer = Customer("studio", "Studio", ("IT01234567897",))
    accounts.save_customer("hub-paga", customer, now, new=True)
    wanted = [*where, "payer", "--practice", "studio-paga", "--reseller", "hub-paga", "--customer"]
    assert operate.main([*wanted, "nobody"]) == 1
    assert "not_found" in capsys.readouterr().err
    assert operate.main([*wanted, "studio"]) == 0
    assert accounts.get_reseller("studio-paga").payer == ("hub-paga", "studio")
    for trail in ("hub-paga", "studio-paga"):
        said = [row["said"] for row in audit_store.waiting(trail, 10)]
        assert ("settings_changed", "tenant:studio-paga") in [
            (one["action"], one["what"]) for one in said
        ]
    assert operate.main([*where, "payer", "--practice", "studio-paga"]) == 0
    assert accounts.get_reseller("studio-paga").payer == ("", "")
    assert operate.main([*where, "payer", "--practice", "hub-paga"]) == 1
    assert "no_plan" in capsys.readouterr().err
