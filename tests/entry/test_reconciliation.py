"""What reconciliation works on, and how it comes: drops, uploads, the node's services."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import openpyxl
import pytest

from chalicelib.accounting import postable
from chalicelib.base import work
from chalicelib.entry import hourly
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Fdr, Flow
from tests.entry import bodies, node_world
from tests.entry.api_world import Api
from tests.entry.bodies import BANK
from tests.entry.node_world import Station
from tests.entry.reconciliation_world import (
    FLOW_ID,
    ROOT,
    csv,
    dated,
    drop,
    get,
    pay,
    remember,
    settles,
    work_off,
)


@pytest.fixture
def station(api: Api) -> Station:
    return node_world.station(api)


@pytest.fixture
def fdr(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fdr]:
    with Fdr(lambda: api.now) as found:
        monkeypatch.setenv("PAGOPA_URL", found.url)
        monkeypatch.setenv("NET_PRIVATE", "allow")
        yield found


@pytest.mark.feature("F001-010", "F001-011", "F001-099", "F001-110", "F001-118")
@pytest.mark.feature("F001-101", "F001-102", "F001-103", "F001-104", "F001-105", "F001-106")
@pytest.mark.feature("F001-107", "F001-108", "F001-122", "F001-123", "F001-125", "F001-172")
def test_what_is_dropped_in_the_bucket_meets_what_was_paid(api: Api, station: Station) -> None:
    iuvs = [pay(api, station, cents) for cents in (1_000, 2_550)]
    lines = list(zip(iuvs, (1_000, 2_550), strict=True))
    flow = dated(settles(station, *lines), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    remember(api, station.house)
    text = "ACCREDITO BANCA /PUR/LGPE- RIVERSAMENTO/URI/2026-11-2 0ABI06090-0001 NOTPROVIDED"
    rows = (("20/11/2026", text, "35,50"), ("20/11/2026", "BONIFICO ROSSI", "1.000,00"),
            ("21/11/2026", "COMMISSIONI", "-1,20"))  # fmt: skip
    drop(api, f"statements/{station.tenant}/banca/e.csv", csv(*rows))
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["state"], one["desk"], one["postable"], one["complete"]) == (
        "cashed", "ready", True, True,
    )  # fmt: skip
    assert (one["cents"], one["bank_cents"], one["matched_cents"]) == (3_550, 3_550, 3_550)
    (statement,) = get(api, station, "statements")["statements"]
    counts = statement["state"], statement["counts"]["read"], statement["movements"]
    assert (*counts, statement["ignored"], statement["fresh"]) == ("read", 3, 1, 2, 1)
    found = get(api, station, "collections")["collections"]
    assert {(row["iuv"], row["cents"], row["state"]) for row in found} == {
        (iuv, cents, "cashed") for iuv, cents in lines
    }
    row = found[0]
    assert (row["name"], row["tax_code"]) == ("Rossi Maria", "RSSMRA80A41H501Y")
    assert (row["channel"], row["flow_id"], row["fee_cents"]) == ("onLine", FLOW_ID, 150)
    assert (row["paid_day"], row["bank_day"]) == ("2026-11-19", "2026-11-20")
    for query, many in (
        ({"iuv": iuvs[0]}, 1), ({"flow": FLOW_ID}, 2), ({"flow": one["id"]}, 2),
        ({"tax_code": "RSSMRA80A41H501Y"}, 2), ({"tax_code": "VRDLGI80A01H501U"}, 0),
        ({"paid_from": "2026-11-19", "paid_until": "2026-11-19"}, 2), ({"label": "REVOKED"}, 0),
        ({"paid_from": "2026-11-20"}, 0), ({"banked_from": "2026-11-20"}, 2),
        ({"banked_until": "2026-11-19"}, 0),
    ):  # fmt: skip
        assert len(get(api, station, "collections", **query)["collections"]) == many, query
    for query, many in (
        ({"psp": "abi0609"}, 1), ({"psp": "ABI01"}, 0), ({"banked_from": "2026-11-20"}, 1),
        ({"banked_until": "2026-11-19"}, 0), ({"desk": "ready", "psp": "ABI06090"}, 1),
        ({"flow_id": FLOW_ID, "desk": "odd"}, 0), ({"flow_id": FLOW_ID, "psp": "ABI"}, 1),
    ):  # fmt: skip
        assert len(get(api, station, "flows", **query)["flows"]) == many, query
    summary = get(api, station, "summary")
    assert (summary["lines"], summary["elsewhere"]) == (2, 0)
    assert (summary["matched"], summary["anomalies"]) == (2, {})
    assert summary["money"] == {"came": 3_550, "posted": 0, "open": 3_550, "anomalous": 0}
    assert get(api, station, "inbox")["entries"] == []
    # What brought the flow can be had as it came.
    (version,) = get(api, station, f"flows/{one['id']}")["versions"]
    (file,) = get(api, station, f"flows/{one['id']}/versions/{version['id']}/files")["files"]
    assert file["file_name"] == "f.xml"
    assert f"settlements/{station.tenant}/f.xml" in file["url"]
    path = f"{ROOT}/flows/{one['id']}/versions/none/files"
    assert station.house.call(api, "GET", path).status == 404


@pytest.mark.feature("F001-110", "F001-125")
def test_the_same_statement_twice_and_overlapping_periods_post_nothing_twice(
    api: Api, station: Station
) -> None:
    remember(api, station.house)
    text = f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}"
    first = csv(("19/11/2026", text, "10,00"), ("20/11/2026", f"{text} BIS", "20,00"))
    more = csv(("20/11/2026", f"{text} BIS", "20,00"), ("21/11/2026", f"{text} TER", "5,00"))
    for name, data in (("a", first), ("b", more), ("again", first)):
        answer = station.house.call(
            api, "POST", f"{ROOT}/statements", data, query={"name": name, "columns": "banca"}
        )
        assert answer.status == 202, answer.body
        work_off(api)
    found = get(api, station, "statements")["statements"]
    assert sorted(one["fresh"] for one in found) == [1, 2]  # the same bytes are one statement
    assert get(api, station, "summary")["money"]["came"] == 3_500


@pytest.mark.feature("F001-118", "F001-119", "F001-120", "F001-121", "F001-124", "F001-176")
def test_a_preview_shows_how_rows_are_read_and_columns_are_remembered(
    api: Api, station: Station
) -> None:
    long = "Bonifico /PUR/LGPE-RIVERSAMENTO/URI/" + FLOW_ID + " " + "x" * 300
    data = csv(("20/11/2026", long, "1.234,56"))
    shown = station.house.call(api, "POST", f"{ROOT}/statements/preview", data).json
    assert (shown["kind"], shown["columns"]["day"], shown["columns"]["amount"]) == ("table", 0, 2)
    query = {"day": 0, "texts": "1", "amount": 2, "first_row": 3, "mark": ","}
    shown = station.house.call(api, "POST", f"{ROOT}/statements/preview", data, query=query).json
    read = shown["rows"][-1]
    assert (read["day"], read["cents"], read["text"]) == ("2026-11-20", 123_456, long)
    # Without columns it waits for them; once they are remembered it is read.
    answer = station.house.call(api, "POST", f"{ROOT}/statements", data, query={"name": "e"})
    work_off(api)
    one = get(api, station, f"statements/{answer.json['id']}")
    assert (one["state"], one["code"]) == ("awaited", "columns_missing")
    remember(api, station.house)
    path = f"{ROOT}/statements/{one['id']}/read"
    assert station.house.call(api, "POST", path, {"columns": "banca"}).status == 202
    work_off(api)
    assert get(api, station, f"statements/{one['id']}")["cents"] == 123_456
    (kept,) = get(api, station, "columns")["columns"]
    assert (kept["name"], kept["account"]) == ("banca", BANK)
    # The next file is read by them, as a workbook too.
    book = openpyxl.Workbook()
    for row in (("Estratto", "", ""), ("Data", "Descrizione", "Importo"),
                ("21/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}", 7.5)):  # fmt: skip
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    drop(api, f"statements/{station.tenant}/e.xlsx", stream.getvalue())
    work_off(api)
    assert get(api, station, "summary")["money"]["came"] == 123_456 + 750


@pytest.mark.feature("F001-126", "F001-118")
def test_the_cash_journal_brings_provisional_numbers(api: Api, station: Station) -> None:
    iuv = pay(api, station)
    flow = dated(settles(station, (iuv, 1_000)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    journal = f"""<flusso_giornale_di_cassa><esercizio>2026</esercizio>
      <informazioni_conto_evidenza><movimento_conto_evidenza>
      <tipo_movimento>ENTRATA</tipo_movimento><tipo_documento>SOSPESO ENTRATA</tipo_documento>
      <tipo_operazione>ESEGUITO</tipo_operazione><numero_documento>4711</numero_documento>
      <progressivo_documento>1</progressivo_documento><importo>10.00</importo>
      <data_movimento>2026-11-20</data_movimento>
      <causale>/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}</causale>
      </movimento_conto_evidenza></informazioni_conto_evidenza></flusso_giornale_di_cassa>"""
    drop(api, f"statements/{station.tenant}/gdc.xml", journal.encode())
    work_off(api)
    (one,) = postable.list_postable(station.tenant)
    assert (one.provisional, one.iuv, one.cents) == ("4711", iuv, 1_000)
    assert sum(line[-1] for line in one.lines) == 1_000


@pytest.mark.feature("F001-126")
def test_a_flow_in_two_movements_is_divided_by_their_sospesi(api: Api, station: Station) -> None:
    iuvs = [pay(api, station, 1_000) for _ in range(3)]
    flow = dated(settles(station, *((iuv, 1_000) for iuv in iuvs)), api)
    drop(api, f"settlements/{station.tenant}/f.xml", simulated.xml(flow, station.creditor))
    rows = "".join(
        f"""<movimento_conto_evidenza>
      <tipo_movimento>ENTRATA</tipo_movimento><tipo_documento>SOSPESO ENTRATA</tipo_documento>
      <tipo_operazione>ESEGUITO</tipo_operazione><numero_documento>{number}</numero_documento>
      <progressivo_documento>1</progressivo_documento><importo>{euros}</importo>
      <data_movimento>2026-11-{day}</data_movimento>
      <causale>/PUR/LGPE-RIVERSAMENTO/URI/{FLOW_ID}</causale></movimento_conto_evidenza>"""
        for number, euros, day in (("71", "18.00", 20), ("72", "12.00", 21))
    )
    journal = ("<flusso_giornale_di_cassa><esercizio>2026</esercizio><informazioni_conto_evidenza>"
               f"{rows}</informazioni_conto_evidenza></flusso_giornale_di_cassa>")  # fmt: skip
    drop(api, f"statements/{station.tenant}/gdc.xml", journal.encode())
    work_off(api)
    found = postable.list_postable(station.tenant)
    assert [(one.provisional, one.sospesi) for one in found] == [
        ("71", ()), ("71,72", (("71", 800), ("72", 200))), ("72", ()),
    ]  # fmt: skip
    assert {one.bank_day.isoformat() for one in found if one.bank_day} == {"2026-11-21"}
    assert len(found[1].bank.split(",")) == 2
    # One by one, as a run for a payment asks, it is the same.
    assert [postable.get_postable(station.tenant, one.key) for one in found] == found


@pytest.mark.feature("F001-100", "F001-175", "F001-178")
def test_opening_a_page_fetches_what_is_new_once(api: Api, station: Station, fdr: Fdr) -> None:
    iuvs = [pay(api, station, 100) for _ in range(5)]
    fdr.page_items, fdr.twice = 2, True
    fdr.publish(station.creditor, settles(station, *((iuv, 100) for iuv in iuvs)))
    said = {"way": "rest", "key": simulated.KEY}
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    setting = get(api, station, "setting")
    assert (setting["way"], setting["key"], "chiave" in json.dumps(setting)) == (
        "rest", True, False,
    )  # fmt: skip
    assert get(api, station, "flows")["flows"] == []
    work_off(api)
    get(api, station, "flows")  # a moment later: nobody is asked again
    work_off(api)
    asked = [operation for operation, _, _ in fdr.requests]
    assert asked == ["list"] + ["head"] + ["payments"] * 3
    (one,) = get(api, station, "flows")["flows"]
    assert (one["cents"], one["matched_cents"], one["lines"]) == (500, 500, 5)
    # The next look overlaps; another revision counts from then on.
    api.tick(3_600)
    fdr.publish(station.creditor, settles(station, *((iuv, 100) for iuv in iuvs[:4])))
    again = station.again(api)
    hourly.hourly({}, None)
    hourly.hourly({}, None)
    work_off(api)
    (one,) = get(api, again, "flows")["flows"]
    assert (one["cents"], one["matched_cents"], one["lines"]) == (400, 400, 4)
    detail = get(api, again, f"flows/{one['id']}")
    assert [each["counts"] for each in detail["versions"]] == [False, True]
    (row,) = get(api, again, "collections", iuv=iuvs[4])["collections"]
    assert (row["state"], row["labels"]) == ("paid", ["RT_NO_IUF"])


@pytest.mark.feature("F001-100")
def test_the_classic_soap_brings_the_same_flow_unchanged(
    api: Api, station: Station, fdr: Fdr
) -> None:
    iuv = pay(api, station)
    flow = fdr.publish(station.creditor, settles(station, (iuv, 1_000)))
    said = {"way": "soap", "broker": bodies.PARTNER, "station": f"{bodies.PARTNER}_01",
            "password": simulated.PASSWORD}  # fmt: skip
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    assert station.house.call(api, "POST", f"{ROOT}/look").json == {"begun": True}
    work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["matched_cents"], one["desk"]) == (1_000, "open")
    (raw,) = [key for key in api.objects("DOCUMENTS") if key.endswith("/raw.xml")
              and key.startswith(f"{station.tenant}/settlements/")]  # fmt: skip
    assert api.read("DOCUMENTS", raw) == simulated.xml(flow, station.creditor)


@pytest.mark.parametrize(
    ("fault", "operation"),
    [("busy", "list"), ("gone", "list"), ("garbage", "head"), ("error", "payments"),
     ("garbage", "payments")],
)  # fmt: skip
def test_what_goes_wrong_on_the_way_is_made_up_for(
    api: Api, station: Station, fdr: Fdr, fault: str, operation: str
) -> None:
    iuv = pay(api, station)
    fdr.publish(station.creditor, settles(station, (iuv, 1_000)))
    said = {"way": "rest", "key": simulated.KEY}
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    fdr.faults.plan(fault, operation)
    get(api, station, "flows")
    for _ in range(4):
        work_off(api)
        api.tick(600)
        work.sweep(api.now)
    again = station.again(api)
    (one,) = get(api, again, "flows")["flows"]
    assert one["matched_cents"] == 1_000


# ------------------------------------------------------------------ ids without day and PSP
HEX = "0123456789abcdef0123456789abcdef"


def _fetch(api: Api, station: Station) -> None:
    said = {"way": "rest", "key": simulated.KEY}
    assert station.house.call(api, "PUT", f"{ROOT}/setting", said).status == 200
    station.house.call(api, "POST", f"{ROOT}/look")
    work_off(api)


@pytest.mark.feature("F001-100")
@pytest.mark.parametrize("first", ["dropped", "fetched"])
def test_a_flow_whose_id_names_no_psp_is_one_whichever_way_brings_it_first(
    api: Api, station: Station, fdr: Fdr, first: str
) -> None:
    iuv = pay(api, station)
    rows = [(iuv, f"iur-{iuv}", 1, 1_000, "0")]
    flow = fdr.publish(station.creditor, Flow(HEX, "ABI06090", rows, day="2026-11-20"))
    data = simulated.xml(flow, station.creditor)
    ways = [lambda: _fetch(api, station),
            lambda: drop(api, f"settlements/{station.tenant}/f.xml", data)]  # fmt: skip
    for way in ways if first == "fetched" else reversed(ways):
        way()
        work_off(api)
    (one,) = get(api, station, "flows")["flows"]
    assert (one["psp"], one["flow_id"], one["matched_cents"]) == ("ABI06090", HEX, 1_000)
    assert (one["labels"], len(get(api, station, f"flows/{one['id']}")["versions"])) == (
        ["IUF_NO_TES"], 2,
    )  # fmt: skip
    # What comes later by either way is a version of it, also where its transfer is another.
    api.tick(60)
    later = Flow(HEX, "ABI06090", rows, day="2026-11-21", created=api.now)
    fdr.publish(station.creditor, later)
    drop(api, f"settlements/{station.tenant}/g.xml", simulated.xml(later, station.creditor))
    api.tick(3_600)
    hourly.hourly({}, None)
    work_off(api)
    again = station.again(api)
    (same,) = get(api, again, "flows")["flows"]
    assert (same["id"], same["settled"]) == (one["id"], "2026-11-21")
    assert [row["labels"] for row in get(api, again, "collections", iuv=iuv)["collections"]] == [
        ["RT_IUF"]
    ]


def test_equal_ids_of_two_psps_are_two_flows(api: Api, station: Station) -> None:
    iuvs = [pay(api, station, cents) for cents in (1_000, 2_000)]
    rows = [[(iuv, f"iur-{iuv}", 1, cents, "0")] for iuv, cents in zip(iuvs, (1_000, 2_000),
                                                                      strict=True)]  # fmt: skip
    for number, psp in enumerate((b"SELBIT2B", b"BPPIITRR")):
        flow = dated(Flow(HEX, "", rows[number], day="2026-11-20"), api)
        data = simulated.xml(flow, station.creditor).replace(b"SELBIT2B", psp)
        drop(api, f"settlements/{station.tenant}/{number}.xml", data)
        work_off(api)
    flows = get(api, station, "flows")["flows"]
    assert {(one["psp"], one["matched_cents"], one["lines"]) for one in flows} == {
        ("SELBIT2B", 1_000, 1), ("BPPIITRR", 2_000, 1),
    }  # fmt: skip
