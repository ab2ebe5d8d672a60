"""The carrier of mail: a message in the form that SES takes."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from chalicelib.base import config, mailer
from chalicelib.base.mailer import Uncertain
from chalicelib.messages.gate import Passed

__all__ = ["Uncertain", "send"]


def send(passed: Passed) -> None:
    """Hand one mail to SES. Transient: not sent. Uncertain: nobody knows yet.

    The tags come back with SES's events (on_mail_event). SES puts a Message-ID of its own in the
    place of ours, so that the tags are what a mail is known by there.
    """
    mail = passed.mail
    sender, configuration = config.get("MAIL_FROM"), config.get("MAIL_CONFIGURATION_SET")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-SES-CONFIGURATION-SET"] = configuration
    message["X-SES-MESSAGE-TAGS"] = ", ".join(f"{name}={value}" for name, value in mail.tags)
    if mail.id:
        message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    mailer.send(sender, mail.to, message.as_bytes(), configuration)
