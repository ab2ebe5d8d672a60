"""Codes of the app and recovery codes."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from chalicelib.accounts.identity import otp, recovery
from chalicelib.base import limits

RFC_SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" (RFC 6238 appendix B)
# Its eight digits of SHA-1, of which the last six are ours.
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}
moments = st.integers(min_value=60, max_value=20_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@pytest.mark.parametrize(("at", "code"), RFC_CODES.items())
def test_the_examples_of_the_standard(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)
    assert otp.step_of(RFC_SEED, code, now, -1) == at // 30


@given(moments, st.integers(-5, 5))
def test_one_step_aside_and_no_more(now: datetime, aside: int) -> None:
    step = int(now.timestamp()) // limits.TOTP_STEP_S + aside
    code = pyotp.HOTP(RFC_SEED).at(step) if step >= 0 else "000000"
    found = otp.step_of(RFC_SEED, code, now, -1)
    if abs(aside) <= limits.TOTP_STEPS_ASIDE:
        assert found is not None
        assert pyotp.HOTP(RFC_SEED).at(found) == code
    elif found is not None:
        # Another step has the same code: one in a million.
        assert pyotp.HOTP(RFC_SEED).at(found) == code


@given(moments, st.integers(-1, 1), st.integers(-3, 3))
def test_a_step_is_taken_once(now: datetime, aside: int, after: int) -> None:
    here = int(now.timestamp()) // limits.TOTP_STEP_S
    code = pyotp.HOTP(RFC_SEED).at(here + aside)
    found = otp.step_of(RFC_SEED, code, now, here + after)
    assert found is None or found > here + after
    if after < aside:
        assert found is not None


NO_CODES = [
    "",
    "12345",
    "1234567",
    "１２３４５６",
    "12345a",
    "-12345",
    "+12345",
    "1_2345",
    "12.345",
]


@pytest.mark.parametrize("code", [*NO_CODES, "123456\n", "¹²³⁴⁵⁶", "0x1234", "123\t456"])
def test_only_six_ascii_digits_are_a_code(code: str) -> None:
    assert otp.digits(code) == ""
    assert otp.step_of(RFC_SEED, code, datetime.fromtimestamp(59, UTC), -1) is None


def test_spaces_are_left_out() -> None:
    assert otp.digits(" 287 082 ") == "287082"


def test_a_secret_has_160_bits_and_is_shown_in_three_ways() -> None:
    seed = otp.secret(bytes(range(20)))
    assert len(seed) == 32
    shown = otp.enrolment(seed, "anna+x@studio.example")
    assert shown.secret.replace(" ", "") == seed
    assert all(len(group) == 4 for group in shown.secret.split(" "))
    uri = urlsplit(shown.uri)
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Sportello:anna+x@studio.example"
    query = parse_qs(uri.query)
    assert query["secret"] == [seed]
    assert query["issuer"] == ["Sportello"]
    assert set(query) <= {"secret", "issuer"}  # the rest is what every app takes without being told


def test_the_picture_says_the_same() -> None:
    """Read back by a decoder that is not ours, when there is one."""
    zxing = pytest.importorskip("zxingcpp")
    image = pytest.importorskip("PIL.Image")
    draw = pytest.importorskip("PIL.ImageDraw")
    shown = otp.enrolment(otp.secret(bytes(20)), "a@b.example")
    svg = etree.parse(io.BytesIO(shown.qr_svg.encode())).getroot()
    size = int(svg.get("width"))
    page = image.new("L", (size, size), 255)
    pen = draw.Draw(page)
    (dark,) = [one for one in svg.iter() if one.get("stroke")]
    x = y = 0.0
    for kind, numbers in re.findall(r"([Mmh])([-\d. ]+)", dark.get("d")):
        values = [float(one) for one in numbers.split()]
        if kind == "M":
            x, y = values
        elif kind == "m":
            x, y = x + values[0], y + values[1]
        else:
            pen.rectangle(
                [x * 4, (y - 0.5) * 4, (x + values[0]) * 4 - 1, (y + 0.5) * 4 - 1], fill=0
            )
            x += values[0]
    (found,) = zxing.read_barcodes(page)
    assert found.text == shown.uri


def test_the_picture_is_svg_without_script() -> None:
    shown = otp.enrolment(otp.secret(bytes(20)), "<script>alert(1)</script>@b.example")
    root = etree.fromstring(shown.qr_svg)
    assert {one.tag for one in root.iter()} <= {"svg", "title", "g", "path"}
    assert "alert" not in shown.qr_svg


# ------------------------------------------------------------------ recovery codes


def random_like(seed: int) -> bytes:
    import random

    return random.Random(seed).randbytes(recovery.RANDOM_BYTES)


@given(st.integers())
def test_ten_codes_of_sixteen_letters(seed: int) -> None:
    found = recovery.make(random_like(seed))
    assert len(found) == len(set(found)) == limits.RECOVERY_CODES
    for code in found:
        assert re.fullmatch(rf"[{recovery.ALPHABET}]{{4}}(-[{recovery.ALPHABET}]{{4}}){{3}}", code)
        assert otp.digits(code) == "", "never taken for a code of the app"


def test_the_alphabet_has_no_letter_that_looks_like_another() -> None:
    assert len(recovery.ALPHABET) == len(set(recovery.ALPHABET)) == 31
    assert not set(recovery.ALPHABET) & set("01OIL")


def test_no_letter_is_favoured() -> None:
    """Every byte below 248 makes one letter, each letter eight times; the others make none."""
    seen = bytearray(range(256))
    found = "".join(recovery.make(bytes(seen))).replace("-", "")
    first = found[: len(recovery.ALPHABET)]
    assert first == recovery.ALPHABET
    assert all(found.count(letter) in (5, 6) for letter in recovery.ALPHABET)


@given(st.integers(), st.integers(0, limits.RECOVERY_CODES - 1), st.integers(0, 3))
def test_a_code_is_spent_once_however_it_is_written(seed: int, number: int, way: int) -> None:
    shown = recovery.make(random_like(seed))
    kept = [recovery.digest("anna", code) for code in shown]
    code = shown[number]
    written = [code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')}\n"][way]
    left = recovery.spend("anna", written, kept)
    assert left == [one for n, one in enumerate(kept) if n != number]
    assert recovery.spend("anna", written, left) is None
    assert recovery.spend("bruno", written, kept) is None


@given(st.text(max_size=30))
def test_what_is_no_code_is_none(text: str) -> None:
    kept = [recovery.digest("anna", code) for code in recovery.make(random_like(1))]
    assert recovery.spend("anna", text, kept) is None


def test_codes_are_kept_as_hashes() -> None:
    shown = recovery.make(random_like(2))
    for code in shown:
        kept = recovery.digest("anna", code)
        assert re.fullmatch(r"[0-9a-f]{64}", kept)
        assert code.replace("-", "").lower() not in kept
