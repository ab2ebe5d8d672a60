"""The operator's command about ways of delivery that a body asks for (F001-075, F001-082). Part of
`python -m infra.operate`.

    python -m infra.operate --stack sportello-prod channel --body B --channel postal
    python -m infra.operate --stack sportello-prod channel --body B --channel members \
                                                           --profession opi [--off]
"""

from __future__ import annotations

import argparse
import secrets
from typing import Any

from chalicelib.accounts import audit
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery import members_channel, settings
from infra.keeping import OPERATOR


def add(acts: Any) -> None:
    """Add the command to the parser's."""
    act = acts.add_parser("channel", help="switch a way of delivery on or off for a body")
    act.add_argument("--body", required=True)
    act.add_argument("--channel", required=True)
    act.add_argument("--profession", default="", help="of the reserved area, as in its profile")
    act.add_argument("--off", action="store_true")
    act.set_defaults(do=_switch)


def _switch(given: argparse.Namespace) -> None:
    home = accounts.get_reseller(given.body)
    names = [given.channel]
    if given.channel == members_channel.NAME and given.profession:
        flag = members_channel.flag(given.profession)
        # One profession off leaves the channel to the others.
        names = [flag] if given.off else [given.channel, flag]
    elif given.profession:
        raise Rejected("channel_profession", "Only reserved areas are of a profession.")
    for name in names:
        record = audit.entry(
            home.id, OPERATOR, Action.DELIVERY_CHANGED, f"channel:{given.channel}", clock.now(),
            name=secrets.token_hex(8), state="off" if given.off else "on",
        )  # fmt: skip
        settings.enable(home.id, name, not given.off, [record])
    print(f"{', '.join(names)}: {'off' if given.off else 'on'} for {home.name}.")
