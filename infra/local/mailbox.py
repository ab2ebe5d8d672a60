"""What SES was asked to send, and the events that SES would publish about it."""

from __future__ import annotations

import email
import email.policy
import json
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from infra.local.engines import ACCOUNT

TAGS_HEADER = "X-SES-MESSAGE-TAGS"
CONFIGURATION_HEADER = "X-SES-CONFIGURATION-SET"
REQUEST_TIMEOUT_S = 10

# What SES calls an event type in its settings, and in the event itself.
EVENT_NAMES = {
    "send": "Send",
    "delivery": "Delivery",
    "bounce": "Bounce",
    "complaint": "Complaint",
    "reject": "Reject",
}


@dataclass(frozen=True)
class MailDestination:
    """Where a configuration set's events go: a topic, and of which types (in small letters)."""

    configuration_set: str
    topic_arn: str
    event_types: frozenset[str]


@dataclass(frozen=True)
class SentMail:
    id: str
    source: str
    destinations: tuple[str, ...]
    message: EmailMessage
    configuration_set: str
    tags: dict[str, str]


class Mailbox:
    """The mails that SES accepted since this mailbox was made."""

    def __init__(
        self,
        aws_url: str,
        ses: Any,
        sns: Any,
        destinations: Sequence[MailDestination],
        now: Callable[[], datetime],
    ) -> None:
        self._url = f"{aws_url}/_local/mail"
        self._ses = ses
        self._sns = sns
        self._destinations = destinations
        self._now = now
        # The engine may have served others before: their mails are none of ours.
        self._skip = len(self._fetch(0))
        self._told = 0

    def verify(self, address_or_domain: str) -> None:
        """Lets SES accept mails from there, as the operator does once for a real account."""
        if "@" in address_or_domain:
            self._ses.verify_email_identity(EmailAddress=address_or_domain)
        else:
            self._ses.verify_domain_identity(Domain=address_or_domain)

    def mails(self) -> list[SentMail]:
        return [_parsed(mail) for mail in self._fetch(self._skip)]

    def emit_events(
        self, *types: str, bounced: Callable[[SentMail], bool] = lambda mail: False
    ) -> int:
        """Publishes what SES would about each mail not told of yet; the count of events.

        `types` are "send", "delivery", "bounce", ...; without any, a mail is sent and delivered,
        or sent and bounced where `bounced` says so.
        """
        published = 0
        mails = self.mails()
        for mail in mails[self._told :]:
            chosen = types or ("send", "bounce" if bounced(mail) else "delivery")
            published += sum(self.emit(mail, each) for each in chosen)
        self._told = len(mails)
        return published

    def emit(self, mail: SentMail, event_type: str) -> int:
        """Publishes one event about a mail, also again; 0 if nobody asked for its type."""
        topics = [
            destination.topic_arn
            for destination in self._destinations
            if destination.configuration_set == mail.configuration_set
            and event_type in destination.event_types
        ]
        for topic in topics:
            event = self.event(mail, event_type)
            self._sns.publish(
                TopicArn=topic,
                Subject="Amazon SES Email Event Notification",
                Message=json.dumps(event),
            )
        return len(topics)

    def event(self, mail: SentMail, event_type: str) -> dict[str, Any]:
        """One event in SES's shape, as its developer guide gives it."""
        moment = self._now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        name = EVENT_NAMES[event_type]
        headers = [
            {"name": header, "value": str(value)}
            for header, value in mail.message.items()
            # SES takes its own headers out before it sends.
            if header.upper() not in (TAGS_HEADER, CONFIGURATION_HEADER)
        ]
        tags = {key: [value] for key, value in mail.tags.items()}
        tags["ses:configuration-set"] = [mail.configuration_set]
        return {
            "eventType": name,
            "mail": {
                "timestamp": moment,
                "source": mail.source,
                "sendingAccountId": ACCOUNT,
                "messageId": mail.id,
                "destination": list(mail.destinations),
                "headersTruncated": False,
                "headers": headers,
                "commonHeaders": {
                    "from": [str(mail.message.get("From", mail.source))],
                    "to": list(mail.destinations),
                    "messageId": mail.id,
                    "subject": str(mail.message.get("Subject", "")),
                },
                "tags": tags,
            },
            name.lower(): _details(mail, event_type, moment),
        }

    def _fetch(self, skip: int) -> list[dict[str, Any]]:
        # The address is the engine's own, on the loopback.
        with urllib.request.urlopen(f"{self._url}?skip={skip}", timeout=REQUEST_TIMEOUT_S) as got:
            mails: list[dict[str, Any]] = json.load(got)
            return mails


def _details(mail: SentMail, event_type: str, moment: str) -> dict[str, Any]:
    recipients = [{"emailAddress": address} for address in mail.destinations]
    if event_type == "delivery":
        return {
            "timestamp": moment,
            "processingTimeMillis": 500,
            "recipients": list(mail.destinations),
            "smtpResponse": "250 2.6.0 Message received",
            "reportingMTA": "mta.example.com",
        }
    if event_type == "bounce":
        failed = {
            "action": "failed",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 unknown",
        }
        return {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{**recipient, **failed} for recipient in recipients],
            "timestamp": moment,
            "feedbackId": f"bounce-{mail.id}",
            "reportingMTA": "dsn; mta.example.com",
        }
    if event_type == "complaint":
        return {
            "complainedRecipients": recipients,
            "timestamp": moment,
            "feedbackId": f"complaint-{mail.id}",
            "complaintSubType": None,
            "complaintFeedbackType": "abuse",
        }
    if event_type == "reject":
        return {"reason": "Bad content"}
    return {}


def _parsed(mail: dict[str, Any]) -> SentMail:
    if mail["raw"] is not None:
        message = email.message_from_string(mail["raw"], policy=email.policy.default)
    else:
        message = EmailMessage()
        message["From"] = mail["source"]
        message["To"] = ", ".join(mail["destinations"])
        message["Subject"] = mail["subject"] or ""
        message.set_content(mail["body"] or "")
    assert isinstance(message, EmailMessage)
    tags = dict(mail["tags"])
    for pair in str(message.get(TAGS_HEADER, "")).split(","):
        name, equals, value = pair.strip().partition("=")
        if equals:
            tags[name] = value
    return SentMail(
        id=mail["id"],
        source=mail["source"] or str(message.get("From", "")),
        destinations=tuple(mail["destinations"]),
        message=message,
        configuration_set=mail["configuration_set"] or str(message.get(CONFIGURATION_HEADER, "")),
        tags=tags,
    )
