"""What the options of a run may say whatever its channel: how its notices are printed. Pure."""

from __future__ import annotations

from typing import Any

from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery.channels import Options
from chalicelib.payments.notice.words import WORDS


def printed(options: Options, *more: str) -> dict[str, Any]:
    """`second` (a second language, "person" for that of each debtor) and `slip` (with the Poste
    slip), filled in. `more`: what else the channel knows, left as it is.

    Rejected `delivery_options`.
    """
    found = {"second": "", "slip": True, **options}
    sound = set(found) <= {"second", "slip", *more} and isinstance(found["slip"], bool)
    if not sound or found["second"] not in ("", "person", *(set(WORDS) - {"it"})):
        raise Rejected("delivery_options", "The channel knows no such option.")
    return found
