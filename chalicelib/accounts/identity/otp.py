"""Time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 seconds).

pyotp does the arithmetic. It has no memory: that no code is taken twice is the caller's
conditional write of the step that `step_of` gives. Why one step aside is allowed is in
infra/decisions/0013-login.md.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.base import limits

ISSUER: Final = "Sportello"
_DIGITS: Final = 6
_GROUP: Final = 4


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to put the secret into an app: any of the three says the same."""

    uri: str
    secret: str
    qr_svg: str


def secret(random: bytes) -> str:
    """The seed in base 32, 32 characters. `random`: TOTP_SECRET_BYTES bytes."""
    assert len(random) == limits.TOTP_SECRET_BYTES
    return base64.b32encode(random).decode()


def digits(code: str) -> str:
    """The six ASCII digits of a code, spaces left out; "" when it is not that."""
    clean = code.replace(" ", "")
    return clean if len(clean) == _DIGITS and clean.isascii() and clean.isdigit() else ""


def step_of(seed: str, code: str, now: datetime, after: int) -> int | None:
    """The time step that the code belongs to; None when it is wrong, or not later than `after`.

    Every allowed step is compared, in the same time whichever it is.
    """
    import pyotp

    given = digits(code)
    here = int(now.timestamp()) // limits.TOTP_STEP_S
    generator = pyotp.HOTP(seed, digits=_DIGITS)
    found = None
    for step in range(here - limits.TOTP_STEPS_ASIDE, here + limits.TOTP_STEPS_ASIDE + 1):
        same = hmac.compare_digest(generator.at(step), given)
        if same and step > after:
            found = step
    return found


def enrolment(seed: str, account: str) -> Enrolment:
    """For showing to the person whose account it is. The QR code is inline SVG."""
    import pyotp
    import segno

    uri = pyotp.TOTP(seed, interval=limits.TOTP_STEP_S).provisioning_uri(
        name=account, issuer_name=ISSUER
    )
    drawn = segno.make(uri, error="m", micro=False)
    svg = drawn.svg_inline(
        scale=4, border=4, dark="#000", light="#fff", title="QR", svgclass=None, lineclass=None
    )
    grouped = " ".join(seed[n : n + _GROUP] for n in range(0, len(seed), _GROUP))
    return Enrolment(uri=uri, secret=grouped, qr_svg=svg)
