"""The digital stamps inside a receipt's bytes. Pure.

A stamp is a signed XML document (MarcaDaBollo.xsd of the tax agency) that the payer keeps with the
document it was bought for; pagoPA brings it as base64, in XML as `MBDAttachment`, in the JSON of
Biz Events as `mbdAttachment`. The receipt's bytes are kept unchanged, so it is read from them.
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected


def stamps(raw: bytes) -> dict[int, bytes]:
    """By the transfer's number, the stamps that are there and can be read; {} for none."""
    found: dict[int, bytes] = {}
    is_json = raw.lstrip()[:1] in (b"{", b"[")
    for number, text in _of_json(raw) if is_json else _of_xml(raw):
        try:
            data = b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        if data:
            found[number] = data
    return found


def _of_xml(raw: bytes) -> Iterator[tuple[int, str]]:
    try:
        root = xml.read(raw, limit_bytes=limits.PAGOPA_RECEIPT_BYTES)
    except Rejected:
        return
    for node in root.iter():
        if isinstance(node.tag, str) and xml.local(node) == "transfer":
            said = {xml.local(one): xml.text(one) for one in node if isinstance(one.tag, str)}
            number = said.get("idTransfer", "")
            if "MBDAttachment" in said and number.isdecimal():
                yield int(number), said["MBDAttachment"]


def _of_json(raw: bytes) -> Iterator[tuple[int, str]]:
    try:
        said: Any = json.loads(raw)
    except ValueError:
        return
    listed = said.get("transferList") if isinstance(said, dict) else None
    for place, one in enumerate(listed or (), 1):
        text = one.get("mbdAttachment") if isinstance(one, dict) else None
        number = str(one.get("idTransfer") or place) if text else ""
        if isinstance(text, str) and number.isdecimal():
            yield int(number), text
