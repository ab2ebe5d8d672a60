"""Asking about revocation: few questions, bounded patience, and nothing unknown taken for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from chalicelib.base import limits
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.signing import fetch
from chalicelib.invoicing.signing.lookup import Lookup
from chalicelib.invoicing.signing.revocation import Known
from chalicelib.invoicing.signing.trust import judge

from .authorities import NOW, answer, crl, der, leaf, middle, root, trusted
from .test_fetch import asked_at

HOST = "http://ca.example.com"
Network = dict[str, Callable[[], bytes]]


class Outside:
    """What stands at the addresses; counts who is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = NOW
        self.asked: Counter[str] = Counter()
        self.there: Network = {}
        self.untils: list[float | None] = []
        monkeypatch.setattr(fetch, "fetch_crl", self._crl)
        monkeypatch.setattr(fetch, "fetch_ocsp", self._ocsp)
        self.lookup = Lookup(lambda: self.at)

    def _crl(self, url: str, *, until: float | None = None, allow_private: bool = False) -> bytes:
        self.asked[url.rsplit("/", 1)[1]] += 1
        self.untils.append(until)
        return self.there[url.rsplit("/", 1)[1]]()

    def _ocsp(self, url: str, request: bytes, **more: float | None) -> bytes:
        assert ocsp.load_der_ocsp_request(request).serial_number == 7
        return self._crl(url, until=more["until"])

    def judged(self, own: x509.Certificate, at: datetime | None = None) -> list[str]:
        verdict = judge(der(own)[0], der(middle()), trusted(), at or self.at, self.lookup)
        return [f.code for f in verdict.findings] + [
            one for one in verdict.not_evaluated if one == "revocation"
        ]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    return Outside(monkeypatch)


def down() -> bytes:
    raise Transient("revocation_unreachable", "down")


def test_an_answer_counts_until_it_says_and_no_longer_than_the_house_says(
    outside: Outside,
) -> None:
    own = asked_at(HOST, lists=False)
    outside.there["ocsp"] = lambda: answer(
        made=outside.at, until=outside.at + timedelta(minutes=30)
    )
    for _ in range(3):
        assert outside.judged(own) == []
    assert outside.asked == {"ocsp": 1}
    outside.at += timedelta(minutes=29)
    assert outside.judged(own) == []
    assert outside.asked == {"ocsp": 1}
    outside.at += timedelta(minutes=2)
    assert outside.judged(own) == []
    assert outside.asked == {"ocsp": 2}
    outside.there["ocsp"] = lambda: answer(made=outside.at, until=outside.at + timedelta(days=9))
    outside.at += timedelta(minutes=31)
    assert outside.judged(own) == []
    outside.at += timedelta(seconds=limits.REVOCATION_AGE_S)
    assert outside.judged(own) == []
    assert outside.asked == {"ocsp": 4}


def test_a_list_serves_all_whom_it_is_about(outside: Outside) -> None:
    outside.there["mezzo.crl"] = lambda: crl("mezzo", {7: (NOW - timedelta(days=1), None)})
    assert outside.judged(asked_at(HOST, answers=False)) == ["00101"]
    again = asked_at(HOST, answers=False)
    assert outside.judged(again) == ["00101"]
    assert outside.asked == {"mezzo.crl": 1}


@pytest.mark.parametrize("first", ["down", "garbage", "try later", "out of date"])
def test_where_an_answer_says_nothing_the_list_is_asked(outside: Outside, first: str) -> None:
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    outside.there = {
        "ocsp": {
            "down": down,
            "garbage": lambda: b"<html>",
            "try later": lambda: later.public_bytes(Encoding.DER),
            "out of date": lambda: answer(
                made=NOW - timedelta(days=9), until=NOW - timedelta(days=8)
            ),
        }[first],
        "mezzo.crl": lambda: crl("mezzo"),
    }
    own = asked_at(HOST)
    for _ in range(3):
        assert outside.judged(own) == []
    assert outside.asked == {"ocsp": 1, "mezzo.crl": 1}


def test_a_host_that_fails_is_left_alone_for_a_while(outside: Outside) -> None:
    outside.there = {"ocsp": down, "mezzo.crl": down}
    own = asked_at(HOST)
    for _ in range(5):
        assert outside.judged(own) == ["revocation"]
    assert outside.asked == {"ocsp": 1, "mezzo.crl": 1}
    outside.at += timedelta(seconds=limits.REVOCATION_PAUSE_S)
    outside.there["ocsp"] = lambda: answer(made=outside.at, until=outside.at + timedelta(hours=1))
    assert outside.judged(own) == []


def test_all_that_is_asked_for_one_signature_has_one_end(outside: Outside) -> None:
    outside.there = {"ocsp": lambda: b"", "mezzo.crl": lambda: crl("mezzo")}
    outside.lookup((asked_at(HOST), middle(), root()))
    outside.lookup((asked_at("http://other.example.com"), middle(), root()))
    assert None not in outside.untils
    assert len(set(outside.untils)) == 2


def test_nobody_is_asked_about_strangers_or_what_is_wrong_already(outside: Outside) -> None:
    own = asked_at(HOST)
    verdict = judge(der(own)[0], [], trusted(), NOW, outside.lookup)
    assert [f.code for f in verdict.findings] == ["00104"]
    late = leaf().not_valid_after_utc + timedelta(days=1)
    assert "00100" in outside.judged(own, late)
    assert outside.asked == {}


def test_memory_has_bounds(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REVOCATION_KEPT", 2)
    outside.there["mezzo.crl"] = lambda: crl("mezzo")
    hosts = [f"http://{name}.example.com" for name in "abc"]
    for host in (*hosts, hosts[0]):
        assert outside.judged(asked_at(host, answers=False)) == []
    assert outside.asked == {"mezzo.crl": 4}
    assert outside.judged(asked_at(hosts[2], answers=False)) == []
    assert outside.asked == {"mezzo.crl": 4}
    monkeypatch.setattr(limits, "REVOCATION_KEPT_BYTES", 10)
    outside.judged(asked_at("http://d.example.com", answers=False))
    assert len(outside.lookup._answers) == 0


def test_a_private_address_is_nothing_known(outside: Outside) -> None:
    def refuse() -> bytes:
        raise Rejected("revocation_address", "no")

    outside.there = {"ocsp": refuse, "mezzo.crl": refuse}
    assert outside.lookup((asked_at(HOST), middle(), root())) == Known()
    assert outside.asked == {"ocsp": 1, "mezzo.crl": 1}
