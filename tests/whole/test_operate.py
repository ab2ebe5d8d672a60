"""The operator's command, on a running house."""

from __future__ import annotations

import pytest

from chalicelib.base import dynamo, work
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
