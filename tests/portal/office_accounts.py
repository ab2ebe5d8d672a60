"""What the API says of posting, registers and training events, beside `tests.portal.office`."""

from __future__ import annotations

from typing import Any

from tests.portal.office import AT, office
from tests.portal.stub import Stub, error

STATEMENT, SETTLED, RUN, ORDER, EVENT = "s1", "2026-11-20PSP-1", "r1", "2026-0000012", "corso-bim"
IBAN = "IT60X0542811101000000123456"
BOOKS = "/v1/body/posting"
REPORT = "t1"


def balance(**more: Any) -> dict[str, Any]:
    return {
        "came_cents": 60_000, "open_cents": 45_000, "anomalous_cents": 5_000,
        "posted_cents": 10_000, "chapters": [{"year": 2026, "chapter": "1.1", "cents": 10_000}],
        "closed_until": None,
    } | more  # fmt: skip


def open_payment(number: int, **more: Any) -> dict[str, Any]:
    iuv = f"0100000000000013{number}"
    return {
        "key": f"{iuv}#IUR{number}#1", "iuv": iuv, "iur": f"IUR{number}", "cents": 15_000,
        "paid_day": "2026-02-18", "flow_id": SETTLED, "bank_day": "2026-02-20",
        "provisional": "17", "position": "p1", "origin": "dues",
    } | more  # fmt: skip


def opens(*payments: dict[str, Any]) -> tuple[int, Any]:
    found = payments or tuple(open_payment(number) for number in (1, 2, 3))
    return 200, {"cents": sum(one["cents"] for one in found), "payments": list(found)}


SETTING = {
    "per": "assessment", "account": IBAN, "counterpart": "debtor", "counterpart_name": "",
    "late": "refuse", "chapter": "1.1", "fee_chapter": "", "automatic": False,
    "classifications": {"1.1": {"code": 101, "text": "Quote", "article": None, "siope": "1101"}},
    "version": 2,
}  # fmt: skip


def line(**more: Any) -> dict[str, Any]:
    return {
        "payment": open_payment(1)["key"], "iuv": open_payment(1)["iuv"], "receipt": "IUR1",
        "position": "p1", "assessment": "due1", "made": False, "service": "quota",
        "reason": "Quota annuale 2026", "cents": 15_000, "sospesi": [],
    } | more  # fmt: skip


def draft(number: int = 12, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "day": "2026-02-20", "cents": 15_000, "account": IBAN, "counterpart": "",
        "provisional": "17", "flow_id": SETTLED, "chapter": "1.1", "provenance": "competenza",
        "residual_year": 2026, "lines": [line()],
    } | more  # fmt: skip


def summary(number: int = 12, **more: Any) -> dict[str, Any]:
    said = {"id": f"2026-{number:07d}", "year": 2026, "bank_day": "2026-02-20", "state": "issued",
            "outcome": "", "treasury": None}  # fmt: skip
    return draft(number) | said | more


STANDING = {"state": "refused", "word": "NON ACQUISITO", "at": "2026-02-25T08:00:00",
            "reason": "0102 Provvisorio inesistente", "verified": True}  # fmt: skip


def order(**more: Any) -> dict[str, Any]:
    return summary() | {
        "by": "user:u1", "at": AT, "entry": 31, "reversed_by": 0, "together": [ORDER],
        "outcomes": [],
    } | more  # fmt: skip


REFUSED = {
    "treasury": STANDING,
    "outcomes": [
        {"flow": "f", "word": "NON ACQUISITO", "at": "2026-02-25T08:00:00", "payer": 0,
         "good": False, "state": "refused", "verified": True,
         "faults": [{"code": "0102", "text": "Provvisorio inesistente", "element": "sospeso"}]}
    ],
}  # fmt: skip


def run(**more: Any) -> dict[str, Any]:
    return {
        "id": RUN, "mode": "statement", "name": STATEMENT, "state": "posted", "created_at": AT,
        "by": "user:u1", "payments": 2, "orders": 2, "cents": 30_000, "first": ORDER,
        "last": "2026-0000013", "left": 1,
        "problems": [{"payment": open_payment(3)["key"], "code": "chapter_missing"}],
    } | more  # fmt: skip


def statement(**more: Any) -> dict[str, Any]:
    return {
        "id": STATEMENT, "state": "read", "file_name": "febbraio.csv", "account": IBAN,
        "created_at": AT, "columns": "banca", "counts": {}, "problems": [], "movements": 3,
        "ignored": 4, "fresh": 3, "cents": 45_000, "done": 3, "code": "",
    } | more  # fmt: skip


def settled(**more: Any) -> dict[str, Any]:
    return {
        "id": SETTLED, "flow_id": "2026-02-20PSP-1", "psp": "ABI05428", "year": 2026,
        "state": "cashed", "desk": "ready", "postable": True, "overdue": False, "labels": [],
        "settled": "2026-02-19", "cents": 45_000, "lines": 3, "bank_cents": 45_000,
        "bank_day": "2026-02-20", "movements": [], "difference_cents": 0, "matched_cents": 45_000,
        "elsewhere_cents": 0, "unreceipted_cents": 0, "anomalous_cents": 0, "posted_lines": 1,
        "posted_cents": 15_000, "complete": True,
    } | more  # fmt: skip


def entry(seq: int, kind: str, legs: list[tuple[str, int]], **more: Any) -> dict[str, Any]:
    return {
        "seq": seq, "kind": kind, "day": "2026-02-20", "at": AT, "by": "system",
        "payment": "", "note": "", "order": None,
        "legs": [{"account": account, "cents": cents} for account, cents in legs],
    } | more  # fmt: skip


ENTRIES = [
    entry(33, "reversed", [("posted:2026:1.1", -15_000), ("open", 15_000)], order=summary(13),
          note="wrong_chapter"),
    entry(32, "posted", [("open", -15_000), ("posted:2026:1.1", 15_000)], order=summary(13)),
    entry(31, "arrived", [("in", -15_000), ("open", 15_000)], payment=open_payment(1)["key"]),
]  # fmt: skip

TREASURER = {
    "abi": "05428", "ente": "UFABCD", "istat": "000700917", "tramite_ente": "A2A-12345678",
    "tramite_bt": "A2A-87654321", "ente_bt": "0001", "conto_evidenza": "", "exemption": "",
    "version": 1,
}  # fmt: skip


def opi_flow(**more: Any) -> dict[str, Any]:
    return {
        "id": "80012345673-2026-00001", "year": 2026, "number": 1, "created_at": AT,
        "cents": 30_000, "signature": "none", "signature_code": "", "signed_at": "",
        "orders": [{"operation": "INSERIMENTO", "order": ORDER},
                   {"operation": "INSERIMENTO", "order": "2026-0000013"}],
    } | more  # fmt: skip


def message(**more: Any) -> dict[str, Any]:
    return {
        "id": "m1", "carrier": "upload", "file_name": "esiti.xml", "received_at": AT,
        "state": "kept", "code": "", "signature": "verified", "signer": "ab" * 32, "outcomes": 3,
        "revocation": "good",
        "orders": 2, "unknown_total": 1, "same_as": "",
        "unknown": [{"order": "2026-0000099", "flow": "f", "word": "ACQUISITO", "at": AT,
                     "code": "order_unknown"}],
    } | more  # fmt: skip


def register(**more: Any) -> dict[str, Any]:
    return {
        "code": "albo", "kind": "isi", "way": "https", "format": "json", "carrier": "",
        "url": "https://albo.example/quote?anno={year}",
        "report_url": "https://albo.example/incassi/{id}", "file": "quote.csv",
        "columns": {"source": "matricola"}, "constants": {}, "fetch": "daily", "version": 4,
        "secret": True,
    } | more  # fmt: skip


CONNECTORS = [
    {"name": "isi", "label": "Albo ISI", "formats": ["csv", "json"]},
    {"name": "opi", "label": "Albo Unico OPI", "formats": ["xlsx"]},
    {"name": "sferabit", "label": "Sferabit", "formats": ["csv"]},
]


def fetch(**more: Any) -> dict[str, Any]:
    return {
        "id": "q1", "register_code": "albo", "year": 2026, "state": "handed", "created_at": AT,
        "count": 4, "batch": "i1", "code": "", "words": "", "release": "3.2", "planned": False,
    } | more  # fmt: skip


def report(**more: Any) -> dict[str, Any]:
    told = {"due": "due1", "source": "A-17", "number": ORDER, "iuv": "01000000000000131",
            "cents": 15_000, "day": "2026-02-20"}  # fmt: skip
    return {
        "id": REPORT, "register_code": "albo", "kind": "paid", "state": "failed", "created_at": AT,
        "tried_at": AT, "tries": 10, "code": "register_refused",
        "words": "422 matricola <b>sconosciuta</b>",
        "lines": [told | {"state": "done", "words": ""},
                  told | {"source": "A-18", "state": "failed", "words": "matricola sconosciuta"}],
    } | more  # fmt: skip


def event(**more: Any) -> dict[str, Any]:
    return {
        "id": EVENT, "title": "BIM per tutti", "day": "2026-05-12", "service": "quota",
        "cents": 12_000, "place": "Pavia", "seats": 30, "open": True, "version": 3,
        "registered": 2,
    } | more  # fmt: skip


def registration(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}", "event": EVENT, "name": ("Rossi Maria", "Verdi Luca")[number % 2],
        "tax_code": "RSSMRA80A41H501Y", "state": "registered", "cents": 12_000,
        "position": f"p{number}", "iuv": "01000000000000131", "created_at": AT, "paid_at": "",
        "document_day": "", "flow_state": "", "receipt": "", "document": "", "document_state": "",
        "document_code": "", "flow": "", "orders": [],
    } | more  # fmt: skip


PAID = registration(2, state="paid", paid_at=AT, document="FPC/1/2026", document_state="to_send")

FISCAL = {
    "practice": "invoice", "vat": "01234567897", "regime": "RF01", "street": "Via Roma 1",
    "postcode": "27100", "city": "Pavia", "province": "PV", "rate": "0", "natura": "N4",
    "law": "Esente art. 10 n. 20 DPR 633/72", "series": "FPC", "receipt_series": "RIC",
    "version": 1,
}  # fmt: skip


def accounts(**answers: Any) -> Stub:
    """An office in which something was posted, told and taught already."""
    usual: dict[str, Any] = {
        f"GET {BOOKS}/balance": (200, balance()),
        f"GET {BOOKS}/open": opens(),
        f"GET {BOOKS}/setting": (200, SETTING),
        f"POST {BOOKS}/preview": (200, {"cents": 30_000, "drafts": [draft(12), draft(13)],
                                        "problems": run()["problems"]}),
        f"POST {BOOKS}/runs": (202, run(state="posting")),
        f"GET {BOOKS}/runs": (200, {"runs": [run()]}),
        f"GET {BOOKS}/runs/{RUN}": (200, run()),
        f"GET {BOOKS}/orders": (200, {"orders": [summary(12, treasury=STANDING),
                                                 summary(13, state="reversed")], "cursor": None}),
        f"GET {BOOKS}/orders/{ORDER}": (200, order()),
        f"GET {BOOKS}/assessments/due1": (200, {
            "id": "due1", "chapter": "1.1", "provenance": "residui", "year": 2025, "cents": 20_000,
            "collected_cents": 15_000, "collected": [
                {"order": ORDER, "payment": line()["payment"], "cents": 15_000,
                 "day": "2026-02-20", "entry": 31}]}),
        f"GET {BOOKS}/entries": (200, {"entries": ENTRIES, "before": 0}),
        f"GET {BOOKS}/treasurer": (200, TREASURER),
        f"GET {BOOKS}/treasurer/certificates": (200, {"certificates": [], "version": 0}),
        f"GET {BOOKS}/opi-flows": (200, {"flows": [opi_flow()]}),
        f"GET {BOOKS}/opi-outcomes": (200, {"messages": [message()]}),
        "GET /v1/body/reconciliation/statements": (200, {"statements": [statement()]}),
        "GET /v1/body/reconciliation/flows": (200, {"flows": [settled()], "labels": [],
                                                    "cursor": None}),
        "GET /v1/body/registers": (200, {"registers": [register()], "connectors": CONNECTORS}),
        "GET /v1/body/register-fetches": (200, {"fetches": [fetch()]}),
        "GET /v1/body/register-reports": (200, {"reports": [report()]}),
        "GET /v1/body/carriers": (200, {"carriers": [
            {"code": "ordine", "kind": "sftp", "setting": {}, "secrets_set": True, "version": 1}]}),
        "GET /v1/body/training/events": (200, {"events": [event(), event(
            id="etica", title="Etica", open=False, seats=0)]}),
        f"GET /v1/body/training/events/{EVENT}": (200, event()),
        f"GET /v1/body/training/events/{EVENT}/registrations": (200, {
            "registrations": [registration(), PAID]}),
        "GET /v1/body/training/fiscal": (200, FISCAL),
    }  # fmt: skip
    return office(**usual | answers)


# A house in which nothing of this was done yet.
EMPTY: dict[str, Any] = {
    f"GET {BOOKS}/balance": (200, balance(came_cents=0, open_cents=0, anomalous_cents=0,
                                          posted_cents=0, chapters=[])),
    f"GET {BOOKS}/open": (200, {"cents": 0, "payments": []}),
    f"GET {BOOKS}/runs": (200, {"runs": []}),
    f"GET {BOOKS}/orders": (200, {"orders": [], "cursor": None}),
    f"GET {BOOKS}/entries": (200, {"entries": [], "before": 0}),
    f"GET {BOOKS}/treasurer": error(404, "not_found"),
    f"GET {BOOKS}/opi-flows": (200, {"flows": []}),
    f"GET {BOOKS}/opi-outcomes": (200, {"messages": []}),
    "GET /v1/body/reconciliation/statements": (200, {"statements": []}),
    "GET /v1/body/reconciliation/flows": (200, {"flows": [], "labels": [], "cursor": None}),
    "GET /v1/body/registers": (200, {"registers": [], "connectors": CONNECTORS}),
    "GET /v1/body/register-fetches": (200, {"fetches": []}),
    "GET /v1/body/register-reports": (200, {"reports": []}),
    "GET /v1/body/training/events": (200, {"events": []}),
}  # fmt: skip
