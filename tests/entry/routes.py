"""A request for every declared route, so that no test has to know them one by one."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.accounts import grants
from chalicelib.accounts.grants import Kind, Role
from chalicelib.accounts.model import PERSONAL_SCOPES
from chalicelib.entry import web
from chalicelib.entry.web import Route
from infra.local.subjects import SELLER
from tests.entry import visitors
from tests.entry.api_world import Answer, Api
from tests.entry.visitors import Visitor

ISSUER = SELLER.country + SELLER.vat
RANDOM_ID = "aaaaaaaaaaaaaaaaaaaaaaaa"


def invoice_values() -> dict[str, Any]:
    """An invoice of the tests' seller, as values."""
    place = {"street": "Via Roma 1", "postcode": "20121", "city": "Milano", "province": "MI"}
    line = {"description": "Visita", "price": "100.10", "rate": 22}
    return {
        "format": "FPR12",
        "seller": {"identity": {"vat": SELLER.vat, "name": "Studio"}, "place": place},
        "buyer": {"identity": {"vat": "12345670017", "name": "Cliente"}, "place": place},
        "documents": [{"kind": "TD01", "number": "C/1", "day": "2026-03-01", "lines": [line]}],
    }


# What makes a request of a route good; a route that wants something and is not here fails.
_BODIES: dict[str, Any] = {
    "change_settings": {"name": "Studio Nuovo"},
    "create_customer": {"id": "new", "name": "Nuovo", "fiscal_ids": ["IT01234567897"]},
    "replace_customer": {"name": "Altro", "fiscal_ids": [ISSUER]},
    "quote_order": {"lines": [{"product": "xml_pa", "quantity": 100}]},
    "place_order": {"lines": [{"product": "xml_pa", "quantity": 100}]},
    "assign_credits": {"product": "xml_pa", "quantity": 1},
    "change_credits_policy": {"at_zero": "continue"},
    "note_customer": {"text": "Ha chiesto il preventivo."},
    "issue_key": {"name": "k", "scopes": ["flows:read"]},
    "ask_sign_up": {"mail": "prova@example.org", "kind": "practice"},
    "register": {"token": "x" * 43, "name": "n", "person": "p", "password": "not looked at"},
    "give_grant": {"mail": "qualcuno@example.org", "role": "operator"},
    "change_grant": {"ends_at": ""},
    "choose_plan": {"plan": "paid"},
    "enter_as_support": {"tenant": "nessuno", "reason": "Richiesta numero 4711"},
    "log_in": {"mail": "nobody@example.org", "password": "not the password"},
    "log_in_by_code": {"token": "none", "code": "000000"},
    "enrol": {"token": "none"},
    "confirm_enrolment": {"token": "none", "code": "000000"},
    "step_up": {"code": "000000"},
    "switch_grant": {"tenant": "none", "grant": "none"},
    "ask_for_reset": {"mail": "nobody@example.org"},
    "set_password": {"token": "none", "password": "not the password"},
    "change_password": {"present": "not the password", "new": "not the other one"},
    "begin_totp": {"password": "not the password"},
    "confirm_totp": {"code": "000000"},
    "create_uploads": {"files": [{"name": "a.xml"}]},
    "decide": {"action": "discard"},
    "hand_in": b"<x/>",
    "check": b"<x/>",
    "compose_invoice": invoice_values(),
    "bring_signed": b"<x/>",
    "bring_receipt": b"<x/>",
    "save_body": {
        "fiscal_code": "80012000826",
        "name": "Ordine di prova",
        "segregations": [{"code": "01", "partner": "12345670017", "name": "Partner"}],
        "segregation": "01",
        "accounts": [{"iban": "IT60X0542811101000000123456", "holder": "Ordine di prova"}],
    },
    "save_logo": b"<svg/>",
    "save_service": {
        "subject": "Quota annuale",
        "taxonomy": "9/0101002IM/",
        "iban": "IT60X0542811101000000123456",
    },
    "save_mapping": {
        "columns": {
            "tax_code": "CF",
            "name": "Nome",
            "amount": "Importo",
            "reason": "Causale",
            "year": "Anno",
            "category": "Categoria",
        },
        "constants": {"service": "quota"},
    },
    "begin_import": {"file_name": "quote.xlsx"},
    "hand_in_dues": b"a;b",
    "commit_import": {},
    "begin_flow": {},
    "exclude_dues": {"dues": ["none"]},
    "begin_export": {"format": "csv"},
    "generate_positions": {"description": "Quota Anno 2026"},
    "preview_amounts": {},
    "make_position": {
        "service": "quota",
        "debtor": {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"},
    },
    "preview_position": {"service": "quota"},
    "edit_position": {"version": 1},
    "preview_edit": {"version": 1},
    "pay_outside": {"day": "2026-11-21"},
    "reopen_position": {"note": "Revocato dal PSP"},
    "save_mail_account": {"address": "quote@ordine.example", "host": "smtp.ordine.example"},
    "try_mail_account": {"to": "qualcuno@ordine.example"},
    "save_delivery_settings": {},
    "begin_delivery": {"channel": "zip", "positions": ["none"]},
    "preview_delivery": {"channel": "zip", "positions": ["none"]},
    "resend_delivery": {},
    "save_carrier": {"setting": {"kind": "appio"}},
    "save_enclosure": b"%PDF-1.7",
    "take_postal_step": {"event": "approve"},
    "save_connection": {"mode": "node"},
    "try_connection": {},
    "save_posting_setting": {"per": "chapter"},
    "preview_posting": {"mode": "flow", "name": "none"},
    "begin_posting": {"mode": "flow", "name": "none"},
    "reverse_order": {"note": "wrong"},
    "set_provisional": {"number": "17"},
    "close_period": {"until": "2026-11-20"},
    "save_treasurer": {
        "abi": "05428",
        "ente": "UFABCD",
        "istat": "000700917",
        "tramite_ente": "A2A-12345678",
        "tramite_bt": "A2A-87654321",
        "ente_bt": "0001",
    },
    "make_opi_flow": {"year": 2026},
    "take_opi_outcomes": b"<x/>",
    "save_treasurer_certificates": {"pem": ""},
    "issue_body_invoice": {
        "position": "none",
        **{name: value for name, value in invoice_values().items() if name != "seller"},
    },
    "save_register": {"kind": "isi", "way": "s3", "format": "csv"},
    "fetch_dues": {"year": 2026},
    "publish_notices": {"flow": "none"},
    "save_training_fiscal": {"practice": "receipt"},
    "save_training_event": {
        "title": "Corso",
        "day": "2026-12-10",
        "service": "quota",
        "cents": 1_000,
    },
    "register_person": {"debtor": {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}},
    "mark_sent": {"name": "IT01234567897_00001.xml"},
    "save_reconciliation_setting": {"way": "none"},
    "hand_in_flow": b"<x/>",
    "decide_flow_revision": {"version": "none", "accept": False, "note": "n"},
    "save_statement_columns": {
        "account": "IT60X0542811101000000123456",
        "columns": {"day": 0, "texts": [1], "amount": 2},
    },
    "preview_statement": b"a;b",
    "hand_in_statement": b"a;b",
    "read_bank_statement": {"columns": "none"},
    "link_movement": {"note": "n", "version": 1},
    "unlink_movement": {"note": "n", "version": 1},
    "portal_search": {"notice": "301000000000004285", "tax_code": "RSSMRA80A41H501Y"},
    "portal_notice": {"key": "none"},
    "portal_open_cart": {"keys": ["none"]},
    "portal_make": {"person": {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}},
    "portal_receipts": {"notice": "301000000000004285", "tax_code": "RSSMRA80A41H501Y"},
    "portal_receipt": {"key": "none"},
    "portal_training_receipt": {"key": "none"},
    "portal_help": {
        "body": "80012000826",
        "name": "Rossi Maria",
        "email": "maria@example.org",
        "text": "Come pago?",
    },
    "decide_help": {"state": "answered", "version": 0},
    "take_preset": {"taxonomy": "9/0101002IM/", "iban": "IT60X0542811101000000123456"},
}
_QUERIES: dict[str, dict[str, str]] = {
    "list_collection_orders": {"year": "2026"},
    "list_opi_flows": {"year": "2026"},
    "export_postings": {"first": "2026-01-01", "last": "2026-12-31"},
    "save_enclosure": {"name": "lettera.pdf"},
    "hand_in": {"name": "a.xml"},
    "hand_in_dues": {"name": "a.csv"},
    "check": {"name": "a.xml"},
    "hand_in_flow": {"name": "f.xml"},
    "hand_in_statement": {"name": "e.csv"},
    "bring_receipt": {"name": "IT01234567897_00001_RC_001.xml"},
    "credit_consumption": {"since": "2026-11-01", "until": "2026-11-30"},
    "numbering": {"issuer": ISSUER, "year": "2026"},
}


def routes() -> list[Route]:
    """Every declared route, in order of declaration."""
    import app  # noqa: F401 - importing it is what declares them

    return web.ROUTES


def label(route: Route) -> str:
    return f"{route.method} {route.path}"


def parameters(route: Route) -> list[str]:
    return re.findall(r"\{(\w+)\}", route.path)


def body(route: Route) -> Any:
    return copy.deepcopy(_BODIES[route.name]) if route.body else None


def call(
    api: Api,
    route: Route,
    token: str = "",
    ids: Mapping[str, str] | None = None,
    **changed: Any,
) -> Answer:
    """A good request; path parameters out of `ids`, else a random one. `changed` wins."""
    path = re.sub(r"\{(\w+)\}", lambda found: (ids or {}).get(found[1], RANDOM_ID), route.path)
    wanted: dict[str, Any] = {
        "body": body(route),
        "query": _QUERIES.get(route.name),
        "headers": {"Idempotency-Key": "k1"} if route.idempotency_key else {},
    }
    return api.call(route.method, path, token, **(wanted | changed))


_insiders: dict[tuple[Any, str, Kind, Role], Visitor] = {}


def call_in(
    api: Api,
    route: Route,
    token: str,
    ids: Mapping[str, str] | None = None,
    **changed: Any,
) -> Answer:
    """A request that gets in: by the key, or where no key does, by a person of the key's tenant in
    a new session, a code given just now."""
    if route.scope != web.SESSION and route.scope not in PERSONAL_SCOPES:
        return call(api, route, token, ids, **changed)
    kind, role = _who_may(route.scope)
    known = api, token.split("_")[1], kind, role
    if known not in _insiders:
        _insiders[known] = visitors.enter(api, known[1], kind, role)
    insider = _insiders[known]
    again = visitors.session(insider.grant, insider.mail, api.now)
    wanted = {"Idempotency-Key": "k1"} if route.idempotency_key else {}
    headers = {**changed.pop("headers", wanted), **again.headers}
    return call(api, route, "", ids, headers=headers, **changed)


def headers_in(api: Api, route: Route, token: str, homes: dict[Kind, str]) -> dict[str, str]:
    """Who a request gets in as: the key's reseller where a key does, else a person in a new
    session, of `homes`' tenant of the right kind (made where there is none yet)."""
    if route.scope == web.PUBLIC:
        return {}
    kind, role = _who_may(route.scope)
    personal = route.scope == web.SESSION or route.scope in PERSONAL_SCOPES
    if kind == "reseller" and not personal:
        return {"Authorization": f"Bearer {token}"}
    if kind not in homes:
        homes[kind] = visitors.tenant(api, kind)
    return visitors.enter(api, homes[kind], kind, role).headers


def _who_may(scope: str) -> tuple[Kind, Role]:
    """Somebody of whom the scope is; an administrator where it is everybody's."""
    first = ("reseller", "administrator")
    found = [pair for pair, scopes in sorted(grants.SCOPES_OF.items()) if scope in scopes]
    return first if scope == web.SESSION or first in found else found[0]


def masked(answer: Answer) -> dict[str, Any]:
    """The body of an error without what differs at every request."""
    found: dict[str, Any] = answer.json
    assert found["error"].pop("request_id")
    return found
