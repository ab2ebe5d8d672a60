"""What the API says to the pages of settlements, for states that a real house reaches seldom."""

from __future__ import annotations

from typing import Any

from tests.portal.office import AT, office
from tests.portal.stub import Stub

API = "/v1/body/reconciliation"
FLOW_ID = "2026-03-05BCITITMM-0000000000123"
IBAN = "IT60X0542811101000000123456"
SETTLED, MOVEMENT, STATEMENT = "s1", "m1", "e1"
TEXT = "ACCREDITO /PUR/LGPE-RIVERSAMENTO/URI/2026-03-05BCITITMM-00000 NOTPROVIDED"


def settlement(**more: Any) -> dict[str, Any]:
    return {
        "id": SETTLED, "flow_id": FLOW_ID, "psp": "BCITITMM", "year": 2026, "state": "cashed",
        "desk": "ready", "postable": True, "overdue": False, "labels": [], "settled": "2026-03-05",
        "cents": 45_000, "lines": 3, "bank_cents": 45_000, "bank_day": "2026-03-06",
        "movements": [MOVEMENT], "difference_cents": 0, "matched_cents": 45_000,
        "elsewhere_cents": 0, "unreceipted_cents": 0, "anomalous_cents": 0, "posted_lines": 0,
        "posted_cents": 0, "complete": True,
    } | more  # fmt: skip


WAITING = settlement(
    id="s2", flow_id="2026-03-07SELBIT2B-000000000000000099", state="waiting", desk="open",
    postable=False, overdue=True, labels=["IUF_NO_TES"], bank_cents=0, bank_day=None,
    movements=[], unreceipted_cents=15_000, matched_cents=30_000,
)  # fmt: skip


def version(**more: Any) -> dict[str, Any]:
    return {
        "id": "v1", "created": AT, "revision": 1, "settled": "2026-03-05", "cents": 45_000,
        "lines": 3, "good": True, "counts": True, "said_count": 3, "said_cents": 45_000,
        "trn": "TRN0001", "sender": "Intesa Sanpaolo", "carrier": "rest", "labels": {},
    } | more  # fmt: skip


def detail(**more: Any) -> dict[str, Any]:
    old = version(id="v0", cents=30_000, lines=2, counts=False, labels={"duplicate": 2})
    return settlement(versions=[old, version()], texts=[]) | more


def collection(number: int = 0, **more: Any) -> dict[str, Any]:
    names = ("Rossi Maria", "Bianchi della Torre Maria Antonietta", "")
    return {
        "iuv": f"0100000000000013{number}", "iur": f"iur{number}", "transfer": 1, "cents": 15_000,
        "state": "cashed", "labels": ["RT_IUF_TES"], "overdue": False, "name": names[number % 3],
        "tax_code": "RSSMRA80A41H501Y", "paid_day": "2026-03-04", "bank_day": "2026-03-06",
        "fee_cents": 150, "channel": "onLine", "method": "creditCard", "psp": "Intesa Sanpaolo",
        "flow_id": FLOW_ID, "flow": SETTLED, "position": "p1", "origin": "dues",
        "reopened": "",
    } | more  # fmt: skip


UNREPORTED = collection(
    2, state="paid", labels=["RT_NO_IUF"], overdue=True, bank_day=None, flow="", flow_id="",
    position="", origin="spontaneous", fee_cents=None,
)  # fmt: skip


def movement(**more: Any) -> dict[str, Any]:
    return {
        "id": MOVEMENT, "day": "2026-03-06", "value_day": "2026-03-06", "cents": 45_000,
        "text": f"ACCREDITO /PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}", "account": IBAN,
        "statement": STATEMENT, "row": 7, "provisional": "4711", "outcome": "exact",
        "confidence": "exact", "reason": "", "flow_id": FLOW_ID, "iuv": "", "labels": [],
        "link": None, "version": 2,
    } | more  # fmt: skip


PROPOSED = movement(
    id="m2", text=TEXT, outcome="proposed", confidence="proposed", reason="cut",
    labels=["TES_PROPOSED"], provisional="",
)  # fmt: skip
UNKNOWN = movement(
    id="m3", cents=1_500, text="RIVERSAMENTO PAGOPA", outcome="none", confidence="none",
    reason="id_missing", flow_id="", labels=["TES_NO_MATCH"], provisional="",
)  # fmt: skip
LINK = {"kind": "flow", "flow": SETTLED, "flow_id": FLOW_ID, "iuv": ""}
LINKED = movement(id="m4", outcome="linked", link=LINK)


CHANGE = {
    "kind": "changed", "iuv": "01000000000000130", "iur": "iur0", "transfer": 1,
    "before_cents": 15_000, "after_cents": 10_000, "before_outcome": "0", "after_outcome": "9",
    "orders": ["2026-0000001"],
}  # fmt: skip
GONE = CHANGE | {
    "kind": "gone",
    "after_cents": None,
    "after_outcome": "",
    "iuv": "0100000000000021",
}


def revision(**more: Any) -> dict[str, Any]:
    """A version of a flow that came after it was posted, and waits."""
    base = {"id": "v1", "created": AT, "revision": 1, "settled": "2026-03-05", "cents": 45_000,
            "lines": 3, "good": True}  # fmt: skip
    return {
        "flow": SETTLED, "flow_id": FLOW_ID, "counts": base, "running": False, "differing": 2,
        "waits": base | {"id": "v2", "revision": 2, "cents": 25_000, "good": False},
        "changes": [CHANGE, GONE], "decisions": [], "cursor": None,
    } | more  # fmt: skip


NOTHING_NEW = revision(waits=None, changes=[], differing=0)


def statement(**more: Any) -> dict[str, Any]:
    return {
        "id": STATEMENT, "state": "read", "file_name": "estratto marzo.csv", "account": IBAN,
        "created_at": AT, "columns": "banca", "counts": {"read": 40, "balance": 2, "problem": 1},
        "problems": [[12, "amount"]], "movements": 4, "ignored": 36, "fresh": 3, "cents": 91_500,
        "done": 4, "code": "", "outcomes": {"exact": 1, "proposed": 1, "none": 1, "linked": 1},
    } | more  # fmt: skip


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "id": "m2", "day": "2026-03-06", "cents": 45_000, "labels": ["TES_PROPOSED"],
        "overdue": False, "flow_id": FLOW_ID, "flow": "", "position": "", "text": "", "name": "",
        "tax_code": "",
    } | more  # fmt: skip


ENTRIES = [
    entry("movement", text=TEXT),
    entry("flow", id="s2", flow="s2", labels=["IUF_NO_TES"], overdue=True),
    entry("payment", id="01000000000000132", labels=["RT_IUF", "CANCELLED_PAID"], position="p1",
          name="Rossi Maria", tax_code="RSSMRA80A41H501Y", flow=SETTLED),
]  # fmt: skip
SUMMARY = {
    "flows": 2, "settled_cents": 90_000, "lines": 6, "elsewhere": 0, "matched": 5,
    "matched_cents": 75_000, "posted": 0, "posted_cents": 0,
    "anomalies": {"IUF_NO_TES": 1, "TES_PROPOSED": 2},
    "money": {"came": 91_500, "posted": 0, "open": 45_000, "anomalous": 46_500},
}  # fmt: skip
SETTING = {
    "way": "rest", "broker": "", "station": "", "key": True, "password": False, "letters": True,
    "recipients": [],
    "stand_in_days": 0, "looked_at": AT, "look_code": "", "version": 1,
}  # fmt: skip
LAYOUT = {"day": 0, "value_day": 1, "texts": [2], "amount": 3, "debit": None, "credit": None,
          "sign": None, "provisional": None, "first_row": 2, "mark": "", "delimiter": "",
          "sheet": ""}  # fmt: skip
COLUMNS = {"name": "banca", "account": IBAN, "columns": LAYOUT, "version": 3}
HEAD = ["Data contabile", "Valuta", "Descrizione", "Importo"]


def preview(columns: Any = LAYOUT) -> dict[str, Any]:
    head = {"row": 1, "cells": HEAD, "day": None, "cents": None, "text": "",
            "reason": "before_table" if columns else ""}  # fmt: skip
    read = {"day": "2026-03-06", "cents": 45_000, "text": TEXT} if columns else {
        "day": None, "cents": None, "text": ""}  # fmt: skip
    line = {"row": 2, "cells": ["06/03/2026", "06/03/2026", TEXT, "450,00"], "reason": ""} | read
    return {"kind": "table", "columns": columns, "rows": [head, line]}


def settlements(**answers: Any) -> Stub:
    """A body whose flows and statements came. `answers` as the stub's, after the API's own root."""
    usual: dict[str, Any] = {
        "GET /flows": (200, {"flows": [settlement(), WAITING], "labels": [], "cursor": None}),
        f"GET /flows/{SETTLED}": (200, detail()),
        f"GET /flows/{SETTLED}/revision": (200, NOTHING_NEW),
        "GET /setting": (200, SETTING), "GET /summary": (200, SUMMARY),
        "GET /sources": (200, {"sources": []}),
        "GET /collections": (200, {"labels": [], "cursor": None, "collections": [
            collection(), collection(1), UNREPORTED]}),
        "GET /inbox": (200, {"entries": ENTRIES, "labels": [], "cursor": None}),
        "GET /movements": (200, {"movements": [movement(), PROPOSED, UNKNOWN, LINKED],
                                 "cursor": None}),
        f"GET /movements/{MOVEMENT}": (200, movement(notes=[])),
        "GET /movements/m2": (200, PROPOSED | {"notes": []}),
        "GET /movements/m3": (200, UNKNOWN | {"notes": []}),
        "GET /movements/m4": (200, LINKED | {"notes": []}),
        "GET /columns": (200, {"columns": [COLUMNS]}),
        "GET /statements": (200, {"statements": [statement()]}),
        f"GET /statements/{STATEMENT}": (200, statement()),
        "POST /statements/preview": (200, preview()),
        "GET /v1/body": (200, {"accounts": [{"iban": IBAN}]}),
    }  # fmt: skip
    whole = {_named(name): answer for name, answer in (usual | answers).items()}
    return office(**whole)


def _named(name: str) -> str:
    method, path = name.split(" ")
    return name if path.startswith("/v1/") else f"{method} {API}{path}"
