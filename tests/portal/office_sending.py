"""What the API says to the pages of deliveries, letters and requests for help."""

from __future__ import annotations

from typing import Any

from tests.portal.office import AT, RUN, run, session
from tests.portal.settings import settings
from tests.portal.stub import Stub, error

SCOPES = ["body:read", "body:write", "grants:read", "settings:read", "settings:write"]
READER = {"GET /v1/session": (200, session(scopes=["body:read", "settings:read"]))}
ORDER = f"/v1/body/postal-orders/{RUN}"
PREVIEW = "POST /v1/body/deliveries/preview"
HELP = "/v1/body/help/h1"
NO_ORDER = {f"GET {ORDER}": error(404, "not_found")}
TEXT = "Ho pagato due volte lo stesso avviso.\nCome faccio a riavere i soldi?"
URL = "https://software.ordine.example/pagamenti"


def ways(*off: str) -> dict[str, Any]:
    """All but these are switched on for the body."""
    names = ("mail", "zip", "sftp", "ftps", "members", "postal", "appio")
    return {"channels": [{"name": one, "title": one, "on_request": one in ("members", "postal"),
                          "enabled": one not in off} for one in names]}  # fmt: skip


def step(event: str, by: str = "user:u1", note: str = "") -> dict[str, Any]:
    return {"event": event, "at": AT, "by": by, "note": note}


def order(state: str = "sampled", *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "delivery": RUN, "profile": "lettere", "state": state, "created_at": AT,
        "ordered_by": "user:u1", "disclaimer": "2026-11", "accepted_late": False,
        "recipients": 1_250, "cents": 18_750_000, "earliest": "2026-06-30",
        "ship_by": "2026-06-05", "late": False, "sample": ["a.pdf"], "attachments": 1, "done": 0,
        "steps": list(steps), "version": 1 + len(steps),
    } | more  # fmt: skip


def asked_help(**more: Any) -> dict[str, Any]:
    return {
        "id": "h1", "at": AT, "state": "open", "by": "", "changed_at": "", "version": 0,
        "language": "sl", "name": "Rossi Maria", "email": "maria.rossi@example.org",
        "notice": "301000000000000130", "text": TEXT,
    } | more  # fmt: skip


def preview(**more: Any) -> dict[str, Any]:
    return {"positions": 4, "going": 4, "reasons": [], "lacking": [], "cursor": None} | more


SAMPLE = [{"name": name, "url": f"/portal/icon.svg?{name}",
           "shown": f"/portal/icon.svg?shown={name}" if name.endswith(".pdf") else ""}
          for name in ("RSSMRA80A41H501Y_2026_01000000000000130.pdf", "destinatari.csv",
                       "destinatari.xlsx", "allegato-1.pdf")]  # fmt: skip
LATE = order("approved", step("approve"), late=True)
FAILED = order("approved", step("approve"), step("ship"), step(
    "fail", "system:postal", "area_login: 530 Login incorrect"))  # fmt: skip
BACK = order("handed", step("approve", note="Tutto giusto"), step("ship"),
             step("hand", "system:postal"))  # fmt: skip


def sending(**answers: Any) -> Stub:
    """A body that has every way set up, with letters under way. `answers` as the stub's."""
    usual: dict[str, Any] = {
        "GET /v1/session": (200, session(scopes=SCOPES)),
        "GET /v1/body/delivery/channels": (200, ways()),
        f"GET /v1/body/deliveries/{RUN}": (200, run(
            channel="postal", profile="lettere", skipped=3, failed=0, archives=1)),
        "GET /v1/body/postal-orders": (200, {"orders": [
            order(), order("posted", delivery="d0"), LATE | {"delivery": "d2"}]}),
        f"GET {ORDER}": (200, order()),
        f"GET {ORDER}/sample": (200, {"files": SAMPLE}),
        PREVIEW: (200, preview()),
        "GET /v1/body/help": (200, {"cursor": None, "requests": [
            asked_help(), asked_help(id="h2", notice="", name="Bianchi della Torre Anna Maria",
                             text="Non trovo l’avviso. " * 12)]}),
        f"GET {HELP}": (200, asked_help()),
        "GET /v1/settings": (200, {
            "id": "ordine", "name": "Ordine", "mail": "", "language": "it", "digest": "each",
            "unknown_seller": "hold", "webhook_url": URL}),
    }  # fmt: skip
    return settings(**usual | answers)
