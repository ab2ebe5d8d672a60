"""Names of files: what reaches us and what we send."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.invoicing import names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.xml", "A"),
        ("a.XML.P7M", "A"),
        ("a.xml.p7m", "A"),
        ("a.p7m", "A"),
        ("a.pdf.xml", "A.PDF"),
        ("a", "A"),
        (".xml", ""),
        ("IT01234567890_abcde.xml", "IT01234567890_ABCDE"),
    ],
)
def test_signed_and_unsigned_have_one_stem(name: str, expected: str) -> None:
    assert names.stem(name) == expected


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("IT01234567890_00001.xml", True),
        ("IT01234567890_1.XML.P7M", True),
        ("IT01234567890_a.zip", True),
        ("ITRSSMRA80A01H501U_aZ9.xml.p7m", True),
        ("DE12_1.xml", True),
        ("IT01234567890_000001.xml", False),
        ("IT01234567890_.xml", False),
        ("IT01234567890-00001.xml", False),
        ("IT01234567890_00001.pdf", False),
        ("IT01234567890_00001.xml\n", False),
        ("IT01234567890_00001_RC_001.xml", False),
        ("01234567890_00001.xml", False),
        ("x/IT01234567890_00001.xml", False),
    ],
)
def test_the_rule_of_sdi(name: str, good: bool) -> None:
    assert names.is_sdi(name) is good


@given(st.integers(1, names.CAPACITY - 1))
@example(1)
@example(names.CAPACITY - 1)
def test_what_we_send_follows_the_rule(number: int) -> None:
    stem = names.outgoing("IT01234567890", number)
    assert names.is_sdi(f"{stem}.xml.p7m")
    assert stem == stem.upper() == names.stem(f"{stem}.xml")
    assert int(stem.rpartition("_")[2], 36) == number


@given(st.sets(st.integers(1, names.CAPACITY - 1), max_size=20))
def test_no_two_numbers_have_one_name(numbers: set[int]) -> None:
    assert len({names.outgoing("IT01234567890", one) for one in numbers}) == len(numbers)


@pytest.mark.parametrize("number", [0, -1, names.CAPACITY])
def test_names_that_are_used_up(number: int) -> None:
    with pytest.raises(AssertionError):
        names.outgoing("IT01234567890", number)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.xml", "a.xml"), ("x/y/a.xml", "a.xml"), ("C:\\x\\a.xml", "a.xml"), ("x/", ""), ("", "")],
)
def test_the_files_own_name(path: str, expected: str) -> None:
    assert names.base(path) == expected


@given(st.text(max_size=40))
def test_no_separator_survives(path: str) -> None:
    assert not set(names.base(path)) & {"/", "\\"}
    assert names.base(names.base(path)) == names.base(path)
