"""The template is whole: nothing lost in the merge, and AWS's own linter has nothing to say."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from infra import package as packager
from tests.package.expand import Json, of_type, uploaded

ENVIRONMENT_BYTES = 4096  # Lambda's limit for names and values together
ARN_BYTES = 120  # longer than any value that AWS will put for a reference


def test_every_completed_resource_exists(bare: Json) -> None:
    merged = packager.load_template(packager.ROOT / "infra" / "resources.yaml")
    for name, resource in merged["Resources"].items():
        if "Type" in resource:
            assert name not in bare["Resources"], f"{name} would overwrite Chalice's own"
            continue
        assert name in bare["Resources"], f"Chalice does not generate {name}"
        generated = bare["Resources"][name]["Properties"].get("Events", {})
        for event, source in resource["Properties"].get("Events", {}).items():
            assert "Type" in source or event in generated, f"{name} has no event {event}"


def test_no_intrinsic_was_merged_into_another(sam: Json) -> None:
    # A deep merge cannot delete: {"Fn::Sub": …} under {"Fn::GetAtt": …} would leave both.
    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            functions = [k for k in value if k == "Ref" or str(k).startswith("Fn::")]
            assert not functions or len(value) == 1, f"{path}: {sorted(value)}"
            for key, inner in value.items():
                walk(inner, f"{path}/{key}")
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                walk(inner, f"{path}/{number}")

    walk(sam, "")


def test_placeholders_are_gone(package_folder: Path) -> None:
    text = (package_folder / packager.TEMPLATE).read_text(encoding="utf-8")
    assert "placeholder" not in text
    assert "000000000000" not in text


@pytest.mark.parametrize("form", ["sam", "cloudformation"])
def test_linter_has_nothing_to_say(form: str, sam: Json, cloudformation: Json) -> None:
    # Warnings and advice ("I") count as well; no rule is switched off.
    template = uploaded(sam) if form == "sam" else cloudformation
    found = lint(
        json.dumps(template), config=ManualArgs(regions=["eu-south-1"], include_checks=["I"])
    )
    assert not [f"{m.rule.id} {'/'.join(map(str, m.path or []))}: {m.message}" for m in found]


def test_every_function_gets_the_same_environment(cloudformation: Json) -> None:
    merged = packager.load_template(packager.ROOT / "infra" / "resources.yaml")
    wanted = merged["Globals"]["Function"]["Environment"]["Variables"]
    size = sum(len(n) + (len(v) if isinstance(v, str) else ARN_BYTES) for n, v in wanted.items())
    assert size < ENVIRONMENT_BYTES
    functions = of_type(cloudformation, "AWS::Lambda::Function")
    assert functions
    for name, function in functions.items():
        assert function["Environment"]["Variables"] == wanted, name


def test_no_function_holds_a_secret_in_its_environment(cloudformation: Json) -> None:
    for name, function in of_type(cloudformation, "AWS::Lambda::Function").items():
        text = json.dumps(function["Environment"])
        assert "resolve:secretsmanager" not in text, name
        assert "resolve:ssm-secure" not in text, name


def test_both_stages_have_the_same_functions() -> None:
    config = json.loads((packager.ROOT / ".chalice" / "config.json").read_text())
    stages = [stage["lambda_functions"] for stage in config["stages"].values()]
    assert all(stage == stages[0] for stage in stages)


def test_every_policy_file_belongs_to_a_function() -> None:
    chalice = packager.ROOT / ".chalice"
    functions = json.loads((chalice / "config.json").read_text())["stages"]["prod"][
        "lambda_functions"
    ]
    used = {chalice / function["iam_policy_file"] for function in functions.values()}
    assert used == set((chalice / "policies").glob("*.json"))
    assert len(used) == len(functions)


def test_layers_hold_exactly_what_is_pinned(package_folder: Path) -> None:
    packed = packager.packed(package_folder / packager.LAYER)
    assert packed == packager.required()


def test_the_same_sources_give_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    # Two copies, as two machines would have them: other times of the files, and leftovers.
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(tree / "chalicelib", one / "chalicelib")
    shutil.copy2(tree / "app.py", one / "app.py")
    shutil.copytree(one, two, copy_function=shutil.copyfile)
    (two / "chalicelib" / "__pycache__").mkdir(exist_ok=True)
    (two / "chalicelib" / "__pycache__" / "left.cpython-311.pyc").write_bytes(b"over")
    for copy in (one, two):
        packager.package("prod", copy / "out", tree=copy)
    for name in (packager.CODE, packager.LAYER, packager.SCHEMAS_LAYER, packager.TEMPLATE):
        assert (one / "out" / name).read_bytes() == (two / "out" / name).read_bytes(), name


def test_only_sources_are_in_the_code(package_folder: Path) -> None:
    with zipfile.ZipFile(package_folder / packager.CODE) as archive:
        names = archive.namelist()
    assert "app.py" in names
    for name in names:
        assert name.split("/")[0] in ("app.py", "chalicelib", "chalice"), name
        assert "__pycache__" not in name
        assert "/." not in name
