"""What the API says to the office, for states that a real house reaches seldom."""

from __future__ import annotations

from typing import Any

from tests.portal.stub import Stub

MAIL = "anna@ordine.example"
AT = "2026-03-02T09:30:00.000Z"
FLOW, POSITION, BATCH, RUN = "f1", "p1", "i1", "d1"
NAMES = ("Rossi Maria", "Verdi Luca", "Bianchi della Torre Maria Antonietta", "Neri Anna")
SCOPES = ["body:read", "body:write", "grants:read", "grants:write"]


def session(**more: Any) -> dict[str, Any]:
    grant = {"tenant": "ordine", "grant": "g1", "kind": "body", "role": "administrator",
             "cabinets": None, "ends_at": None, "requires_otp": True}  # fmt: skip
    return {
        "csrf": "token-1", "expires_at": AT, "user": "u1", "tenant": "ordine", "grant": "g1",
        "name": "Anna Neri", "mail": MAIL, "language": "it", "second_factor": True,
        "stepped_up_until": None, "scopes": SCOPES, "current": grant, "grants": [grant],
    } | more  # fmt: skip


def opened(csrf: str = "token-2") -> dict[str, Any]:
    return {"csrf": csrf, "expires_at": AT, "user": "u1", "tenant": "ordine", "grant": "g1"}


def due(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"due{number}", "name": NAMES[number % 4], "tax_code": "RSSMRA80A41H501Y",
        "category": "professional", "service": "quota", "reason": f"Quota annuale {number}",
        "year": 2026, "chapter": "1.1", "provenance": "competenza", "cents": 15_000,
        "due": "2026-06-30", "source": "", "state": "open", "position": "", "batch": BATCH,
        "created_at": AT, "stamp": False,
    } | more  # fmt: skip


def flow(**more: Any) -> dict[str, Any]:
    return {
        "id": FLOW, "state": "listed", "created_at": AT, "filter": {}, "excluded": 0, "dues": 4,
        "persons": 4, "cents": 60_000, "undated": 0, "parameters": {}, "groups": 0, "done": 0,
        "made": 0, "code": "",
    } | more  # fmt: skip


GENERATED = flow(state="generated", made=4, parameters={"description": "Quota Anno 2026"})


STANDARD = {
    "name": "standard", "version": 0, "sheet": "", "delimiter": "", "decimal": ",", "constants": {},
    "columns": {"source": "ID origine", "name": "Cognome e nome o denominazione",
                "tax_code": "Codice fiscale o partita IVA", "service": "Tipo", "amount": "Importo"},
}  # fmt: skip
LAYOUT = STANDARD | {
    "name": "albo", "version": 2, "decimal": ".", "constants": {"service": "quota"},
    "columns": {"name": "Iscritto", "tax_code": "CF", "amount": "Dovuto"},
}  # fmt: skip
MAPPINGS = {
    "mappings": [STANDARD, LAYOUT],
    "known": [{"field": name, "needed": name != "source"} for name in STANDARD["columns"]],
}  # fmt: skip


def batch(**more: Any) -> dict[str, Any]:
    return {
        "id": BATCH, "state": "checked", "file_name": "quote 2026.xlsx", "mapping": "standard",
        "created_at": AT, "rows": 4, "good": 4, "faulty": 0, "cents": 60_000, "done": 0,
        "counts": {"new": 0, "updated": 0, "unchanged": 0, "locked": 0}, "code": "",
    } | more  # fmt: skip


def payment(number: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "iuv": f"0100000000000013{number}",
        "notice": f"30100000000000013{number}", "cents": 15_000, "asked_cents": 15_000,
        "due": "2026-06-30", "state": "unpaid",
    } | more  # fmt: skip


def position(**more: Any) -> dict[str, Any]:
    return {
        "id": POSITION, "state": "valid", "origin": "dues", "name": "Rossi Maria",
        "tax_code": "RSSMRA80A41H501Y", "subject": "Quota annuale 2026", "cents": 15_000,
        "ends": "2026-12-31", "flow": FLOW, "created_at": AT, "version": 1,
        "payments": [payment(), payment(1, cents=7_500), payment(2, cents=7_500)],
    } | more  # fmt: skip


def whole(**more: Any) -> dict[str, Any]:
    line = {"service": "quota", "reason": "Quota annuale 2026", "cents": 15_000, "taxonomy": "x",
            "iban": "IT60X0542811101000000123456", "chapter": "1.1", "provenance": "competenza",
            "year": 2026, "due": "2026-06-30"}  # fmt: skip
    events = [
        {"event": "generated", "state": "draft", "at": AT, "by": "system", "facts": {}},
        {"event": "publish", "state": "valid", "at": AT, "by": "system", "facts": {}},
    ]
    told = {"state": "told", "status": "VALID", "version": 1, "at": AT, "code": "", "answered": 0,
            "said": "", "attempts": 0}  # fmt: skip
    more = {"rules": [], "amounts": []} | more
    debtor = {"address": "Via Roma 1", "postcode": "35100", "city": "Padova", "province": "PD",
              "mail": "maria@example.org", "pec": "", "language": ""}  # fmt: skip
    return position(
        lines=[line], transfers=[], timeline=events, pagopa=told, debtor=debtor
    ) | more  # fmt: skip


RECEIPT = {
    "name": "r1", "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1", "creditor": "80012345673",
    "iuv": "01000000000000130", "notice": "301000000000000130", "cents": 15_000, "fee_cents": 0,
    "day": "2026-03-05", "psp_name": "Banca di prova", "debtor_name": "Rossi Maria",
    "debtor_code": "RSSMRA80A41H501Y", "position": POSITION, "number": 0, "double": True,
    "source": "node", "received_at": AT,
}  # fmt: skip


POSTED = {
    "id": "2026-0000012", "year": 2026, "number": 12, "day": "2026-03-09", "provisional": "17",
    "cents": 15_000, "state": "issued", "outcome": "", "treasury": None,
}  # fmt: skip


def run(**more: Any) -> dict[str, Any]:
    return {
        "id": RUN, "channel": "mail", "profile": "quote", "options": {}, "flow": FLOW,
        "state": "done", "created_at": AT, "starts_at": AT, "ended_at": AT, "by": "user:u1",
        "queued": 0, "sent": 3, "failed": 1, "uncertain": 0, "skipped": 0, "called_off": 0,
        "code": "", "words": "", "archives": 0,
    } | more  # fmt: skip


def attempt(state: str = "sent", **more: Any) -> dict[str, Any]:
    return {
        "position": POSITION, "notice": "301000000000000130", "name": "Rossi Maria",
        "tax_code": "RSSMRA80A41H501Y", "delivery": RUN, "channel": "mail", "leg": "mail",
        "number": 1, "state": state, "planned_at": AT, "due": AT, "claimed_at": AT,
        "ended_at": AT, "tries": 1, "to": "maria@example.org", "code": "",
        "words": "250 2.0.0 taken", "message": "m1",
    } | more  # fmt: skip


ACCOUNT = {
    "code": "quote", "kind": "mail", "address": "quote@ordine.example", "from_name": "Ordine",
    "host": "smtp.ordine.example", "port": 465, "security": "tls", "user": "quote",
    "password_set": True, "per_minute": 0, "per_hour": 0, "version": 3,
    "warnings": [{"code": "bulk_limits", "text": "…"}],
}  # fmt: skip


def grant(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"g{number}", "mail": f"persona{number}@ordine.example", "name": f"Persona {number}",
        "role": "operator", "cabinets": None, "customer": None, "given_by": "u1", "starts_at": AT,
        "ends_at": None, "revoked_at": None, "reason": None, "pos": False, "version": 1,
    } | more  # fmt: skip


def office(**answers: Any) -> Stub:
    """A body in which something was done already. `answers` as the stub's."""
    usual: dict[str, Any] = {
        "GET /v1/session": (200, session()),
        "GET /v1/body/dues/imports": (200, {"imports": [batch()]}),
        f"GET /v1/body/dues/imports/{BATCH}": (200, batch()),
        "GET /v1/body/dues/mappings": (200, MAPPINGS),
        "GET /v1/body/exports": (200, {"exports": []}),
        "GET /v1/body": (200, {"outside_until": None}),
        "GET /v1/body/services": (200, {"services": [
            {"code": "quota", "subject": "Quota annuale", "active": True, "price": None,
             "stamp": False, "description": {"it": "", "en": "", "fr": "", "es": ""}}]}),
        "GET /v1/body/summary": (200, {
            "due": {"count": 4, "cents": 60_000}, "paid": {"count": 1, "cents": 15_000},
            "open": {"count": 3, "cents": 45_000}, "overdue": {"count": 1, "cents": 15_000},
            "states": {
                "valid": {"count": 3, "cents": 45_000}, "paid": {"count": 1, "cents": 15_000},
                "invalid": {"count": 0, "cents": 0}}}),
        "GET /v1/body/reconciliation/summary": (200, {
            "flows": 1, "settled_cents": 15_000, "lines": 1, "elsewhere": 0, "matched": 1,
            "matched_cents": 15_000, "posted": 0, "posted_cents": 0, "anomalies": {},
            "money": {"came": 15_000, "posted": 0, "open": 15_000, "anomalous": 0}}),
        "GET /v1/body/flows": (200, {"flows": [GENERATED, flow(id="f2")]}),
        f"GET /v1/body/flows/{FLOW}": (200, flow()),
        f"GET /v1/body/flows/{FLOW}/dues": (200, {"dues": [due(at) for at in range(4)]}),
        "GET /v1/body/positions": (200, {"positions": [position(), position(id="p2", state="paid")],
                                         "cursor": None}),
        f"GET /v1/body/positions/{POSITION}": (200, whole()),
        f"GET /v1/body/positions/{POSITION}/form": (200, {"fields": []}),
        f"GET /v1/body/positions/{POSITION}/receipts": (200, {"receipts": [RECEIPT]}),
        f"GET /v1/body/positions/{POSITION}/orders": (200, {"orders": [POSTED]}),
        f"GET /v1/body/positions/{POSITION}/deliveries": (200, {"attempts": [attempt()]}),
        "GET /v1/body/delivery/channels": (200, {"channels": [
            {"name": "mail", "title": "E-mail e PEC", "on_request": False, "enabled": True},
            {"name": "zip", "title": "ZIP", "on_request": False, "enabled": True}]}),
        "GET /v1/body/deliveries": (200, {"deliveries": [run()]}),
        f"GET /v1/body/deliveries/{RUN}": (200, run()),
        f"GET /v1/body/deliveries/{RUN}/attempts": (200, {"cursor": None, "attempts": [
            attempt(), attempt("failed", code="smtp_recipient", words="550 5.1.1 no such user")]}),
        "GET /v1/body/mail-accounts": (200, {"accounts": [ACCOUNT]}),
        "GET /v1/body/carriers": (200, {"carriers": []}),
        "GET /v1/grants": (200, {"grants": [grant(), grant(2)], "hint": "Avvisate la persona."}),
    }  # fmt: skip
    return Stub(usual | answers)
