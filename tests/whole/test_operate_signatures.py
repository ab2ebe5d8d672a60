"""The operator says whom to believe and who signs for whom, by his command, on a running house."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.accounts import audit_store
from chalicelib.invoicing import authorities, mandates
from infra import operate
from infra.local import holders
from infra.local.house import House, Reseller
from infra.signing import SIGNING_TAG

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command against the house, as if it were a stack of CloudFormation."""
    there = {logical: house.cloud.environment[name] for name, logical in operate._OF_STACK.items()}

    def physical(stack: str, logical: str) -> str:
        assert stack == house.cloud.name
        return there[logical]

    monkeypatch.setattr(operate, "_physical", physical)

    def act(*arguments: str | Path) -> tuple[int, str, str]:
        status = operate.main(["--stack", house.cloud.name, *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return act


def test_whom_to_believe(house: House, run: Run, tmp_path: Path) -> None:
    ca, seal, none = tmp_path / "ca.pem", tmp_path / "seal.pem", tmp_path / "none.pem"
    ca.write_bytes(house.authority.ca_pem)
    seal.write_bytes(house.authority.seal_ca_pem)
    none.write_bytes(house.authority.seal_cert_pem)
    status, out, _ = run("trust", "qualified", ca)
    assert (status, "Nothing changed" in out) == (0, True)
    status, out, _ = run("trust", "qualified", ca, seal)
    assert status == 0
    assert "qualified 2: 2 authorities" in out
    new = authorities.current("qualified")
    assert new is not None
    assert new.sha256 in out
    assert new.by.startswith("arn:aws:")  # who AWS takes the operator for
    for arguments, code, named in (
        (("qualified", none), "trust_not_authority", "Sistema Interscambio Fattura PA"),
        (("qualified", tmp_path / "gone.pem"), "unreadable", "gone.pem"),
        (("seal", ca), "seal_authority", ""),
        (("seal", __file__), "trust_bundle", ""),
    ):
        status, _, err = run("trust", *arguments)
        assert (status, err.partition(":")[0]) == (1, code)
        assert named in err
    status, out, _ = run("trust", "qualified", "--nobody")
    assert (status, "qualified 3: nobody" in out) == (0, True)
    status, out, _ = run("trusted")
    lines = [line.partition(":")[0] for line in out.splitlines()]
    assert lines == ["qualified 3", "qualified 2", "qualified 1", "seal 1"]


@pytest.mark.parametrize(
    "wrong", [["trust", "qualified"], ["trust", "qualified", "x.pem", "--nobody"],
              ["trust", "all", "x.pem"], ["signer", "--reseller", "demo"]],
)  # fmt: skip
def test_wrong_use(wrong: list[str], run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*wrong)
    assert ended.value.code == 2


def test_who_signs_for_whom(
    house: House, reseller: Reseller, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "The house's own key" in run("signers", "--reseller", "demo")[1]
    credential = holders.bind_remote(house, "demo")
    config = holders.remote_config(house, credential.id)
    file = tmp_path / "signer.json"
    file.write_text(json.dumps(config))
    whose = ("signer", "--reseller", "demo", "--customer", "elena-vitali")
    status, out, _ = run(*whose, "--file", file)
    assert (status, "demo/elena-vitali: csc, version 1" in out) == (0, True)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    status, out, _ = run(*whose, "--file", "-")
    assert (status, "version 2" in out) == (0, True)
    status, out, _ = run("signers", "--reseller", "demo")
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        "(all others)", "elena-vitali",
    ]  # fmt: skip
    for text, code in (("no", "signer_config"), ("[]", "signer_config"),
                       (json.dumps(config | {"signer_pin": ""}), "csc_pin_missing")):  # fmt: skip
        file.write_text(text)
        status, out, err = run(*whose, "--file", file)
        assert (status, err.partition(":")[0]) == (1, code)
        assert holders.PASSWORD not in out + err
    assert run(*whose, "--end")[0] == 0
    status, _, err = run(*whose, "--end")
    assert (status, err.partition(":")[0]) == (1, "not_found")
    assert [one.customer for one in mandates.listed("demo")] == [""]
    # What the operator did is in the reseller's trail, and what was refused is not.
    told = [row["said"] for row in audit_store.waiting("demo", 10)]
    assert {(one["what"], one["facts"]["state"]) for one in told} == {
        ("signer:elena-vitali", "bound"), ("signer:elena-vitali", "ended"),
    }  # fmt: skip
    assert {one["actor"]["id"] for one in told} == {"operator"}


def test_a_key_without_the_tag_is_refused_before_it_is_bound(
    house: House, reseller: Reseller, run: Run, tmp_path: Path
) -> None:
    key = holders.bind_kms(house, "demo")
    (mandate,) = mandates.listed("demo")
    file = tmp_path / "kms.json"
    kms = house.cloud.client("kms")
    kms.create_alias(AliasName="alias/firma", TargetKeyId=key)
    for name in (key, "alias/firma"):
        file.write_text(json.dumps({"signer": "kms", **mandate.open, "signer_key": name}))
        assert run("signer", "--reseller", "demo", "--file", file)[0] == 0
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": SIGNING_TAG, "TagValue": "other"}])
    status, _, err = run("signer", "--reseller", "demo", "--file", file)
    assert (status, err.partition(":")[0]) == (1, "signing_key_not_tagged")
    file.write_text(json.dumps({"signer": "kms", **mandate.open, "signer_key": "alias/none"}))
    status, _, err = run("signer", "--reseller", "demo", "--file", file)
    assert (status, err.partition(":")[0]) == (1, "signing_key_unusable")
