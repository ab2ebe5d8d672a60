"""The archive of positions: filters that combine, page by page, and the same as a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.accounts import audit_store
from chalicelib.base import clock, dynamo, limits, sheets
from chalicelib.entry import on_dues
from chalicelib.payments import iuv
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import archive, exports, store, table
from chalicelib.payments.positions.archive import Wanted
from chalicelib.payments.positions.model import Line, Payment, Position
from tests.entry import bodies
from tests.entry.api_world import START, Api, Context
from tests.entry.bodies import House
from tests.entry.test_positions import DEBTOR, POSITIONS, make
from tests.payments.dues.files import COMPANY, MARIA

EXPORTS = "/v1/body/exports"
LUCA = "VRDLCU85B02F205S"
NAMES = {MARIA: "Rossi Maria", LUCA: "=Verdi+Luca", COMPANY: "Studio"}
TODAY = clock.rome_day(START)


@pytest.fixture(scope="module")
def house(api: Api) -> House:
    return bodies.ready(api)


def _made(tenant: str, number: int) -> Position:
    """One of many, each different in what can be asked for."""
    codes = sorted(NAMES)
    person = due_store.person_id(tenant, codes[number % 3])
    day = TODAY - timedelta(days=number + 1)
    cents = 1_000 * (number % 7 + 1)
    paid = number % 4 == 0
    payment = Payment(
        0, iuv.make("01", number + 1), cents, TODAY + timedelta(days=number % 10),
        "paid" if paid else "unpaid", TODAY - timedelta(days=number % 5) if paid else None,
        cents if paid else 0,
    )  # fmt: skip
    line = Line(
        ("quota", "mora")[number % 2], "x", cents, "9/0101002IM/", bodies.BANK,
        year=2024 + number % 3,
    )  # fmt: skip
    return Position(
        id=f"p{number:03}", state="paid" if paid else ("valid", "expired")[number % 2],
        origin=("dues", "spontaneous")[number % 2], person=person, creditor="80012000826",
        subject="Quota", cents=cents, lines=(line,), payments=(payment,),
        # Midnight in Rome is at 23:00 of the day before: both sides of it.
        created_at=f"{day}T{(10, 22, 23)[number % 3]}:59:59.999Z", ends=TODAY,
        flow=("", "f1", "f2")[number % 3],
    )  # fmt: skip


@pytest.fixture(scope="module")
def all_positions(api: Api, house: House) -> list[Position]:
    del api
    for code, name in NAMES.items():
        who = due_store.person_id(house.tenant, code)
        dynamo.commit([due_store.put_person(house.tenant, who, Person(code, name), None)])
    found = [_made(house.tenant, number) for number in range(40)]
    for one in found:
        dynamo.commit(store.born(house.tenant, one, "test"))
    return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)


DAYS = st.none() | st.integers(-45, 15).map(lambda days: TODAY + timedelta(days=days))
CENTS = st.none() | st.integers(0, 8).map(lambda euro: euro * 1_000)
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "state": st.sampled_from((None, None, "paid", "valid", "draft")),
    "flow": st.sampled_from(("", "", "f1", "f2", "f3")),
    "codes": st.sampled_from((None, None, None, (MARIA,), (MARIA, LUCA), ())),
    "origin": st.sampled_from((None, None, "dues", "spontaneous")),
    "service": st.sampled_from(("", "", "quota", "other")),
    "year": st.sampled_from((None, None, 2025)),
    "least_cents": CENTS, "most_cents": CENTS,
    "due_from": DAYS, "due_until": DAYS, "created_from": DAYS, "created_until": DAYS,
    "paid_from": DAYS, "paid_until": DAYS,
}  # fmt: skip


def _fits(said: dict[str, Any], persons: Any, one: Position) -> bool:
    """The filters once more, in other words."""
    made = clock.rome_day(clock.parse(one.created_at))
    first = date.min
    last = date.max
    (payment,), (line,) = one.payments, one.lines
    checks = [
        not said["state"] or one.state == said["state"],
        not said["flow"] or one.flow == said["flow"],
        persons is None or one.person in persons,
        not said["origin"] or one.origin == said["origin"],
        not said["service"] or line.service == said["service"],
        not said["year"] or line.year == said["year"],
        (said["least_cents"] or 0) <= one.cents,
        said["most_cents"] is None or one.cents <= said["most_cents"],
        (said["created_from"] or first) <= made <= (said["created_until"] or last),
        payment.due is not None
        and (said["due_from"] or first) <= payment.due <= (said["due_until"] or last),
    ]
    if said["paid_from"] or said["paid_until"]:
        low, high = said["paid_from"] or first, said["paid_until"] or last
        checks.append(payment.paid_on is not None and low <= payment.paid_on <= high)
    return all(checks)


def _pages(tenant: str, wanted: Wanted, limit: int) -> Iterator[str]:
    cursor = ""
    while True:
        page, cursor = archive.page(tenant, wanted, TODAY, cursor, limit)
        assert len(page) <= limit
        yield from (one.position.id for one in page)
        if not cursor:
            return


@pytest.mark.feature("F001-163", "F001-164")
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(said=st.fixed_dictionaries(FILTERS), limit=st.integers(1, 15), reads=st.integers(10, 60),
       piece=st.integers(8, 50))  # fmt: skip
def test_a_list_its_pages_and_its_export_are_the_positions_that_fit(
    house: House, all_positions: list[Position], said: dict[str, Any], limit: int, reads: int,
    piece: int,
) -> None:  # fmt: skip
    tenant, codes = house.tenant, said["codes"]
    persons = None if codes is None else tuple(due_store.person_id(tenant, one) for one in codes)
    given_ = {name: value for name, value in said.items() if name != "codes"}
    wanted = Wanted(**given_, persons=persons)
    expected = [one for one in all_positions if _fits(said, persons, one)]
    with pytest.MonkeyPatch.context() as small:
        small.setattr(limits, "FILTER_READ_ITEMS", reads)
        small.setattr(limits, "EXPORT_PIECE_ROWS", piece)
        small.setattr(limits, "PAGE_ITEMS_MAX", 11)
        small.setattr(limits, "PAGE_ITEMS", 4)
        assert list(_pages(tenant, wanted, limit)) == [one.id for one in expected]
        export = exports.Export("e", "waiting", "csv", wanted, clock.stamp(START))
        while export.state in ("waiting", "writing"):
            export = exports._next(tenant, export, TODAY)
    assert export.rows == len(expected)
    data = requests.get(_address(export), timeout=10).content
    cells = [row.cells for row in sheets.read(_Whole(data), delimiter=";").rows]
    rows = [table.row(one) for one in archive.shown(tenant, expected)]
    assert list(table.read_csv(cells)) == rows


def _address(export: exports.Export) -> str:
    from chalicelib.base import config, s3

    return s3.download_link(s3.Place(config.get("DOCUMENTS_BUCKET"), export.key), "f", 60)


class _Whole:
    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


@pytest.mark.feature("F001-163", "F001-164", "F001-165")
def test_filters_through_the_door(api: Api, all_positions: list[Position], house: House) -> None:
    def ids(**query: Any) -> set[str]:
        answer = house.operator.call(api, "GET", POSITIONS, query={"limit": 200} | query)
        assert answer.status == 200, answer.body
        return {one["id"] for one in answer.json["positions"]}

    everything = {one.id for one in all_positions}
    assert ids() == everything
    person = due_store.person_id(house.tenant, LUCA)
    lucas = {one.id for one in all_positions if one.person == person}
    assert ids(tax_code=LUCA.lower()) == lucas
    assert ids(tax_code=LUCA, state="paid") < lucas
    # Nobody's, and what cannot be one.
    assert ids(tax_code="12345678903") == ids(tax_code="AAAAAA00A00A000A") == set()
    week = {"paid_from": str(TODAY - timedelta(days=1)), "paid_until": str(TODAY)}
    paid = ids(**week)
    assert paid == {
        one.id for one in all_positions
        if any(p.paid_on and p.paid_on >= TODAY - timedelta(days=1) for p in one.payments)
    }  # fmt: skip
    some = house.operator.call(api, "GET", POSITIONS, query={"limit": 1, "tax_code": LUCA}).json
    other = {"cursor": some["cursor"], "tax_code": MARIA}
    refused = house.operator.call(api, "GET", POSITIONS, query=other)
    assert (refused.status, refused.code) == (400, "cursor_invalid")
    whole = house.operator.call(api, "GET", f"{POSITIONS}/{min(paid)}").json
    assert whole["payments"][0]["paid_on"]
    assert whole["timeline"][0]["event"] == "generated"


@pytest.mark.feature("F001-164", "F001-013")
def test_an_export_is_written_in_pieces_and_fetched_by_a_link(
    api: Api, all_positions: list[Position], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXPORT_PIECE_ROWS", 7)
    said = {"format": "xlsx", "tax_code": LUCA, "least_cents": 2_000}
    head = {"Idempotency-Key": "e1"}
    begun = house.operator.call(api, "POST", EXPORTS, said, headers=head)
    assert (begun.status, begun.json["state"]) == (202, "waiting")
    path = f"{EXPORTS}/{begun.json['id']}"
    early = house.operator.call(api, "GET", f"{path}/file")
    assert (early.status, early.code) == (409, "export_state")
    # A worker that has no time left leaves the rest to the next message.
    times = iter([300_000] * 2 + [1_000] * 3)
    with monkeypatch.context() as short:
        short.setattr(Context, "get_remaining_time_in_millis", lambda _: next(times))
        api.run("dues", on_dues.handle)
    half = house.operator.call(api, "GET", path).json
    assert (half["state"], half["rows"]) == ("writing", 7)
    while api.run("dues", on_dues.handle):
        pass
    done = house.operator.call(api, "GET", path).json
    listed = house.operator.call(
        api, "GET", POSITIONS, query={"tax_code": LUCA, "least_cents": 2_000, "limit": 200}
    ).json["positions"]
    assert (done["state"], done["rows"]) == ("written", len(listed))
    assert done["filter"] == {"debtor": True, "least_cents": 2_000}
    link = house.operator.call(api, "GET", f"{path}/file").json
    assert link["file_name"] == "posizioni-2026-11-21.xlsx"
    answer = requests.get(link["url"], timeout=10)
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows())
    assert [row[0].value for row in rows[1:]] == [one["id"] for one in listed]
    assert {(row[4].value, row[4].data_type) for row in rows[1:]} == {("=Verdi+Luca", "s")}
    # The same request is the same export; another body's is as if it were not.
    again = house.operator.call(api, "POST", EXPORTS, said, headers=head)
    assert (again.json["id"], again.json["state"]) == (done["id"], "written")
    assert [one["id"] for one in house.call(api, "GET", EXPORTS).json["exports"]] == [done["id"]]
    other = bodies.ready(api)
    assert other.call(api, "GET", path).status == other.call(api, "GET", f"{path}/file").status
    assert other.call(api, "GET", path).status == 404
    said_of = [row["said"] for row in audit_store.waiting(house.tenant, 1_000)]
    acts = [one["action"] for one in said_of]
    assert acts.count("positions_exported") == 1
    assert ("position_read", f"export:{done['id']}") in {
        (one["action"], one["what"]) for one in said_of
    }
    assert LUCA not in repr(said_of)
    del all_positions


def test_too_many_rows_are_refused(
    api: Api, all_positions: list[Position], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "EXPORT_POSITIONS", len(all_positions) - 1)
    with_key = {"Idempotency-Key": "e2"}
    begun = house.call(api, "POST", EXPORTS, {"format": "csv"}, headers=with_key).json
    while api.run("dues", on_dues.handle):
        pass
    done = house.call(api, "GET", f"{EXPORTS}/{begun['id']}").json
    assert (done["state"], done["code"]) == ("failed", "export_rows")


@pytest.mark.feature("F001-165")
def test_a_debtor_of_the_portals_own_saying_is_found_too(api: Api) -> None:
    from chalicelib.payments.positions import positions
    from chalicelib.payments.positions.positions import Wanted as Made

    house = bodies.ready(api)
    made = make(api, house, "m1", manual=True, cents=1_000)
    said = Made("quota", Person(MARIA, "Someone"), cents=5, manual=True, unproved=True)
    api.tick()
    other = positions.make(house.tenant, said, api.now, "portal", "k")
    answer = house.call(api, "GET", POSITIONS, query={"tax_code": MARIA})
    assert [one["id"] for one in answer.json["positions"]] == [other.id, made["id"]]


@pytest.mark.feature("F001-070")
def test_a_debtors_language_is_kept(api: Api) -> None:
    house = bodies.ready(api)
    made = make(api, house, "m1", manual=True, cents=1_000, debtor=DEBTOR | {"language": "en"})
    position = store.get_position(house.tenant, made["id"])
    assert position is not None
    (person,) = due_store.get_persons(house.tenant, [position.person]).values()
    assert person.language == "en"
    said = {"service": "quota", "debtor": DEBTOR | {"language": "xx"}, "manual": True, "cents": 1}
    refused = house.call(api, "POST", POSITIONS, said, headers={"Idempotency-Key": "m2"})
    assert (refused.status, refused.code) == (400, "invalid_request")
