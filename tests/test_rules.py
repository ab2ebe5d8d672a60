"""The rules of the house that no type checker knows: who imports whom, and what is never done."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from importlinter.cli import lint_imports

from chalicelib.base.log import FIELDS

ROOT = Path(__file__).parents[1]
CODE = ROOT / "chalicelib"
FEATURES = ROOT.parent / "shared" / "FEATURES.md"
MODULES = sorted(CODE.rglob("*.py"))
EVENT_MODULES = (
    *("on_audit", "on_credits", "on_intake", "on_mail_event", "on_receive", "on_sdi", "on_send"),
    *("on_dues", "on_tell", "nightly", "hourly", "sweep", "sdi_door"),
    *("on_collect", "on_deliver", "on_reconcile"),
)
LINES = 400

# Public functions of stores that do not take the tenant first, and why that is right.
NOT_OF_A_TENANT = {
    "accounts/store.py": {
        "read_key": "out of an item",
        "people": "tenants, and tenant and id in each pair",
    },
    "accounting/store.py": {
        "same": "a condition",
        "paid_day": "of facts",
        "read_group": "out of an item",
        "banked": "attributes of an item",
        "read_flow": "out of an item",
        "read_hub": "out of an item",
        "head_of": "of a text",
    },
    "invoicing/store.py": {
        "read": "out of an item",
        "get_many": "tenant and id in each pair",
        "load": "rows of work, whose keys hold their tenant",
        "history_rows": "tenant, id and version in each",
        "owners": "the house's own names at SdI lead to the tenant",
        "take_names": "the house's counter",
        "unmatched": "what belongs to nobody",
        "list_unmatched": "what belongs to nobody",
        "listed": "takes a partition that one of the *_partition functions made for a tenant",
    },
    "payments/store.py": {
        "list_bodies": "those that collect, for everybody who wants to pay",
        "read_body": "out of an item",
        "claim_key": "of the house: whose notices bear a code",
        "owner_of": "of the house: a notice leads to its tenant",
        "owners_of": "of the house: a notice leads to its tenant",
    },
    "payments/checkout/store.py": dict.fromkeys(
        ("born", "get", "of_slot", "answered", "given_up", "returned"),
        "a cart is a citizen's, of notices of several bodies; its id is random",
    ),
    "payments/dues/store.py": {"find_persons": "who has a tax code, whichever body knows him"},
    "payments/positions/store.py": {
        "read_position": "out of an item",
        "get_positions": "tenant and id in each pair",
    },
    "payments/receipts/store.py": {"name_of": "of a text"},
    "messages/store.py": {
        "save_legs": "a row that the worker read, with its key",
        "seen": "a key made by digest_partition or invoicing's partition",
    },
}
# Where XML is parsed beside base/xml.py: trusted files of the build.
PARSES_XML = {"base/xml.py", "base/xmlstream.py", "invoicing/fatturapa/schema.py"}
PARSING = re.compile(r"(lxml\.)?(etree|ElementTree|ET)\.(parse|fromstring|XML|iterparse)")
WITH_MONEY = {"invoicing", "payments", "accounting"}
# Lengths in points on a page; amounts are text there.
ON_PAPER = re.compile(
    r"(invoicing/(courtesy|delegation)|payments/notice)/\w+\.py|payments/receipts/(pdf|paper)\.py"
)
# Parameters and fields whose content may never be logged.
SECRET = re.compile(
    r"secret|password|token|hash|mail|name|fiscal|body|raw|content|data|text|number|xml|url"
)


def name(path: Path) -> str:
    return path.relative_to(CODE).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def calls(module: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with its dotted name (`log.write`)."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


# ------------------------------------------------------------------ imports
def test_imports_go_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contracts of pyproject.toml."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_a_worker_starts_without_heavy_libraries() -> None:
    """AWS imports the module alone: what is loaded then is its cold start."""
    loaded = "; ".join(f"import chalicelib.entry.{module}" for module in EVENT_MODULES)
    code = f"import sys; {loaded}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {module.partition(".")[0] for module in done.stdout.split()}
    heavy = {"pydantic", "fpdf", "openpyxl", "pyhanko", "zeep", "moto", "pytest", "infra", "tests"}
    assert "chalicelib" in found
    assert not found & heavy


def test_no_package_is_named_like_the_standard_library() -> None:
    for path in CODE.rglob("__init__.py"):
        assert path.parent.name not in sys.stdlib_module_names, name(path)


# ------------------------------------------------------------------ what code does not do
@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "store.py"], ids=name)
def test_stores_take_the_tenant_first(path: Path) -> None:
    known = NOT_OF_A_TENANT.get(name(path), {})
    functions = {
        node.name: node
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert set(known) <= set(functions), "an exception for what is not there"
    for function, node in functions.items():
        arguments = [one.arg for one in node.args.args]
        if function not in known:
            assert arguments[:1] == ["tenant"], f"{function}{arguments}"


def test_no_money_is_a_float() -> None:
    for path in MODULES:
        if path.relative_to(CODE).parts[0] not in WITH_MONEY:
            continue
        for node in ast.walk(tree(path)):
            where = f"{name(path)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Constant) and not ON_PAPER.fullmatch(name(path)):
                assert not isinstance(node.value, float), where
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) != "float", where


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_printed_parsed_or_slept(path: Path) -> None:
    for called, node in calls(tree(path)):
        where = f"{name(path)}:{node.lineno}"
        assert called not in ("print", "eval", "exec", "breakpoint"), where
        if re.fullmatch(
            r"(lxml\.)?(etree|ElementTree|ET)\.(parse|fromstring|XML|iterparse)", called
        ):
            assert name(path) in PARSES_XML, where
        if called in ("time.sleep", "sleep"):
            assert name(path) == "base/dynamo.py", f"{where}: only a busy table is waited for"
        if called.endswith("datetime.now") or called in ("datetime.utcnow", "date.today"):
            assert name(path) == "base/clock.py", where


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_log_lines_hold_allowed_fields_only(path: Path) -> None:
    for called, node in calls(tree(path)):
        if called not in ("log.write", "log.metric"):
            continue
        where = f"{name(path)}:{node.lineno}"
        assert node.args, where
        for one in node.keywords:
            assert one.arg is not None, f"{where}: fields are written out, so that they can be read"
            if called == "log.write":
                assert one.arg in FIELDS, where
            used = {part.attr for part in ast.walk(one.value) if isinstance(part, ast.Attribute)}
            used |= {part.id for part in ast.walk(one.value) if isinstance(part, ast.Name)}
            # `type(error).__name__`, the declared name of a route and Lambda's context are ours.
            used -= {"__name__", "declared", "name", "message_type", "context"}
            assert not {word for word in used if SECRET.search(word)}, where
    text = path.read_text()
    assert "import logging" not in text, "lines are written by base/log.py"


def test_no_field_of_the_log_could_hold_a_secret() -> None:
    allowed = {"message_type"}
    assert not {field for field in FIELDS - allowed if SECRET.search(field)}


# ------------------------------------------------------------------ signatures
def policies() -> dict[str, list[dict[str, Any]]]:
    """The statements of each function's policy."""
    found = sorted((ROOT / ".chalice" / "policies").glob("*.json"))
    return {path.stem: json.loads(path.read_text())["Statement"] for path in found}


def test_kms_may_be_asked_for_what_the_code_asks_and_for_nothing_else() -> None:
    """What `base/kms.py` writes into its calls is what the policy's conditions allow."""
    asked: dict[str, dict[str, str]] = {}
    for called, node in calls(tree(CODE / "base" / "kms.py")):
        action = called.rpartition(".")[2]
        if action in ("sign", "get_public_key"):
            asked[action] = {
                f"kms:{one.arg}": one.value.value
                for one in node.keywords
                if one.arg and isinstance(one.value, ast.Constant)
            }
    allowed = {
        action: statement["Condition"]["StringEquals"]
        for statements in policies().values()
        for statement in statements
        for action in statement["Action"]
        if action in ("kms:Sign", "kms:GetPublicKey")
    }
    tag = {"aws:ResourceTag/sportello-signing": {"Ref": "AWS::StackName"}}
    assert allowed == {
        "kms:Sign": asked["sign"] | tag,
        "kms:GetPublicKey": asked["get_public_key"] | tag,
    }


def test_no_policy_is_for_everything() -> None:
    for function, statements in policies().items():
        for statement in statements:
            assert statement["Resource"] not in ("*", ["*"]), f"{function}: {statement['Sid']}"
            for action in statement["Action"]:
                assert "*" not in action, f"{function}: {action}"


def test_strangers_addresses_are_called_in_one_place() -> None:
    """What certificates name is fetched by one module, asked by one, made by two who bound it."""
    for module, users in (
        ("fetch", {"invoicing/signing/lookup.py"}),
        ("lookup", {"invoicing/authorities.py", "invoicing/check.py"}),
    ):
        pattern = re.compile(rf"signing import .*\b{module}\b|signing\.{module} import")
        found = {name(path) for path in MODULES if pattern.search(path.read_text())}
        assert found == users


# ------------------------------------------------------------------ features
def test_every_feature_named_in_a_test_exists() -> None:
    if not FEATURES.is_file():
        pytest.skip("the list of features is not at hand")
    known = set(re.findall(r"\b(?:F\d{3}-\d{3}|U-\d{2})\b", FEATURES.read_text()))
    assert known
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for called, node in calls(tree(path)):
            if called == "pytest.mark.feature":
                for one in node.args:
                    assert isinstance(one, ast.Constant), f"{path}:{node.lineno}"
                    assert one.value in known, f"{path.name}:{node.lineno}: {one.value}"
