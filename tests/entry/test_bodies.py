"""A body's setting through its doors."""

from __future__ import annotations

import base64
import copy
import io
from typing import Any

import pytest
from PIL import Image

from chalicelib.base import limits
from chalicelib.payments import numbers, taxonomy
from tests.entry import bodies, visitors
from tests.entry.api_world import Api
from tests.entry.bodies import BANK, House, setting
from tests.payments.taxonomy_csv import ENDED, FEE, LATE, taxonomy_csv

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def house(api: Api) -> House:
    return bodies.found(api)


@pytest.mark.feature("F001-001", "F001-176")
def test_a_setting_is_kept_as_it_was_said(api: Api, house: House) -> None:
    assert house.call(api, "GET", "/v1/body").status == 404
    said = setting()
    spaced = copy.deepcopy(said)
    spaced["accounts"][0]["iban"] = "it60 x054 2811 1010 0000 0123 456"
    answer = house.call(api, "PUT", "/v1/body", spaced)
    assert answer.status == 200, answer.body
    kept = house.operator.call(api, "GET", "/v1/body").json
    assert kept == answer.json
    whole = copy.deepcopy(said)
    whole["contacts"] |= {"phone": "", "pec": "", "website": ""}
    whole["contacts"] |= {"accessibility_url": "", "privacy_url": ""}
    more = {"site": False, "counter": "", "outside_until": None, "logo": "", "version": 1}
    more["modes"] = ["file", "register_isi", "register_external", "accounting"]
    assert kept == whole | more


def test_a_setting_is_changed_on_the_version_that_was_read(api: Api, house: House) -> None:
    said = setting()
    assert house.call(api, "PUT", "/v1/body", said).json["version"] == 1
    assert house.call(api, "PUT", "/v1/body", said).status == 409
    changed = said | {"version": 1, "outside_until": "2026-12-31"}
    answer = house.call(api, "PUT", "/v1/body", changed)
    assert (answer.json["version"], answer.json["outside_until"]) == (2, "2026-12-31")


def _broken(**changed: Any) -> dict[str, Any]:
    found = setting()
    for path, value in changed.items():
        *above, last = path.split("__")
        place: Any = found
        for step in above:
            place = place[int(step)] if step.isdigit() else place[step]
        place[last] = value
    return found


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fiscal_code": "80000000001"}, "creditor_code_malformed"),
        ({"accounts__0__iban": "IT61X0542811101000000123456"}, "iban_check"),
        ({"accounts__0__iban": "IT60X05428111010000001234"}, "iban_malformed"),
        ({"accounts__1__iban": BANK}, "iban_repeated"),
        ({"segregation": "02"}, "segregation_code_unknown"),
        ({"segregations__0__stations": ["80012000826_01"]}, "station_malformed"),
        ({"segregations__0__partner": "12345670018"}, "partner_code_malformed"),
        ({"postal__account": "654321"}, "postal_iban_missing"),
        ({"cbill": "a90s3"}, "cbill_malformed"),
        ({"contacts__office": "x" * 50, "contacts__website": "y" * 50}, "notice_field_too_long"),
    ],
)
def test_what_could_not_collect_or_print_is_refused(
    api: Api, house: House, changed: dict[str, Any], code: str
) -> None:
    answer = house.call(api, "PUT", "/v1/body", _broken(**changed))
    assert (answer.status, answer.code) == (422, code), answer.body
    assert house.call(api, "GET", "/v1/body").status == 404


def test_only_a_body_has_such_a_setting(api: Api) -> None:
    practice = visitors.tenant(api, "practice")
    token = api.key(practice, "body:read", "body:write")
    answer = api.call("PUT", "/v1/body", token, setting())
    assert (answer.status, answer.code) == (422, "not_a_body")


def test_two_bodies_never_make_numbers_for_one_code(api: Api, house: House) -> None:
    said = setting()
    assert house.call(api, "PUT", "/v1/body", said).status == 200
    other = bodies.found(api)
    answer = other.call(api, "PUT", "/v1/body", said)
    assert (answer.status, answer.code) == (409, "segregation_code_taken")
    assert answer.json["error"]["details"] == {"segregation": "01"}
    # The same fiscal code under another partner's code is another generation point.
    second = copy.deepcopy(said)
    second["segregations"][0]["code"] = second["segregation"] = "02"
    assert other.call(api, "PUT", "/v1/body", second).status == 200


def test_a_code_is_given_back_while_no_number_was_made(api: Api, house: House) -> None:
    said = setting()
    house.call(api, "PUT", "/v1/body", said)
    corrected = setting() | {"version": 1}
    assert house.call(api, "PUT", "/v1/body", corrected).status == 200
    other = bodies.found(api)
    assert other.call(api, "PUT", "/v1/body", said).status == 200
    # From the first number on the pair stays for ever.
    numbers.take(other.tenant, said["fiscal_code"], "01")
    answer = other.call(api, "PUT", "/v1/body", setting() | {"version": 1})
    assert (answer.status, answer.code) == (409, "segregation_code_used")
    both = copy.deepcopy(said) | {"version": 1, "segregation": "07"}
    both["segregations"].append({**said["segregations"][0], "code": "07"})
    assert other.call(api, "PUT", "/v1/body", both).status == 200


def test_a_logo_is_looked_at_before_it_is_kept(api: Api, house: House) -> None:
    assert house.call(api, "PUT", "/v1/body/logo", LOGO).status == 404
    house.call(api, "PUT", "/v1/body", setting())
    assert house.call(api, "PUT", "/v1/body/logo", b"GIF89a").status == 422
    kept = house.call(api, "PUT", "/v1/body/logo", LOGO).json
    assert api.read("DOCUMENTS", f"{house.tenant}/body/logo/{kept['logo']}") == LOGO
    # Saying the setting again does not lose it.
    again = house.call(api, "PUT", "/v1/body", setting() | {"version": kept["version"]})
    assert again.json["logo"] == kept["logo"] != ""
    shown = house.operator.call(api, "GET", "/v1/body/logo").json
    assert shown == {"type": "image/svg+xml", "data": base64.b64encode(LOGO).decode()}
    assert house.call(api, "DELETE", "/v1/body/logo").json["logo"] == ""
    assert house.call(api, "GET", "/v1/body/logo").status == 404


def photo(side: int = 40, form: str = "JPEG") -> bytes:
    """A picture as a camera writes one, with what it knows of where it was taken."""
    out, picture = io.BytesIO(), Image.new("RGB", (side, side // 2), (10, 120, 60))
    exif = picture.getexif()
    exif[0x010E] = "via Roma 1"
    picture.save(out, form, exif=exif)
    return out.getvalue()


def test_a_photo_becomes_a_picture_without_what_the_camera_wrote(api: Api, house: House) -> None:
    house.call(api, "PUT", "/v1/body", setting())
    assert b"via Roma" in photo()
    kept = house.call(api, "PUT", "/v1/body/logo", photo()).json["logo"]
    data = api.read("DOCUMENTS", f"{house.tenant}/body/logo/{kept}")
    with Image.open(io.BytesIO(data)) as found:
        assert (found.format, found.size, found.mode) == ("PNG", (40, 20), "RGB")
        assert not found.getexif()
    for wrong, code in (
        (photo()[:200], "logo_unreadable"),
        (photo(limits.NOTICE_LOGO_PX + 2), "logo_too_large"),
        (b"\xff\xd8\xff" + bytes(limits.NOTICE_LOGO_BYTES), "logo_too_large"),
        (photo(form="WEBP"), "logo_unsupported"),
    ):
        answer = house.call(api, "PUT", "/v1/body/logo", wrong)
        assert (answer.status, answer.code) == (422, code)
    assert house.call(api, "GET", "/v1/body").json["logo"] == kept


@pytest.mark.feature("F001-173", "F001-150")
def test_services_are_of_the_taxonomy_in_force_and_of_an_account(api: Api, house: House) -> None:
    taxonomy.load(taxonomy_csv(), api.now)
    house.call(api, "PUT", "/v1/body", setting())
    tariff = {"kind": "tariff", "items": [{"code": "a", "label": "Certificato", "cents": 1000}]}
    values = bodies.service()
    saved = house.call(api, "PUT", "/v1/body/services/quota", values).json
    plain = {"description": dict.fromkeys(("it", "en", "fr", "es"), ""), "form": []}
    assert saved == values | plain | {
        "code": "quota", "price": None, "active": True, "stamp": False, "version": 1,
    }  # fmt: skip
    # Another service on the same account.
    priced = bodies.service(price=tariff, taxonomy=LATE)
    assert house.call(api, "PUT", "/v1/body/services/certificati", priced).status == 200
    listed = house.operator.call(api, "GET", "/v1/body/services").json["services"]
    assert [one["code"] for one in listed] == ["certificati", "quota"]
    assert listed[0]["price"] == tariff
    one = house.call(api, "GET", "/v1/body/services/certificati").json
    assert one == listed[0]
    for wrong, code in (
        ({"taxonomy": ENDED}, "taxonomy_unknown"),
        ({"taxonomy": "1201001AP"}, "taxonomy_malformed"),
        ({"iban": "IT54A0542811101000000123457"}, "iban_unknown"),
        ({"chapter": "a b"}, "chapter_malformed"),
    ):
        answer = house.call(api, "PUT", "/v1/body/services/altro", bodies.service(**wrong))
        assert (answer.status, answer.code) == (422, code)
    # The account of a service is not taken away under it.
    rest = setting(version=1, accounts=setting()["accounts"][1:])
    answer = house.call(api, "PUT", "/v1/body", rest)
    assert (answer.status, answer.code) == (422, "iban_in_use")


def test_the_taxonomy_is_searched_as_it_is_in_force_today(api: Api, house: House) -> None:
    taxonomy.load(taxonomy_csv(), api.now)
    found = house.operator.call(api, "GET", "/v1/body/taxonomy", query={"words": "ordini QUOT"})
    assert [one["code"] for one in found.json["entries"]] == [FEE, LATE]
    everything = house.call(api, "GET", "/v1/body/taxonomy").json["entries"]
    assert ENDED not in {one["code"] for one in everything}
    # Another list takes the place of this one whole.
    taxonomy.load(taxonomy_csv().replace(FEE.encode(), b"9/1201009AP/"), api.now)
    codes = {one["code"] for one in house.call(api, "GET", "/v1/body/taxonomy").json["entries"]}
    assert codes == {"9/1201009AP/", LATE}


@pytest.mark.feature("F001-198")
def test_the_checklist_says_what_is_missing(api: Api, house: House) -> None:
    empty = house.call(api, "GET", "/v1/body/checklist").json
    assert not empty["ready"]
    assert not empty["items"]["creditor"]
    made = bodies.ready(api)
    almost = made.call(api, "GET", "/v1/body/checklist").json
    assert [name for name, there in almost["items"].items() if not there] == ["logo"]
    made.call(api, "PUT", "/v1/body/logo", LOGO)
    assert made.call(api, "GET", "/v1/body/checklist").json["ready"]


@pytest.mark.feature("F001-097", "F001-198")
@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("https://paga.ordine.example", []),
        ("http://paga.ordine.example", ["notice_link"]),
        (f"https://{'paga.' * 12}ordine.example", ["notice_link"]),
    ],
)
def test_a_link_that_notices_cannot_bear_is_warned_of(
    address: str, warned: list[str], api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", address)
    assert house.call(api, "GET", "/v1/body/checklist").json["warnings"] == warned


def test_an_operator_sees_and_does_not_change(api: Api, house: House) -> None:
    answer = house.operator.call(api, "PUT", "/v1/body", setting())
    assert (answer.status, answer.code) == (403, "forbidden")


def test_changes_are_on_the_trail(api: Api, house: House) -> None:
    from chalicelib.accounts import audit
    from chalicelib.base import dynamo

    house.call(api, "PUT", "/v1/body", setting())
    rows = dynamo.query(audit.partition(house.tenant))
    said = [row["said"] for row in rows if "said" in row]
    assert [(one["action"], one["actor"]["id"]) for one in said] == [
        ("body_changed", house.administrator.user)
    ]


def test_where_the_money_goes_is_said_with_a_fresh_code(api: Api, house: House) -> None:
    grant = house.administrator.grant
    stale = visitors.session(grant, house.administrator.mail, api.now, stepped_up=False)
    answer = stale.call(api, "PUT", "/v1/body", setting())
    assert (answer.status, answer.code) == (403, "step_up_required")
