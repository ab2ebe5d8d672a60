"""The public API as a browser sees it, for states that a real house reaches seldom. The journeys
run against the real one (test_journey.py)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from infra.local.api_event import HttpRequest
from infra.local.gateway import Gateway

API = "/v1/portal"
BODY = "80012345673"
OTHER = "97654321000"
NOTICE = "301000000000000138"
TAX_CODE = "RSSMRA80A01H501U"
RECEIPT = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1"


def found(**more: Any) -> dict[str, Any]:
    """A notice that was found with the whole key."""
    return {
        "key": "k1", "expires_at": "2026-05-04T10:30:00Z", "full": True,
        "creditor": {"code": BODY, "name": "Ordine degli Ingegneri della Provincia di Pavia"},
        "notice": NOTICE, "cents": 18_050, "due": "2026-06-30", "state": "payable",
        "subject": "Quota annuale 2026", "debtor_name": "Mario Rossi",
        "lines": [{"reason": "Quota annuale", "cents": 17_500},
                  {"reason": "Diritti di segreteria", "cents": 550}],
        "instalments": [],
    } | more  # fmt: skip


def texts(it: str, en: str = "") -> dict[str, str]:
    return {"it": it, "en": en, "fr": "", "es": ""}


SERVICES = [
    {
        "code": "certificato", "subject": "Certificato di iscrizione",
        "description": texts("Rilasciato in carta semplice.", "Issued on plain paper."),
        "price": {"kind": "fixed", "cents": 1_600},
        "form": {"fields": []},
    },
    {
        "code": "corsi", "subject": "Corsi di aggiornamento",
        "description": texts("Aula e a distanza."),
        "price": {"kind": "tariffs", "tariffs": [
            {"code": "aula", "label": "In aula", "cents": 12_000, "most": 10},
            {"code": "web", "label": "A distanza", "cents": 4_550, "most": 999},
        ]},
        "form": {"fields": [
            {"name": "corso", "label": texts("Corso", "Course"), "type": "choice",
             "required": True, "most_chars": 200,
             "choices": [{"code": "sicurezza", "label": texts("Sicurezza", "Safety")},
                         {"code": "bim", "label": texts("BIM")}]},
            {"name": "giorno", "label": texts("Giorno preferito", "Preferred day"),
             "type": "date", "required": False, "most_chars": 200, "choices": []},
            {"name": "matricola", "label": texts("Numero di matricola"), "type": "number",
             "required": True, "most_chars": 200, "choices": []},
            {"name": "note", "label": texts("Note"), "type": "text", "required": False,
             "most_chars": 80, "choices": []},
        ]},
    },
    {
        "code": "offerta", "subject": "Contributo volontario", "description": texts(""),
        "price": {"kind": "free", "least_cents": 500, "most_cents": 100_000},
        "form": {"fields": []},
    },
]  # fmt: skip
# Bought with a digital stamp: not among the usual ones.
STAMPED = SERVICES[0] | {"code": "istanza", "subject": "Istanza", "stamp_cents": 1_600}
CONTACTS = {
    "office": "Segreteria", "phone": "0382 000000", "mail": "", "pec": "", "website": "",
    "accessibility_url": "https://form.agid.gov.it/view/example", "privacy_url": "",
}  # fmt: skip


def body(code: str = BODY, name: str = "Ordine degli Ingegneri della Provincia di Pavia") -> Any:
    return {
        "code": code, "name": name, "sector": "order", "contacts": CONTACTS, "logo_url": None,
        "services": SERVICES,
    }  # fmt: skip


@dataclass
class Stub:
    """`answers`: "METHOD /path" to a status with a body, or a list of such, the last one staying;
    None cuts the line. `asked`: what came, in order, with its headers;
    `targets`: with its query."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = [{"code": BODY, "name": body()["name"]},
                 {"code": OTHER, "name": "Collegio dei Geometri di Lodi"}]  # fmt: skip
        usual: dict[str, Any] = {
            "GET /bodies": (200, {"items": names}),
            f"GET /bodies/{BODY}": (200, body()),
            f"GET /bodies/{OTHER}": (200, body(OTHER, "Collegio dei Geometri di Lodi")),
            "POST /search": (200, found()),
        }
        self.answers = usual | self.answers

    def answer(self, request: HttpRequest) -> tuple[int, dict[str, list[str]], bytes]:
        path = urlsplit(request.target).path.removeprefix(API)
        name = f"{request.method} {path}"
        self.asked.append((name, said(request)))
        self.headers.append(dict(request.headers))
        self.targets.append(f"{request.method} {request.target}")
        answer = self.answers.get(name, error(404, "not_found"))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            raise ConnectionError("cut, as the test wants it")
        status, content, *more = answer
        headers = {"Content-Type": "application/json"} | dict(*more)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return status, {header: [value] for header, value in headers.items()}, body


def said(request: HttpRequest) -> Any:
    """The body: JSON, a file's bytes, or nothing."""
    kind = request.headers.get("Content-Type", "")
    if kind == "application/octet-stream" or kind.startswith("multipart/form-data"):
        return request.body
    return json.loads(request.body) if request.body else None


class Site(Gateway):
    """The pages behind the real gateway, and the stub of the moment where the API would be."""

    stub: Stub

    def answer(self, request: HttpRequest) -> tuple[int, dict[str, list[str]], bytes]:
        if request.target.startswith("/v1/"):
            return self.stub.answer(request)
        return super().answer(request)


def error(status: int, code: str, **details: Any) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": "", "details": details, "request_id": "r"}}
