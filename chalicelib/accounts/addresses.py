"""Mail addresses, as far as they can be judged without asking anybody."""

from __future__ import annotations

import re

from chalicelib.base.errors import Rejected

_CHARS_MAX = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
# SES takes ASCII only, and what is quoted or commented is no address people have. No question
# mark: an encoded word (`=?utf-8?q?…?=`) would be decoded where the header is made.
_MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)


def is_mail(text: str) -> bool:
    """Whether a mail can go to it."""
    return len(text) <= _CHARS_MAX and _MAIL.fullmatch(text) is not None


def mail(text: str) -> str:
    """The address; Rejected `mail_address` when it is none."""
    if not is_mail(text):
        raise Rejected("mail_address", "This is not an e-mail address.")
    return text
