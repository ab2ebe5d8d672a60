"""Carriers of a body, deliveries by them, and the worker."""

from __future__ import annotations

import os
from typing import Any

from chalicelib.base import taxids
from chalicelib.entry import on_deliver
from chalicelib.payments.receipts.model import Receipt
from infra import operate
from infra.local.pagopa.appio import AppIo
from tests.entry.api_world import Answer, Api
from tests.entry.bodies import House
from tests.entry.test_positions import POSITIONS, bring, generate, listing
from tests.payments.delivery.servers import PASSWORD, USER, Server
from tests.payments.dues.files import row

CARRIERS, DELIVERIES, ORDERS = (
    "/v1/body/carriers", "/v1/body/deliveries", "/v1/body/postal-orders",
)  # fmt: skip


def person(number: int) -> str:
    """A tax code that holds, of somebody born in Rome."""
    stem = f"BNCNNA{50 + number:02d}A41H501"
    return next(stem + sign for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if _holds(stem + sign))


def _holds(code: str) -> bool:
    return taxids.is_person_code(code)


def flow(api: Api, house: House, *rows: dict[str, Any], key: str = "i1", **more: Any) -> str:
    """A flow whose positions are made; everything that this leads to is done."""
    bring(api, house, rows or [row(source="a")], key)
    found = generate(api, house, listing(api, house, f"f{key}")["id"], **more)
    assert found["state"] == "generated"
    run(api)
    return str(found["id"])


def run(api: Api) -> None:
    """The worker, until it has nothing to do, or only what it puts off."""
    for _ in range(12):
        if not api.run("deliver", on_deliver.handle):
            return


def save(
    api: Api, house: House, code: str, secrets: dict[str, str] | None = None, version: int = 0,
    **setting: Any,
) -> Answer:  # fmt: skip
    body = {"setting": setting, "secrets": secrets, "version": version}
    return house.call(api, "PUT", f"{CARRIERS}/{code}", body)


def saved(api: Api, house: House, code: str, *given: Any, **setting: Any) -> dict[str, Any]:
    answer = save(api, house, code, *given, **setting)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def sftp(server: Server, **changed: Any) -> dict[str, Any]:
    known = {
        "kind": "sftp", "host": server.host, "port": server.port, "user": USER,
        "fingerprint": server.fingerprint,
    }  # fmt: skip
    return known | changed


def begin(api: Api, house: House, channel: str, key: str = "d1", **wanted: Any) -> Answer:
    body = {"channel": channel} | wanted
    return house.call(api, "POST", DELIVERIES, body, headers={"Idempotency-Key": key})


def deliver(api: Api, house: House, channel: str, key: str = "d1", **wanted: Any) -> dict[str, Any]:
    """A delivery, as it is when the worker rests."""
    answer = begin(api, house, channel, key, **wanted)
    assert answer.status == 202, answer.body
    run(api)
    return dict(house.call(api, "GET", f"{DELIVERIES}/{answer.json['id']}").json)


def attempts(api: Api, house: House, delivery: str) -> list[dict[str, Any]]:
    answer = house.call(api, "GET", f"{DELIVERIES}/{delivery}/attempts")
    assert answer.status == 200, answer.body
    return list(answer.json["attempts"])


def positions(api: Api, house: House) -> list[dict[str, Any]]:
    return list(house.call(api, "GET", POSITIONS).json["positions"])


def switch(house: House, channel: str, *more: str) -> None:
    """The operator's act, when a body has asked for it."""
    line = ["--table", os.environ["TABLE"], "channel", "--body", house.tenant]
    assert operate.main([*line, "--channel", channel, *more]) == 0


def postal_house(api: Api, house: House, server: Server | None = None) -> None:
    switch(house, "postal")
    area = ""
    if server is not None:
        area = "stampatore"
        saved(api, house, area, {"password": PASSWORD}, **sftp(server, purpose="postal"))
    saved(api, house, "stampa", None, kind="postal", provider="Stampa e Posta S.r.l.", area=area)


def disclaimer(api: Api, house: House) -> str:
    texts = house.call(api, "GET", "/v1/body/delivery/texts", query={"language": "fr"}).json
    assert "25 jours" in texts["disclaimer"]
    return str(texts["disclaimer_version"])


def step(api: Api, house: House, order: str, event: str, note: str = "") -> Answer:
    return house.call(api, "POST", f"{ORDERS}/{order}/steps", {"event": event, "note": note})


def with_appio(api: Api, house: House, io_app: AppIo, **setting: Any) -> None:
    saved(api, house, "io", {"key": io_app.key}, kind="appio", **{"enabled": True} | setting)


def receipt_of(
    api: Api, house: House, position: dict[str, Any], name: str, number: int = 0
) -> Receipt:
    """One of its payments, by its place, paid as it was asked."""
    payment = position["payments"][number]
    creditor = house.call(api, "GET", "/v1/body").json["fiscal_code"]
    return Receipt(
        id=name, iuv=payment["iuv"], creditor=creditor, cents=payment["cents"], fee_cents=None,
        paid_at="", day="2026-11-21", method="CP", channel="app", psp_id="P", psp_name="Banca",
        description="Quota", company="Ordine", transfers=(), source="node",
        notice=payment["notice"],
    )  # fmt: skip
