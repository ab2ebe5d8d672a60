"""The carrier of mail: a message in the form that SES takes."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from chalicelib.base import config, mailer
from chalicelib.base.mailer import Uncertain
from chalicelib.messages.model import Mail

__all__ = ["Uncertain", "send"]


def send(mail: Mail) -> None:
    """Hand one mail to SES. Transient: not sent. Uncertain: nobody knows yet.

    The tags come back with SES's events (on_mail_event).
    """
    sender, configuration = config.get("MAIL_FROM"), config.get("MAIL_CONFIGURATION_SET")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-SES-CONFIGURATION-SET"] = configuration
    message["X-SES-MESSAGE-TAGS"] = ", ".join(f"{name}={value}" for name, value in mail.tags)
    message.set_content(mail.body)
    mailer.send(sender, mail.to, message.as_bytes(), configuration)
