"""Asking about revocation, with a memory and with bounds.

An archive may hold thousands of files signed by one certificate: what was answered counts for a
while, a host that fails is left alone for a while, and all that is asked for one signature ends
within limits.REVOCATION_TOTAL_S. What stays unknown is said to be so (`trust.Verdict`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.x509 import ocsp

from chalicelib.base import limits
from chalicelib.base.errors import Failure, Rejected
from chalicelib.invoicing.signing import fetch
from chalicelib.invoicing.signing.revocation import UNREADABLE, Known, known, status

_Question = tuple[str, bytes]  # address, and the OCSP request or b"" for a list


@dataclass(frozen=True)
class _Answer:
    found: Known = field(repr=False)
    size: int
    until: datetime


class Lookup:
    """All there is to know now about the certificates of a path (it is a `trust.Ask`).

    By OCSP, or by list where that gives nothing. `now` gives aware datetimes; `allow_private`
    is for tests and the local cloud. Never raises for what the other side does.
    """

    def __init__(self, now: Callable[[], datetime], *, allow_private: bool = False) -> None:
        self._now = now
        self._allow_private = allow_private
        self._answers: dict[_Question, _Answer] = {}
        self._paused: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def __call__(self, path: Sequence[x509.Certificate]) -> Known:
        until = time.monotonic() + limits.REVOCATION_TOTAL_S
        crls: list[x509.CertificateRevocationList] = []
        answers: list[ocsp.OCSPResponse] = []
        unreadable = 0
        for certificate, issuer in pairwise(path):
            found = self._about(certificate, issuer, until)
            crls += found.crls
            answers += found.answers
            unreadable += found.unreadable
        return Known(tuple(crls), tuple(answers), unreadable)

    def _about(
        self, certificate: x509.Certificate, issuer: x509.Certificate, until: float
    ) -> Known:
        """The first answer that says anything about the certificate."""
        for question in _questions(certificate, issuer):
            found = self._recall(question) or self._ask(question, until)
            if status(certificate, issuer, found, self._now()).state != "unknown":
                return found
        return Known()

    def _recall(self, question: _Question) -> Known | None:
        kept = self._answers.get(question)
        return kept.found if kept and self._now() < kept.until else None

    def _ask(self, question: _Question, until: float) -> Known:
        url, request = question
        now = self._now()
        # By host, for certificates have many addresses at one; but lists and answers are often
        # given by different programs there.
        host = f"{fetch.host_of(url)} {'answers' if request else 'lists'}"
        if now < self._paused.get(host, now):
            return Known()
        try:
            data = (
                fetch.fetch_ocsp(url, request, until=until, allow_private=self._allow_private)
                if request
                else fetch.fetch_crl(url, until=until, allow_private=self._allow_private)
            )
        except Rejected:
            return Known()  # an address that is none costs nothing
        except Failure:
            return self._pause(host, now)
        found = known(answers=[data]) if request else known(crls=[data])
        if found.unreadable:
            return self._pause(host, now)
        self._keep(question, _Answer(found, len(data), _until(found, now)))
        return found

    def _pause(self, host: str, now: datetime) -> Known:
        with self._lock:
            self._paused = {each: end for each, end in self._paused.items() if end > now}
            self._paused[host] = now + timedelta(seconds=limits.REVOCATION_PAUSE_S)
        return Known()

    def _keep(self, question: _Question, answer: _Answer) -> None:
        with self._lock:
            self._answers.pop(question, None)
            self._answers[question] = answer
            size = sum(each.size for each in self._answers.values())
            room = limits.REVOCATION_KEPT_BYTES  # the newest always has room
            while size > room or len(self._answers) > limits.REVOCATION_KEPT:
                size -= self._answers.pop(next(iter(self._answers))).size


def names_somebody(certificate: x509.Certificate) -> bool:
    """Whether it tells where one can ask about it. Never raises."""
    where = fetch.points(certificate)
    return bool(where.ocsp or where.crls)


def _questions(certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[_Question]:
    where = fetch.points(certificate)
    if where.ocsp:
        try:
            request = fetch.ocsp_request(certificate, issuer)
        except Rejected:
            request = b""
        if request:
            yield from ((url, request) for url in where.ocsp)
    yield from ((url, b"") for url in where.crls)


def _until(found: Known, now: datetime) -> datetime:
    """Until when it counts: as long as it says itself, and never longer than our own bound.

    What says nothing (out of date, tryLater) is kept for a while too, so as not to ask for each
    file; it is `revocation.status` that knows what it is worth.
    """
    ends = [now + timedelta(seconds=limits.REVOCATION_AGE_S)]
    try:
        ends += [end for crl in found.crls if (end := crl.next_update_utc)]
        for answer in found.answers:
            ends += [end for one in answer.responses if (end := one.next_update_utc)]
    except UNREADABLE:
        ends.append(now)
    return max(min(ends), now + timedelta(seconds=limits.REVOCATION_PAUSE_S))
