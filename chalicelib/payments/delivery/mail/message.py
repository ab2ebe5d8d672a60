"""A notice, a receipt or a test as a message (RFC 5322), in the language of who reads it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Final

from chalicelib.payments import iuv
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.delivery.mail.words import Words, words_of
from chalicelib.payments.notice.model import day as written_day
from chalicelib.payments.notice.model import euros

# Seven bits throughout: no server on the way has to be asked for more.
_POLICY: Final = SMTP.clone(cte_type="7bit")
_TITLE_CHARS: Final = 150


@dataclass(frozen=True)
class Asked:
    """What a notice's mail says of it. `due` None: no day."""

    name: str
    body: str
    code: str
    subject: str
    cents: int
    due: date | None
    number: str
    instalments: int
    info: str


@dataclass(frozen=True)
class Paid:
    """What a receipt's mail says of it."""

    name: str
    body: str
    code: str
    subject: str
    cents: int
    day: date
    number: str
    id: str
    info: str


def notice(asked: Asked, language: str) -> tuple[str, str]:
    """Subject and text."""
    own = words_of(language)
    facts = [
        own.amount.format(amount=euros(asked.cents)),
        own.due.format(due=written_day(asked.due)) if asked.due else "",
        own.number.format(number=iuv.grouped(asked.number)),
        own.creditor.format(code=asked.code),
    ]
    more = own.instalments.format(count=asked.instalments) if asked.instalments else ""
    first = own.notice.format(body=line(asked.body), subject=line(asked.subject))
    text = _text(own, asked.name, first, facts, [more, own.how], asked.info)
    return own.notice_title.format(subject=line(asked.subject)), text


def receipt(paid: Paid, language: str) -> tuple[str, str]:
    """Subject and text."""
    own = words_of(language)
    facts = [
        own.amount.format(amount=euros(paid.cents)),
        own.paid_on.format(day=written_day(paid.day)),
        own.number.format(number=iuv.grouped(paid.number)) if paid.number else "",
        own.receipt_id.format(id=line(paid.id)),
        own.creditor.format(code=paid.code),
    ]
    first = own.receipt.format(body=line(paid.body), subject=line(paid.subject))
    text = _text(own, paid.name, first, facts, [], paid.info)
    return own.receipt_title.format(subject=line(paid.subject)), text


def trial(body: str) -> tuple[str, str]:
    """Subject and text of the mail that tries an account."""
    own = words_of("it")
    return own.test_title.format(body=line(body)), own.test.format(body=line(body)) + "\n"


def _text(
    own: Words, name: str, first: str, facts: Sequence[str], after: Sequence[str], info: str
) -> str:
    blocks = [
        own.greeting.format(name=line(name)),
        first,
        "\n".join(one for one in facts if one),
        *after,
        own.info.format(info=line(info)) if info else "",
    ]
    return "\n\n".join(one for one in blocks if one) + "\n"


def line(text: str) -> str:
    """On one line: what others wrote ends no header and begins none."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def made(
    account: Account, to: str, name: str, at: datetime, title: str, text: str,
    attachment: tuple[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    """The whole message. `name`: the left part of its Message-ID; `attachment`: a PDF's file name
    and bytes."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = formataddr((account.from_name, account.address))
    message["To"] = to
    message["Subject"] = line(title).replace("=?", "= ?")[:_TITLE_CHARS]
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{name}@{account.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if attachment is not None:
        file_name, data = attachment
        message.add_attachment(data, "application", "pdf", filename=file_name)
    return message.as_bytes()
