"""The table of facts §7 against the code, row by row: nothing marked Y or P is only a name.

The content controls have their cases in `cases.py`; here are the other families, each broken in a
file that goes through the one door of the API and of the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from chalicelib.base import clock
from chalicelib.invoicing.controls.catalogue import CONTROLS
from chalicelib.invoicing.controls.whole import Examination, examine_all
from chalicelib.invoicing.signing.revocation import known
from chalicelib.invoicing.signing.trust import Trust, anchors
from infra.local.invoices import File, Line, make
from tests.invoicing import PASSWORD, SIGNED_AT, UNTIL, certify, key, p12, pem
from tests.invoicing.official import facts, schemas
from tests.invoicing.signing import authorities
from tests.local import sdi_world

NAME = "IT11001000154_00001.xml.p7m"
SIGNER = sdi_world.Signer(p12(), PASSWORD, SIGNED_AT)


def judged(data: bytes, name: str = NAME, at: datetime = SIGNED_AT, **more: Any) -> Examination:
    received = at + timedelta(minutes=5)
    return examine_all(data, name, received, schemas(), clock.rome_day(received), **more)


def invoice(**more: Any) -> bytes:
    return make(date="2026-01-10", **more)


def signed(signer: sdi_world.Signer = SIGNER, **changes: Any) -> bytes:
    wanted = sdi_world.Signer(
        signer.p12, signer.password, changes.get("signed_at", signer.signed_at)
    )
    return sdi_world.cades(wanted, invoice())


@cache
def holder(name: str, certificate: x509.Certificate) -> sdi_world.Signer:
    packed = pkcs12.serialize_key_and_certificates(
        b"k", key(name), certificate, None, NoEncryption()
    )
    return sdi_world.Signer(packed, "", SIGNED_AT)


def trusting(anchor: x509.Certificate, *lists: bytes) -> Callable[[], Trust]:
    return lambda: Trust(anchors(pem(anchor)), lambda _: known(crls=list(lists)))


def unfit() -> sdi_world.Signer:
    """A certificate whose key is for something else."""
    return holder("signer", certify(key("signer").public_key(), sign=False))


def qualified() -> bytes:
    return signed(holder("firmatario", authorities.leaf()))


def revoking() -> bytes:
    return authorities.crl("mezzo", {7: (SIGNED_AT - timedelta(days=2), None)})


# code: the file that breaks it, and nothing before it in SdI's order
BROKEN: dict[str, Callable[[], Examination]] = {
    "00001": lambda: judged(invoice(), "fattura.xml"),
    "00003": lambda: judged(invoice(attachments=(File("a.bin", "BIN", bytes(4_000_000)),))),
    "00100": lambda: judged(signed(), at=UNTIL + timedelta(days=1)),
    "00101": lambda: judged(qualified(), trust=trusting(authorities.middle(), revoking())),
    "00102": lambda: judged(signed().replace(b"150.00", b"150.01", 1)),
    "00103": lambda: judged(signed(signed_at=None)),
    "00104": lambda: judged(signed(), trust=trusting(authorities.root())),
    "00105": lambda: judged(signed(signed_at=SIGNED_AT + timedelta(hours=2))),
    "00106": lambda: judged(b""),
    "00107": lambda: judged(signed(unfit())),
    "00200": lambda: judged(invoice().replace(b"<Divisa>EUR", b"<Divisa>euro")),
    "00201": lambda: judged(
        invoice(lines=tuple(Line(description="x") for _ in range(60))).replace(
            b"<AliquotaIVA>22.00", b"<AliquotaIVA>22"
        )
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_every_control_before_content_is_found(code: str) -> None:
    found = BROKEN[code]()
    here = [one for one in found.verdict.findings if one.code == code]
    assert here, [one.code for one in found.verdict.findings]
    assert code not in found.verdict.not_evaluated
    # A name is only a warning: files are renamed before they are sent.
    assert {one.severity for one in here} == ({"warning"} if code == "00001" else {"error"})
    assert found.verdict.accepted is (code == "00001")
    for one in here:
        assert one.message_it
        assert one.message_en
        assert one.message_it != one.message_en


def test_the_same_files_unbroken_pass() -> None:
    for found in (judged(invoice(), NAME.removesuffix(".p7m")), judged(signed())):
        assert found.verdict.errors == ()
    trusted = judged(qualified(), trust=trusting(authorities.middle(), authorities.crl("mezzo")))
    assert trusted.verdict.findings == ()
    assert not {"00101", "00104", "00107"} & set(trusted.verdict.not_evaluated)


def test_no_row_before_content_is_left_out() -> None:
    decidable = {
        code
        for code, one in CONTROLS.items()
        if one.family not in ("content", "duplicate") and one.offline != "N"
    }
    # A name that was used before is held at intake (claims), where the names are.
    assert decidable - set(BROKEN) == {"00002"}
    assert set(BROKEN) <= decidable


def test_what_nobody_here_can_know_is_never_a_finding() -> None:
    registries = {code for code, one in CONTROLS.items() if one.offline == "N"}
    assert registries
    for case in BROKEN.values():
        assert not registries & {one.code for one in case().verdict.findings}


# --- against the page of facts, where it is at hand -----------------------------------------------
def rows() -> dict[str, tuple[str, str]]:
    """Offline mark and words of each row of the table of controls."""
    found = {}
    for line in facts("fatturapa.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and re.fullmatch(r"\d{5}", cells[1]):
            assert cells[1] not in found, "a code stands once"
            found[cells[1]] = cells[2], cells[3]
    return found


def test_codes_and_marks_are_those_of_the_facts() -> None:
    found = rows()
    assert len(found) > 60, "the table is read"
    assert {code: one.offline for code, one in CONTROLS.items()} == {
        code: mark for code, (mark, _) in found.items()
    }


def test_controls_begin_when_the_facts_say() -> None:
    said = {}
    for code, (_, words) in rows().items():
        day = re.search(r"(?:since|≥) (\d{1,2} \w+ \d{4})", words)
        if day:
            fitting = "%d %B %Y" if len(day[1].split()[1]) > 3 else "%d %b %Y"
            said[code] = datetime.strptime(day[1], fitting).replace(tzinfo=UTC).date()
    assert said == {code: one.since for code, one in CONTROLS.items() if one.since}
    assert said["00327"] == date(2026, 5, 15)


def test_controls_of_one_format_only_are_those_that_the_facts_name() -> None:
    for code, (_, words) in rows().items():
        formats = CONTROLS[code].formats
        if words.startswith("FSM10 "):
            assert formats == {"FSM10"}, code
        if words.startswith("FPR12 "):
            assert formats == {"FPR12"}, code
