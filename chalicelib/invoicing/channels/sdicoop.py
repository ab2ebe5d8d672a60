"""SDICoop: invoices to SdI and its messages back, as SOAP over mutual TLS.

Sources: SdIRiceviFile_v1.0.wsdl, TrasmissioneFatture_v1.1.wsdl with TrasmissioneTypes_v1.1.xsd,
fatturapa.md sections 9 and 11. The channel is push only: SdI cannot be asked what it holds, so
whether a file may have arrived is the one thing that a failed `send` has to get right.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from chalicelib.base import limits
from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.channels import soap

TYPES = "http://www.fatturapa.gov.it/sdi/ws/trasmissione/v1.0/types"
RICEVI_FILE_ACTION = "http://www.fatturapa.it/SdIRiceviFile/RiceviFile"

MessageType = Literal["RC", "MC", "NS", "NE", "DT", "AT"]

# operation: (element in the body, message)
OPERATIONS: dict[str, tuple[str, MessageType]] = {
    "RicevutaConsegna": ("ricevutaConsegna", "RC"),
    "NotificaMancataConsegna": ("notificaMancataConsegna", "MC"),
    "NotificaScarto": ("notificaScarto", "NS"),
    "NotificaEsito": ("notificaEsito", "NE"),
    "NotificaDecorrenzaTermini": ("notificaDecorrenzaTermini", "DT"),
    "AttestazioneTrasmissioneFattura": ("attestazioneTrasmissioneFattura", "AT"),
}

_OPERATION_OF = {element: name for name, (element, _) in OPERATIONS.items()}
_NAME = re.compile(r"[a-zA-Z0-9_.]{9,50}")  # nomeFile_Type
_ID = re.compile(r"[0-9]{1,12}")  # identificativoSdI_Type


class Uncertain(Transient):
    """Nobody knows whether SdI has taken the file: its notification may still come.

    The file may be sent again only under the same name, so that SdI refuses a second copy (00002)
    instead of taking it as another invoice.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__("sdi_uncertain", message, **details)


@dataclass(frozen=True)
class Endpoint:
    """Where SdI listens. Without a context the address must be plain http (the simulator)."""

    url: str
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Receipt:
    """rispostaSdIRiceviFile. `received_at` is the dateTime as given; `error` "" when taken,
    EI01 for an empty file, EI03 for a sender who is not enabled."""

    id_sdi: str
    received_at: str
    error: Literal["", "EI01", "EI03"]


@dataclass(frozen=True)
class Delivery:
    """A message from SdI: `content` is its XML (for AT a ZIP), `file_name` its own name."""

    operation: str
    message_type: MessageType
    id_sdi: str
    file_name: str
    content: bytes = field(repr=False)


def context(
    ca_pem: str, certificate_pem: str, key_pem: str, key_password: str = ""
) -> ssl.SSLContext:
    """A client context for mutual TLS, 1.2 or later, that trusts `ca_pem` and nothing else.

    Raises Rejected `channel_certificate` when one of the three cannot be used.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_verify_locations(cadata=ca_pem)
        with _secret_file(f"{certificate_pem}\n{key_pem}\n".encode()) as path:
            # A password is always given: asked for one, OpenSSL would wait at the terminal.
            made.load_cert_chain(path, password=key_password)
    except (ssl.SSLError, ValueError) as error:
        # Not `from error`: nothing of what was read may reach a log.
        reason = getattr(error, "reason", "") or "unreadable"
        raise Rejected(
            "channel_certificate", "The certificates of the channel cannot be used.", reason=reason
        ) from None
    return made


def send(endpoint: Endpoint, name: str, content: bytes, mtom: bool = True) -> Receipt:
    """Hand one file to SdI (RiceviFile). The name is decided before and never changed on repeat.

    Raises Rejected `00001` (name) and `00003` (size) before anything is sent;
    Transient `sdi_unreachable` (nothing was sent), `sdi_unavailable` (EI02), `sdi_fault` (SdI
    answered with a fault or a refusal of HTTP: not taken); Uncertain (`sdi_uncertain`) whenever
    the request may have gone out and no readable answer came back.
    """
    if not _NAME.fullmatch(name):
        raise Rejected("00001", "The file name does not follow the rules of SdI.", name=name)
    if len(content) > limits.DOCUMENT_BYTES:
        raise Rejected("00003", "The file is larger than SdI accepts.", bytes=len(content))
    content_type, body = soap.build(
        "fileSdIAccoglienza", TYPES, (("NomeFile", name), ("File", content)), mtom=mtom
    )
    status, answer_type, answer = _post(endpoint, content_type, body)
    return _receipt(status, answer_type, answer)


def read_delivery(soap_action: str, content_type: str, body: bytes) -> Delivery:
    """Understand a request to our TrasmissioneFatture service.

    `soap_action` and `content_type` are the headers as they came ("" when absent). The body
    decides which operation it is; an action that names another one is refused. The operations
    are one-way: any HTTP 2xx without a body acknowledges. Raises Rejected `soap_malformed`,
    `soap_operation` (not one of the six).
    """
    message = soap.parse(content_type, body)
    operation = _OPERATION_OF.get(message.name, "")
    if not operation or message.namespace != TYPES:
        raise Rejected("soap_operation", "The service has no such operation.", name=message.name)
    asked = soap_action.strip().strip("\"'").rstrip("/").rpartition("/")[2]
    if asked in OPERATIONS and asked != operation:
        raise Rejected("soap_malformed", "SOAPAction and body name different operations.")
    id_sdi, file_name = message.text("IdentificativoSdI"), message.text("NomeFile")
    if not _ID.fullmatch(id_sdi):
        raise Rejected("soap_malformed", "IdentificativoSdI is not a number of 12 digits.")
    if not _NAME.fullmatch(file_name):
        raise Rejected("soap_malformed", "NomeFile is not a name of a file of SdI.")
    _, message_type = OPERATIONS[operation]
    return Delivery(operation, message_type, id_sdi, file_name, message.data("File"))


def _post(endpoint: Endpoint, content_type: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, Content-Type and body of the answer."""
    url = urlsplit(endpoint.url)
    connection = _connection(endpoint)
    headers = {"Content-Type": content_type, "SOAPAction": f'"{RICEVI_FILE_ACTION}"'}
    path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    try:
        try:
            connection.connect()
        except OSError as error:
            raise Transient(
                "sdi_unreachable", "SdI cannot be reached.", reason=type(error).__name__
            ) from error
        # From here on no failure proves that SdI has not got the file: what was written may have
        # arrived whole although the write failed, and with TLS 1.3 a refused certificate shows
        # only now.
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = response.read(limits.SOAP_REPLY_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Uncertain(
                "SdI did not answer: it may have the file.", reason=type(error).__name__
            ) from error
        return response.status, response.getheader("Content-Type", ""), answer
    finally:
        connection.close()


def _connection(endpoint: Endpoint) -> http.client.HTTPConnection:
    url = urlsplit(endpoint.url)
    timeout_s = limits.SDI_TIMEOUT_S
    if not url.hostname or (url.scheme == "https") is (endpoint.ssl_context is None):
        raise ValueError("an https address needs a context, and only such an address")
    if endpoint.ssl_context is None:
        return http.client.HTTPConnection(url.hostname, url.port, timeout=timeout_s)
    return http.client.HTTPSConnection(
        url.hostname, url.port, timeout=timeout_s, context=endpoint.ssl_context
    )


def _receipt(status: int, content_type: str, answer: bytes) -> Receipt:
    message = _message(content_type, answer)
    if message is not None and message.fault is not None:
        raise Transient(
            "sdi_fault", "SdI answered with a fault.", status=status, fault=message.fault.code
        )
    if status in (502, 504) or (status < 300 and message is None):
        # A gateway that lost its patience says nothing about the service behind it.
        raise Uncertain("SdI's answer cannot be read: it may have the file.", status=status)
    if status >= 300:
        raise Transient("sdi_fault", "SdI refused the call.", status=status)
    return _answer(cast(soap.Message, message))


def _message(content_type: str, answer: bytes) -> soap.Message | None:
    if len(answer) > limits.SOAP_REPLY_BYTES:
        return None
    try:
        return soap.parse(content_type, answer)
    except Rejected:
        return None


def _answer(message: soap.Message) -> Receipt:
    error, id_sdi = message.text("Errore"), message.text("IdentificativoSdI")
    if message.name != "rispostaSdIRiceviFile" or not _ID.fullmatch(id_sdi or "0"):
        raise Uncertain("SdI gave another answer than expected: it may have the file.")
    if error == "EI02":
        raise Transient("sdi_unavailable", "SdI is not available at the moment.")
    if error not in ("", "EI01", "EI03") or not (error or id_sdi):
        raise Uncertain("SdI's answer is not known: it may have the file.", error=error)
    return Receipt(
        id_sdi, message.text("DataOraRicezione"), cast(Literal["", "EI01", "EI03"], error)
    )


@contextlib.contextmanager
def _secret_file(data: bytes) -> Iterator[str]:
    """A path that OpenSSL can load a key from (it takes no bytes): 0600, gone afterwards."""
    descriptor, path = tempfile.mkstemp(prefix="channel-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        yield path
    finally:
        os.unlink(path)
