"""The gate is the only way out: read from the code, and asked for every kind of sender."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chalicelib.accounts.model import Customer
from chalicelib.messages import gate
from chalicelib.messages.model import Mail

pytestmark = pytest.mark.feature("F004-029")
CODE = Path(__file__).parents[2] / "chalicelib"
MAIL = Mail("someone@example.org", "s", "b")


def callers(name: str) -> set[str]:
    """Modules that call something by this dotted name."""
    found = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                found.add(path.relative_to(CODE).as_posix())
    return found


def test_nobody_else_hands_a_mail_to_ses() -> None:
    assert callers("mailer.send") == {"messages/mail.py"}
    ses = {path.name for path in CODE.rglob("*.py") if 'client("ses")' in path.read_text()}
    assert ses == {"mailer.py"}


def test_nobody_else_makes_what_may_be_sent() -> None:
    assert callers("Passed") | callers("gate.Passed") == {"messages/gate.py"}
    assert callers("mail.send") == {"messages/service.py", "messages/letters.py"}


@pytest.mark.parametrize("own", [True, False])
def test_the_house_writes_about_ones_own_account_only(own: bool) -> None:
    found = gate.passed("_users", MAIL, own_account=own)
    assert (found is not None) is own


@pytest.mark.parametrize("notify", [True, False])
def test_what_is_about_a_customer_asks_him(notify: bool) -> None:
    customer = Customer("c1", "n", ("IT1",), MAIL.to, notify=notify)
    found = gate.passed("alfa", MAIL, registered=MAIL.to, customer=customer)
    assert (found is not None) is notify


def test_a_tenants_own_address_needs_nobody() -> None:
    found = gate.passed("alfa", MAIL, registered="Someone@EXAMPLE.org")
    assert found is not None
    assert found.mail is MAIL
