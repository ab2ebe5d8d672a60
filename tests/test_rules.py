"""The rules of the house that no type checker knows: who imports whom, and what is never done."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from chalicelib.base.log import FIELDS

ROOT = Path(__file__).parents[1]
CODE = ROOT / "chalicelib"
FEATURES = ROOT.parent / "shared" / "FEATURES.md"
MODULES = sorted(CODE.rglob("*.py"))
EVENT_MODULES = (
    *("on_intake", "on_mail_event", "on_receive", "on_sdi", "on_send", "on_tell"),
    *("sweep", "sdi_door"),
)
LINES = 400

# Public functions of stores that do not take the tenant first, and why that is right.
NOT_OF_A_TENANT = {
    "accounts/store.py": {
        "read_customer": "out of an item",
        "read_key": "out of an item",
        "people": "tenants, and tenant and id in each pair",
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
    "messages/store.py": {
        "save_legs": "a row that the worker read, with its key",
        "seen": "a key made by digest_partition or invoicing's partition",
    },
}
# Where XML is parsed beside base/xml.py: trusted files of the build.
PARSES_XML = {"base/xml.py", "invoicing/fatturapa/schema.py"}
PARSING = re.compile(r"(lxml\.)?(etree|ElementTree|ET)\.(parse|fromstring|XML|iterparse)")
# Lengths in points on a page; amounts are text there.
ON_PAPER = re.compile(r"invoicing/courtesy/\w+\.py")
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
    for path in sorted((CODE / "invoicing").rglob("*.py")):
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
            # `type(error).__name__` and the declared name of a route are ours.
            used -= {"__name__", "declared", "name", "message_type"}
            assert not {word for word in used if SECRET.search(word)}, where
    text = path.read_text()
    assert "import logging" not in text, "lines are written by base/log.py"


def test_no_field_of_the_log_could_hold_a_secret() -> None:
    allowed = {"message_type"}
    assert not {field for field in FIELDS - allowed if SECRET.search(field)}


# ------------------------------------------------------------------ features
def test_every_feature_named_in_a_test_exists() -> None:
    if not FEATURES.is_file():
        pytest.skip("the list of features is not at hand")
    known = set(re.findall(r"\bF\d{3}-\d{3}\b", FEATURES.read_text()))
    assert known
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for called, node in calls(tree(path)):
            if called == "pytest.mark.feature":
                for one in node.args:
                    assert isinstance(one, ast.Constant), f"{path}:{node.lineno}"
                    assert one.value in known, f"{path.name}:{node.lineno}: {one.value}"
