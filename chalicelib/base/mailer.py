"""SES: hand over one message. A call ends in one of three ways, and the difference matters."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.base import aws
from chalicelib.base.errors import Transient


class Uncertain(Transient):
    """No answer: the mail may be on its way. Only SES's own event can say."""

    def __init__(self) -> None:
        super().__init__("mail_uncertain", "The mail service did not answer.")


def send(sender: str, to: str, message: bytes, configuration_set: str) -> None:
    """One message (RFC 5322) to one address. Transient: not sent. Uncertain: nobody knows yet."""
    try:
        aws.client("ses").send_raw_email(
            Source=sender,
            Destinations=[to],
            RawMessage={"Data": message},
            ConfigurationSetName=configuration_set,
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise Uncertain from error
        raise Transient("mail_refused", error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise Uncertain from error
