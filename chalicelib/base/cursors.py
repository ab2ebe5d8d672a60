"""Cursors of lists: where a page ended, for the same filters only. What is in one is no secret."""

from __future__ import annotations

import base64
import binascii
import json
import re

from chalicelib.base.errors import Rejected

_POSITION = re.compile(r"[0-9TZ:.-]{1,32}#[A-Za-z0-9_.-]{1,64}")


def write(position: str, filters: str) -> str:
    """`position` is `<instant>#<id>`; `filters` a hash of what was asked for."""
    text = json.dumps([position, filters])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, filters: str) -> str:
    """The position, "" for no cursor. Rejected `cursor_invalid` (400)."""
    if not cursor:
        return ""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position, made_for = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, TypeError, RecursionError) as error:
        raise Rejected("cursor_invalid", "This cursor is not one of ours.", status=400) from error
    known = isinstance(position, str) and _POSITION.fullmatch(position) is not None
    if made_for != filters or not known:
        raise Rejected("cursor_invalid", "This cursor belongs to other filters.", status=400)
    return str(position)
