"""Import budgets, as sets of packages: time differs between machines, these do not."""

from __future__ import annotations

import pytest

import app as application
from infra.bench.imports import API, HEAVY, event_modules, load_module, module_of
from infra.local.functions import settings_of

SDK = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3", "chalice"}
# botocore takes it where it is there; Lambda's layer does not have it.
OPTIONAL = {"certifi"}
DOCUMENTS = {"lxml", "cryptography", "asn1crypto"}
SHAPES = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
ALLOWED = {
    "hourly": SDK | DOCUMENTS,
    "nightly": SDK,
    "node_door": SDK | DOCUMENTS,
    "on_audit": SDK,
    "on_collect": SDK | DOCUMENTS,
    "on_credits": SDK | DOCUMENTS,
    "on_deliver": SDK | DOCUMENTS,
    "on_dues": SDK | DOCUMENTS,
    "on_intake": SDK | DOCUMENTS,
    "on_mail_event": SDK | DOCUMENTS,
    "on_receive": SDK | DOCUMENTS,
    "on_reconcile": SDK | DOCUMENTS,
    "on_sdi": SDK | DOCUMENTS,
    "on_send": SDK | DOCUMENTS,
    "on_tell": SDK | DOCUMENTS,
    "sweep": SDK,
    API: SDK | DOCUMENTS | SHAPES,
}
NEVER = HEAVY | {"fontTools", "PIL", "xmlschema", "signxml", "requests", "moto", "infra", "tests"}


@pytest.mark.parametrize("function", [*event_modules(), API])
def test_loads_only_what_it_may(function: str) -> None:
    assert function in ALLOWED, f"{function} is new: give it a budget"
    loaded = load_module(module_of(function))
    new = loaded.packages - ALLOWED[function] - OPTIONAL
    assert not new, f"{function} loads what it did not: {', '.join(sorted(new))}"
    assert not loaded.packages & NEVER
    if function != API:
        # Lambda imports an event function's module alone.
        assert not loaded.modules & {"app", *SHAPES}


def test_budgets_are_of_functions_that_exist() -> None:
    assert set(ALLOWED) == {*event_modules(), API}


def test_every_event_function_is_in_a_module_that_is_watched() -> None:
    watched = {module_of(name) for name in event_modules()}
    found = {one.handler.rpartition(".")[0] for one in settings_of(application.app).values()}
    assert found == watched
