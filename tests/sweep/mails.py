"""The mails that moto's SES took, read."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Mail:
    """A mail that SES took."""

    to: str
    subject: str
    body: str
    tags: dict[str, str]


def mail_tags(mail: Any) -> dict[str, str]:
    """X-SES-MESSAGE-TAGS of a mail, which SES hands back with its events."""
    lines = mail.raw_data.replace("\r\n", "\n").split("\n\n")[0].replace("\n ", " ").split("\n")
    value = next(one for one in lines if one.upper().startswith("X-SES-MESSAGE-TAGS:"))
    pairs = value.split(":", 1)[1].split(",")
    return dict(pair.strip().split("=", 1) for pair in pairs)


def read(mail: Any) -> Mail:
    subject, content = _content(mail.raw_data)
    return Mail(mail.destinations[0], subject, content, mail_tags(mail))


@lru_cache(maxsize=512)  # each look at a world reads all of its mails again
def _content(raw: str) -> tuple[str, str]:
    message = email.message_from_string(raw, policy=email.policy.default)
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(message["Subject"]), plain.get_content()


def sent_event(mail: Any) -> str:
    """What SES publishes about a mail that it has sent, as its topic's message."""
    tags = {name: [value] for name, value in mail_tags(mail).items()}
    event = {"eventType": "Send", "mail": {"messageId": mail.id, "tags": tags}}
    return json.dumps({"Message": json.dumps(event)})
