"""App IO: what a message says (pure), and the three calls of its API that we make.

Source: pagopa.md section 9; the API's own description, version 4.0.0 (`POST /profiles`,
`POST /messages`). There is no way to change or withdraw a message: each event is a new one. There
is no idempotency key either, so what was sent without an answer is uncertain, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final, Literal

from chalicelib.base import clock, config, limits, net
from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments import iuv
from chalicelib.payments.delivery import areas
from chalicelib.payments.delivery.appio_words import EVENTS, WORDS, Event, Words
from chalicelib.payments.delivery.channels import Refused, Uncertain
from chalicelib.payments.notice import model as notices
from chalicelib.payments.positions import model
from chalicelib.payments.positions.model import Payment, Position

PRODUCTION: Final = "https://api.io.pagopa.it/api/v1"
# PagoPA's own code for tests: the key is tried with it.
NOBODY: Final = "AAAAAA00A00A000A"
SUBJECT_CHARS: Final = (10, 120)
BODY_CHARS: Final = (80, 10_000)
AMOUNT_CENTS: Final = 9_999_999_999
Origin = Literal["dues", "spontaneous"]
ORIGINS: Final[tuple[Origin, ...]] = Origin.__args__  # type: ignore[attr-defined]
_PERSON = re.compile(
    r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]"
)
_KEY = re.compile(r"[!-~]{8,200}", re.ASCII)
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>~])")


@dataclass(frozen=True)
class Profile:
    """A body's service on IO. `enabled` is the body's own switch: off, nothing is asked or sent.

    `services`: codes of the catalogue whose positions are told, () for all. `automatic`: origins
    whose positions are told when they are made. `payee`: whether messages name the body as payee
    (only by an agreement with PagoPA). `most_cents`: the service's max_allowed_payment_amount, 0
    where it has none.
    """

    enabled: bool = False
    services: tuple[str, ...] = ()
    events: tuple[Event, ...] = EVENTS
    automatic: tuple[Origin, ...] = ()
    payee: bool = False
    most_cents: int = 0
    per_minute: int = 300

    def __post_init__(self) -> None:
        if not set(self.events) <= set(EVENTS):
            raise Rejected("appio_events", "Messages are to_pay, paid or revoked.")
        if not set(self.automatic) <= set(ORIGINS):
            raise Rejected("appio_automatic", "Positions are of dues or spontaneous.")
        if not 0 <= self.most_cents <= AMOUNT_CENTS:
            raise Rejected("appio_amount", "That is no amount of IO.", most=AMOUNT_CENTS)
        if not 1 <= self.per_minute <= 6_000:
            raise Rejected("appio_pace", "Messages go 1 to 6,000 a minute.")


def check_key(key: str) -> str:
    """The service's key. Rejected `appio_key`."""
    if not _KEY.fullmatch(key):
        raise Rejected("appio_key", "A key is 8 to 200 characters without blanks.")
    return key


# ------------------------------------------------------------------ messages
def is_person(tax_code: str) -> bool:
    """Whether IO can know who has it: companies have no app."""
    return _PERSON.fullmatch(tax_code) is not None


def payment_of(position: Position) -> Payment | None:
    """What a message asks for: the whole, else the next instalment; None when nothing is left."""
    return next((one for one in position.payments if one.state == "unpaid"), None)


def due_instant(day: date) -> str:
    """The last second of a day in Italy, as IO writes instants: `2026-12-31T22:59:59Z`."""
    end = datetime.combine(day, time(23, 59, 59), clock.ROME).astimezone(UTC)
    return f"{end:%Y-%m-%dT%H:%M:%SZ}"


def language_of(preferred: object) -> str:
    """Ours for the first of a profile's `preferred_languages` that we have; Italian else."""
    for one in preferred if isinstance(preferred, list) else ():
        if str(one)[:2] in WORDS:
            return str(one)[:2]
    return "it"


@dataclass(frozen=True)
class Said:
    """What a message tells: `cents` paid, or asked today. `otherwise`: what is revoked was or is
    being paid by another notice."""

    event: Event
    creditor: str
    creditor_code: str
    reason: str
    number: str
    cents: int
    due: date | None = None
    parts: bool = False
    link: str = ""
    otherwise: bool = False


def to_pay(position: Position, creditor: str, today: date) -> Said:
    """What is asked for today. Rejected `position_state` when nothing is."""
    payment = payment_of(position)
    if payment is None:
        raise Rejected("position_state", "There is nothing to pay.", status=409)
    cents = model.asked(position, payment, today).cents
    parts = payment.number == 0 and bool(position.instalments)
    return Said(
        "to_pay", creditor, position.creditor, position.subject, payment.notice, cents,
        payment.due, parts,
    )  # fmt: skip


def message(said: Said, profile: Profile, language: str, tax_code: str) -> dict[str, Any]:
    """A NewMessage. Rejected `appio_amount` when the service may not ask for so much."""
    words = WORDS[language]
    text = {"to_pay": words.to_pay, "paid": words.paid, "revoked": words.revoked}[said.event]
    if said.otherwise:
        text = words.replaced
    filled = {
        "creditor": _plain(said.creditor),
        "reason": _plain(said.reason.rstrip(". ")),
        "notice": iuv.grouped(said.number),
        "amount": notices.euros(said.cents),
        "due": notices.day(said.due) if said.due else "",
    }
    asks = said.event == "to_pay"
    parts = [text.body.format_map(filled)]
    if asks and said.due:
        parts.append(text.dated.format_map(filled))
    if asks and said.parts:
        parts.append(text.parts)
    subject = text.subject.format(creditor=said.creditor)[: SUBJECT_CHARS[1]]
    content: dict[str, Any] = {
        "subject": subject,
        "markdown": _button(said, words) + "\n\n".join(parts),
    }
    if asks:
        content["payment_data"] = _payment(said, profile)
        if said.due:
            content["due_date"] = due_instant(said.due)
    return {"fiscal_code": tax_code, "feature_level_type": "STANDARD", "content": content}


def _payment(said: Said, profile: Profile) -> dict[str, Any]:
    if said.cents > (profile.most_cents or AMOUNT_CENTS):
        raise Rejected("appio_amount", "The service on IO may not ask for so much.")
    found: dict[str, Any] = {
        "amount": said.cents,
        "notice_number": said.number,
        # A notice is payable after its day (D15).
        "invalid_after_due_date": False,
    }
    if profile.payee:
        found["payee"] = {"fiscal_code": said.creditor_code}
    return found


def _plain(text: str) -> str:
    """Text of ours or of a body in Markdown, where it must mean nothing but itself."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _button(said: Said, words: Words) -> str:
    """Front matter with the one button; "" without a link."""
    if not said.link:
        return ""
    action = json.dumps(f"iohandledlink://{said.link}")
    lines = []
    for language in ("it", "en"):  # the two that IO knows
        label = json.dumps(WORDS[language].receipts, ensure_ascii=False)
        lines += [f"{language}:", "  cta_1:", f"    text: {label}", f"    action: {action}"]
    return "---\n" + "\n".join(lines) + "\n---\n"


# ------------------------------------------------------------------ the API
@dataclass(frozen=True)
class Enrolment:
    """Whether the service may write to a person, and in which language."""

    allowed: bool
    language: str = "it"
    reason: str = ""


@dataclass(frozen=True)
class Client:
    """The API by a service's key; `url` as PRODUCTION."""

    key: str = field(repr=False)
    url: str = PRODUCTION

    def try_key(self) -> None:
        """Whether the key opens anything. Raises Refused `appio_key`, Transient."""
        self.enrolment(NOBODY)

    def enrolment(self, tax_code: str) -> Enrolment:
        """Whether the person is on IO and lets the service write. Refused `appio_key`,
        `appio_forbidden`; Transient `appio_busy`, `appio_unavailable`, `net_…`."""
        status, answer = self._post("/profiles", {"fiscal_code": tax_code})
        if status == 404:
            return Enrolment(False, reason="appio_not_enrolled")
        if status != 200 or not isinstance(answer.get("sender_allowed"), bool):
            raise _refusal(status, answer)
        if not answer["sender_allowed"]:
            return Enrolment(False, reason="appio_not_allowed")
        return Enrolment(True, language_of(answer.get("preferred_languages")))

    def send(self, new: Mapping[str, Any]) -> str:
        """The id of the message. Refused `appio_message`, `appio_recipient` and as `enrolment`;
        Transient when it surely was not taken, Uncertain when nobody knows."""
        try:
            status, answer = self._post("/messages", new)
        except Transient as failure:
            if failure.code in ("net_unanswered", "net_answer_size"):
                raise Uncertain(
                    "appio_unanswered", str(failure.details.get("reason", ""))
                ) from None
            raise
        if status == 201:
            return str(answer.get("id", ""))[:64]
        if status in (502, 504) or status < 300:
            raise Uncertain("appio_unanswered", f"HTTP {status}")
        if status == 403:
            raise Refused("appio_recipient", _words(status, answer))
        raise _refusal(status, answer)

    def _post(self, path: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Ocp-Apim-Subscription-Key": self.key,
        }
        reply = net.request(
            "POST", self.url + path, json.dumps(body, ensure_ascii=False).encode(), headers,
            timeout_s=limits.APPIO_TIMEOUT_S, most_bytes=limits.APPIO_REPLY_BYTES,
        )  # fmt: skip
        try:
            found = json.loads(reply.body)
        except (ValueError, RecursionError):
            found = {}
        return reply.status, found if isinstance(found, dict) else {}


def client(key: str) -> Client:
    """By the house's address of the API (APPIO_URL where it is another one than PagoPA's)."""
    return Client(key, config.get("APPIO_URL", PRODUCTION))


def _refusal(status: int, answer: Mapping[str, Any]) -> Refused | Transient:
    words = _words(status, answer)
    if status == 429:
        return Transient("appio_busy", "IO takes no more for now.", words=words)
    if status >= 500 or status < 300:
        return Transient("appio_unavailable", "IO does not answer as it should.", words=words)
    codes = {401: "appio_key", 403: "appio_forbidden"}
    return Refused(codes.get(status, "appio_message"), words)


def _words(status: int, answer: Mapping[str, Any]) -> str:
    said = [str(answer[name]) for name in ("title", "detail", "message") if answer.get(name)]
    return areas.words(" - ".join([f"HTTP {status}", *said]))
