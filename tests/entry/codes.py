"""Every code that the product can answer with, read out of its source."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from chalicelib.entry import web

ROOT = Path(__file__).parents[2] / "chalicelib"
FAILURES = {"Rejected", "Conflict", "Transient"}
# First arguments that are no literal and no parameter: where their values come from.
ELSEWHERE = {
    "member.refusal": "codes of base/archives.py",
    **dict.fromkeys(
        ("refusal.code", "refused.code", "failure.code"), "another failure's code passed on"
    ),
    "new.document_code": "codes of accounting/events_fpc/fiscal.py, kept with a registration",
    "found.reason": "reasons of a delivery that was left out, of delivery/channels.py",
    "broken[0].code": "SdI's code of a finding on a signature",
    "*_FINAL[code]": "the table of signing/csc.py",
    "f'csc_{kind}_missing'": "csc_pin_missing and csc_otp_missing of signing/csc.py",
}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _literals(node: ast.expr) -> list[str] | None:
    """The texts that an expression can be; None when it is not a matter of literals."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        both = [_literals(node.body), _literals(node.orelse)]
        return None if None in both else [text for part in both for text in part or []]
    return None


class _Collector(ast.NodeVisitor):
    """Codes of one module; `open` are names of functions that hand their `code` on."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.open: set[str] = set()
        self.unknown: set[str] = set()
        self._inside: list[ast.FunctionDef] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node)
        self.generic_visit(node)
        self._inside.pop()

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if _called(node) not in FAILURES or not node.args:
            return
        texts = _literals(node.args[0])
        if texts is not None:
            self.found |= set(texts)
        elif isinstance(node.args[0], ast.Name) and self._inside:
            self.open.add(self._inside[-1].name)
        else:
            self.unknown.add(ast.unparse(node.args[0]))


@cache
def collected() -> tuple[frozenset[str], frozenset[str]]:
    """(codes, expressions that could not be followed)."""
    trees = [ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))]
    found: set[str] = set()
    unknown: set[str] = set()
    for tree in trees:
        one = _Collector()
        one.visit(tree)
        found |= one.found
        unknown |= one.unknown
        found |= _handed_to(tree, one.open)
    return frozenset(found), frozenset(unknown)


def _handed_to(tree: ast.Module, functions: set[str]) -> set[str]:
    """Literal first arguments of the calls to these functions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in functions and node.args:
            found |= set(_literals(node.args[0]) or [])
    return found


def answered() -> frozenset[str]:
    """What an answer of the API may carry."""
    own = {code for code, _, _ in web._OWN_CODES.values()}
    return collected()[0] | own | {"not_found", "conflict"}
