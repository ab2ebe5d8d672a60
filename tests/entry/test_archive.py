"""Massive notices: objects by their exact names, ZIPs made in parts, a row for each."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Callable, Sequence

import moto.s3.models
import pypdf
import pytest
import requests

from chalicelib.base import limits, s3
from chalicelib.base.errors import NotFound
from chalicelib.base.s3 import Place
from chalicelib.entry import on_deliver
from chalicelib.payments.delivery import archive
from tests.entry import bodies
from tests.entry.api_world import Api, Context
from tests.entry.bodies import House
from tests.entry.test_delivery import attempts, begin, counts, delivered, flow, run, work
from tests.entry.test_positions import positions
from tests.payments.dues import files
from tests.payments.dues.files import row

NAME = re.compile(r"[0-9A-Z]{11,16}_[0-9]{4}_[0-9]{17}\.pdf", re.ASCII)
RUNS = "/v1/body/deliveries"


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two or three notices, steps of two."""
    monkeypatch.setattr(limits, "ZIP_PART_BYTES", 80_000)
    monkeypatch.setattr(limits, "DELIVERY_AT_ONCE", 2)
    monkeypatch.setattr(moto.s3.models, "S3_UPLOAD_PART_MIN_SIZE", 1)


def zipped(api: Api, house: House, name: str, number: int = 1) -> zipfile.ZipFile:
    answer = house.operator.call(api, "GET", f"{RUNS}/{name}/archive", query={"number": number})
    assert answer.status == 200, answer.body
    assert answer.json["file_name"] == f"avvisi-{number}.zip"
    found = zipfile.ZipFile(io.BytesIO(requests.get(answer.json["url"], timeout=10).content))
    assert found.testzip() is None
    return found


def expected(api: Api, house: House) -> set[str]:
    found = positions(api, house, state="valid", limit=100)
    return {f"{one['tax_code']}_2026_{one['payments'][0]['iuv']}.pdf" for one in found}


@pytest.mark.feature("F001-077", "F001-078", "F001-079")
def test_all_notices_of_a_flow_are_objects_of_their_names_and_one_zip(
    api: Api, house: House
) -> None:
    rows = [*files.many(6), row(source="long", name="Ж" * 3)]
    name = flow(api, house, rows)
    gone = positions(api, house)[0]
    house.call(api, "POST", f"/v1/body/positions/{gone['id']}/cancel")
    done = delivered(api, house, channel="zip", profile="", flow=name)
    assert (done["state"], counts(done), done["archives"]) == ("done", (0, 6, 0, 0, 1), 1)
    wanted = expected(api, house)
    assert all(NAME.fullmatch(one) for one in wanted)
    prefix = f"{house.tenant}/notices/{done['id']}/"
    kept = [one for one in api.objects("DOCUMENTS") if one.startswith(prefix)]
    assert set(kept) == {f"{prefix}{one}" for one in (*wanted, "avvisi-1.zip")}
    with zipped(api, house, done["id"]) as found:
        assert set(found.namelist()) == wanted
        for one in wanted:
            data = found.read(one)
            assert data == api.read("DOCUMENTS", prefix + one)
            iuv = one[-21:-4]
            text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
            assert f"3{iuv}" in "".join(text.split())
    rows_of = attempts(api, house, done["id"], limit=100)
    outcome = sorted((one["state"], one["code"]) for one in rows_of)
    assert outcome == [("sent", "")] * 6 + [("skipped", "not_payable")]
    missing = house.call(api, "GET", f"{RUNS}/{done['id']}/archive", query={"number": 2})
    assert missing.status == 404


def short() -> Callable[[Context], int]:
    """Time enough to begin with, and after a few questions too little for anything new."""
    left = itertools.chain([300_000] * 5, itertools.repeat(30_000))
    return lambda _: next(left)


def test_a_great_job_goes_on_where_it_was(
    api: Api, house: House, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step and it is over, again and again: progress is kept, and the ZIP is the same."""
    name = flow(api, house, files.many(9))
    started = begin(api, house, channel="zip", profile="", flow=name)
    seen = []
    for _ in range(60):
        monkeypatch.setattr(Context, "get_remaining_time_in_millis", short())
        api.run("deliver", on_deliver.handle)
        seen.append(run(api, house, started["id"]))
        if seen[-1]["state"] == "done":
            break
    states = [one["state"] for one in seen]
    assert states == sorted(states, key=["planning", "running", "ending", "done"].index)
    progress = [one["sent"] for one in seen]
    assert progress == sorted(progress)
    assert len(set(progress)) >= 4
    assert states.count("ending") >= 2
    with zipped(api, house, started["id"]) as found:
        assert set(found.namelist()) == expected(api, house)


def test_many_notices_make_several_archives(
    api: Api, house: House, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ZIP_MEMBERS", 4)
    name = flow(api, house, files.many(9))
    done = delivered(api, house, channel="zip", profile="", flow=name)
    assert done["archives"] == 3
    names: list[str] = []
    for number in (1, 2, 3):
        with zipped(api, house, done["id"], number) as found:
            names += found.namelist()
    assert len(names) == 9
    assert set(names) == expected(api, house)


def test_nothing_to_print_makes_no_archive(api: Api, house: House) -> None:
    name = flow(api, house, files.many(1))
    (gone,) = positions(api, house)
    house.call(api, "POST", f"/v1/body/positions/{gone['id']}/cancel")
    done = delivered(api, house, channel="zip", profile="", flow=name)
    assert (done["state"], counts(done), done["archives"]) == ("done", (0, 0, 0, 0, 1), 0)
    assert house.call(api, "GET", f"{RUNS}/{done['id']}/archive").status == 404


@pytest.mark.parametrize("when", ["dropped", "ended"])
def test_an_upload_that_is_gone_is_begun_again_or_known_to_be_done(
    api: Api, house: House, small: None, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """S3 drops what is left lying for days; and a run may die right after the last call."""
    name = flow(api, house, files.many(7))
    gone: set[str] = set()
    put, end = s3.put_part, s3.end_parts

    def put_part(place: Place, upload: str, number: int, data: bytes) -> str:
        if when == "dropped" and number == 2 and not gone:
            gone.add(upload)
        if upload in gone:  # moto has no word for that
            raise NotFound("upload")
        return put(place, upload, number, data)

    def end_parts(place: Place, upload: str, marks: Sequence[str]) -> None:
        end(place, upload, marks)
        if when == "ended" and not gone:
            gone.add(upload)
            raise RuntimeError("died")

    monkeypatch.setattr(s3, "put_part", put_part)
    monkeypatch.setattr(s3, "end_parts", end_parts)
    started = begin(api, house, channel="zip", profile="", flow=name)
    if when == "ended":
        with pytest.raises(AssertionError):
            work(api)
    work(api)
    assert gone
    done = run(api, house, started["id"])
    assert (done["state"], done["archives"]) == ("done", 1)
    with zipped(api, house, done["id"]) as found:
        assert set(found.namelist()) == expected(api, house)


@pytest.mark.feature("F001-161")
def test_the_second_language_and_the_slip_are_as_they_were_asked_for(
    api: Api, house: House
) -> None:
    people = [row(source="a", language="tedesco"), row(source="b", tax_code=files.COMPANY,
              category="società", name="Studio")]  # fmt: skip
    name = flow(api, house, people)
    texts = {}
    for key, options in (("d1", {}), ("d2", {"second": "person", "slip": False})):
        done = delivered(api, house, key, channel="zip", profile="", flow=name, options=options)
        for one in expected(api, house):
            data = api.read("DOCUMENTS", f"{house.tenant}/notices/{done['id']}/{one}")
            texts[key, one[:5]] = "".join(
                page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages
            )
    assert "Zahlung" not in texts["d1", "RSSMR"]
    assert "Zahlung" in texts["d2", "RSSMR"]
    assert "Zahlung" not in texts["d2", files.COMPANY[:5]]
    assert "bollettino" in texts["d1", "RSSMR"].lower()
    assert "bollettino" not in texts["d2", files.COMPANY[:5]].lower()


def test_options_are_looked_at(api: Api, house: House) -> None:
    name = flow(api, house, files.many(1))
    for options in ({"second": "es"}, {"slip": 1}, {"to": "mail"}):
        answer = house.call(
            api, "POST", RUNS, {"channel": "zip", "flow": name, "options": options},
            headers={"Idempotency-Key": "o"},
        )  # fmt: skip
        assert (answer.status, answer.code) == (422, "delivery_option")
    assert archive.zip_name(1) == "avvisi-1.zip"
