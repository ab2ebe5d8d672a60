"""What the API says to the office's settings, for states that a real house reaches seldom."""

from __future__ import annotations

import base64
from typing import Any

from tests.portal.office import AT, grant, office, session
from tests.portal.stub import Stub, texts

BANK = "IT60X0542811101000000123456"
POSTE = "IT51A0760103200000000123456"
OTHER = "IT64K0300203280123456789012"
PARTNER = "12345670017"
SCOPES = ["body:read", "body:write", "grants:read", "grants:write", "audit:read"]
HASH = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><path d="M0 0h80v40z"/></svg>'
)
NOT_FOUND = (404, {"error": {"code": "not_found", "message": "", "details": {}, "request_id": "r"}})


def body(**more: Any) -> dict[str, Any]:
    return {
        "fiscal_code": "80012000826", "name": "Ordine degli Ingegneri di Pavia",
        "segregations": [
            {"code": "01", "partner": PARTNER, "name": "Sportello", "stations": [f"{PARTNER}_01"]},
            {"code": "07", "partner": "01586890186", "name": "Partner di prima", "stations": []},
        ],
        "segregation": "01",
        "accounts": [{"iban": BANK, "holder": "Ordine degli Ingegneri"},
                     {"iban": POSTE, "holder": "Ordine degli Ingegneri"}],
        "sector": "Segreteria", "ipa": "odi_pv", "cbill": "A90S3",
        "postal": {"account": "123456", "holder": "Ordine degli Ingegneri",
                   "authorisation": "AUT. DB/SSIC/E 22028 DEL 05/11/2014"},
        "contacts": {
            "office": "Via Roma 1, Pavia", "phone": "0382 000000", "mail": "info@ordine.example",
            "pec": "ordine@pec.example", "website": "", "accessibility_url": "", "privacy_url": "",
        },
        "site": True, "counter": "", "outside_until": None, "modes": ["file", "register_isi"],
        "version": 4, "logo": "a" * 64,
    } | more  # fmt: skip


def service(code: str = "quota", **more: Any) -> dict[str, Any]:
    return {
        "code": code, "subject": "Quota annuale", "taxonomy": "9/0101002IM/", "iban": BANK,
        "chapter": "1.1", "price": None, "active": True, "stamp": False,
        "description": texts(""), "form": [], "version": 2,
    } | more  # fmt: skip


FIELD = {
    "name": "consegna", "label": texts("Consegna", "Delivery"), "type": "choice", "required": True,
    "most_chars": 500, "choices": [{"code": "pec", "label": texts("Per PEC", "By PEC")},
                                   {"code": "ufficio", "label": texts("In ufficio")}],
}  # fmt: skip
CERTIFICATE = service(
    "certificati", subject="Rilascio di certificati", iban=POSTE, form=[FIELD],
    description=texts("Certificati di iscrizione."), price={"kind": "tariff", "items": [
        {"code": "iscrizione", "label": "Certificato di iscrizione", "cents": 1_000},
        {"code": "storico", "label": "Certificato storico", "cents": 2_050}]},
)  # fmt: skip
PRESET = {
    "code": "corso", "subject": "Iscrizione a un corso",
    "description": texts("Quota di partecipazione.", "Fee for a course."),
    "price": {"kind": "fixed", "cents": 5_000, "tariffs": None, "least_cents": None,
              "most_cents": None},
    "form": {"fields": [{"name": "corso", "label": texts("Titolo del corso"), "type": "text",
                         "required": True, "most_chars": 120, "choices": []}]},
}  # fmt: skip
ENTRY = {
    "code": "9/0101002IM/", "service": "Quote associative", "description": "Contributo annuale",
    "body": "Ordini e collegi", "area": "Ordini professionali", "first": "2021-01-01",
    "last": "2099-12-31",
}  # fmt: skip


def connection(**more: Any) -> dict[str, Any]:
    return {
        "creditor": "80012000826", "mode": "gpd", "environment": "production", "broker": "",
        "keys": {"positions": True, "receipts": True, "biz": False}, "paused_until": "",
        "look": {"at": AT, "code": "pagopa_unavailable"}, "version": 3,
    } | more  # fmt: skip


REFUSAL = {
    "position": "p1", "state": "refused", "status": "", "version": 1, "at": AT,
    "code": "pagopa_refused", "answered": 400, "said": "BAD REQUEST", "attempts": 3,
}  # fmt: skip
SFTP: dict[str, Any] = {
    "code": "archivio", "kind": "sftp", "secrets_set": True, "version": 2,
    "setting": {"host": "ftp.ordine.example", "port": 22, "user": "avvisi", "folder": "avvisi/2026",
                "purpose": "website", "fingerprint": ""},
}  # fmt: skip
AREA = {
    "code": "stampa", "kind": "ftps", "secrets_set": False, "version": 1,
    "setting": {"host": "ftp.stampatore.example", "port": 21, "user": "ordine", "folder": "",
                "purpose": "postal", "authority": ""},
}  # fmt: skip
MEMBERS: dict[str, Any] = {
    "code": "albo", "kind": "members", "secrets_set": True, "version": 1,
    "setting": {"url": "https://albo.example/iscritti/{tax_code}", "profession": "opi",
                "fields": {"tax_code": "cf", "content": "avviso.file"}, "login": "header",
                "header": "X-Key", "method": "POST", "constants": {"tipo": "AVVISO"},
                "probe": "https://albo.example/prova", "authority": ""},
}  # fmt: skip
APPIO = {
    "code": "io", "kind": "appio", "secrets_set": True, "version": 5,
    "setting": {"enabled": True, "services": ["quota"], "events": ["to_pay", "paid"],
                "automatic": ["dues"], "payee": False, "most_cents": 100_000, "per_minute": 300},
}  # fmt: skip
POSTAL = {
    "code": "lettere", "kind": "postal", "secrets_set": False, "version": 1,
    "setting": {"provider": "Stampa e Spedisci", "area": "stampa"},
}  # fmt: skip
WAYS = ("mail", "zip", "sftp", "ftps", "members", "postal", "appio")
HELP = {
    "language": "it", "appio": [{"topic": one, "text": f"Testo su {one}."}
                                for one in ("devices", "access", "psp", "messages")],
    "disclaimer": "La stampa è di un fornitore esterno.", "disclaimer_version": "2026-11",
    "index_file": "indice.csv", "index_columns": ["CF", "IUV", "file"],
}  # fmt: skip


def act(n: int, **more: Any) -> dict[str, Any]:
    """Entry `n` of the chain; its hash is told by its number."""
    actor = {"kind": "user", "id": "u1", "role": "administrator", "grant": "g1",
             "source": "203.0.113.7", "agent": "abc"}  # fmt: skip
    return {
        "at": AT, "actor": actor, "action": "body_changed", "what": "body", "result": "done",
        "facts": {"version": 4}, "n": n, "hash": f"{n:064x}", "previous": f"{n - 1:064x}",
    } | more  # fmt: skip


def trail(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"n": 12, "hash": HASH}
    return {"entries": list(entries), "waiting": [], "head": head, "cursor": None} | more


WAITING = {key: value for key, value in act(13, action="carrier_tried", what="carrier:io").items()
           if key not in ("n", "hash", "previous")}  # fmt: skip
TRAIL = trail(
    act(12), act(11, action="login_refused", result="refused", what="session:s1", facts={}),
    act(10, what="position:p1", action="position_cancelled"), waiting=[WAITING],
)  # fmt: skip


def settings(**answers: Any) -> Stub:
    """A body that is set up. `answers` as the stub's."""
    items = dict.fromkeys(("creditor", "ipa", "cbill", "stations", "accounts", "postal", "contacts",
                           "logo", "taxonomy", "services"), True)  # fmt: skip
    usual: dict[str, Any] = {
        "GET /v1/session": (200, session(scopes=SCOPES)),
        "GET /v1/body": (200, body()),
        "GET /v1/body/logo": (200, {"type": "image/svg+xml",
                                    "data": base64.b64encode(SVG).decode()}),
        "GET /v1/body/checklist": (200, {
            "items": items | {"stations": False}, "ready": False, "warnings": ["notice_link"]}),
        "GET /v1/body/services": (200, {"services": [service(), CERTIFICATE, service(
            "vecchio", subject="Servizio di una volta", active=False)]}),
        "GET /v1/body/services/certificati": (200, CERTIFICATE),
        "GET /v1/body/services/quota": (200, service()),
        "GET /v1/body/presets": (200, {"presets": [PRESET]}),
        "GET /v1/body/taxonomy": (200, {"entries": [ENTRY]}),
        "GET /v1/body/pagopa": (200, connection()),
        "GET /v1/body/pagopa/refusals": (200, {"refusals": [REFUSAL], "cursor": None}),
        "GET /v1/body/carriers": (200, {"carriers": [SFTP, AREA, MEMBERS, APPIO, POSTAL]}),
        "GET /v1/body/delivery": (200, {
            "receipts_mail": "quote", "receipts_pec": "", "version": 1}),
        "GET /v1/body/delivery/texts": (200, HELP),
        "GET /v1/body/delivery/channels": (200, {"channels": [
            {"name": one, "title": one, "on_request": one == "members", "enabled": one != "members"}
            for one in WAYS]}),
        "GET /v1/body/enclosures": (200, {"enclosures": [{
            "code": "lettera", "file_name": "lettera.pdf", "sha256": "0" * 64, "size": 1000,
            "added_at": AT}]}),
        "GET /v1/audit": (200, TRAIL),
        "GET /v1/grants": (200, {"grants": [grant(user="u1"), grant(2, user="u2")],
                                 "hint": "Avvisate la persona."}),
    }  # fmt: skip
    return office(**usual | answers)
