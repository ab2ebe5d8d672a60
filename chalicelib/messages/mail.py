"""The carrier of mail: SES. A send ends in one of three ways, and the difference matters."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import aws, config
from chalicelib.base.errors import Transient
from chalicelib.messages.model import Mail


class Uncertain(Transient):
    """No answer: the mail may be on its way. Only SES's own event can say."""

    def __init__(self) -> None:
        super().__init__("mail_uncertain", "The mail service did not answer.")


def send(mail: Mail) -> None:
    """Hand one mail to SES. Transient: not sent. Uncertain: nobody knows yet.

    The tags come back with SES's events (on_mail_event).
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = config.get("MAIL_FROM")
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message["X-SES-CONFIGURATION-SET"] = config.get("MAIL_CONFIGURATION_SET")
    message["X-SES-MESSAGE-TAGS"] = ", ".join(f"{name}={value}" for name, value in mail.tags)
    message.set_content(mail.body)
    try:
        aws.client("ses").send_raw_email(
            Source=config.get("MAIL_FROM"),
            Destinations=[mail.to],
            RawMessage={"Data": message.as_bytes()},
            ConfigurationSetName=config.get("MAIL_CONFIGURATION_SET"),
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise Uncertain from error
        raise Transient("mail_refused", error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise Uncertain from error
