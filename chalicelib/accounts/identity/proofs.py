"""Proofs of the second factor: a code of the app, or a recovery code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.accounts import letters
from chalicelib.accounts.identity import blinds, otp, recovery, users
from chalicelib.accounts.identity.users import Login
from chalicelib.base import clock, dynamo
from chalicelib.base.dynamo import Op


@dataclass(frozen=True)
class Proof:
    """A second factor that is right: the change that uses it up, on the condition that nobody has
    done so, and what is planned and recorded with it."""

    put: dict[str, Any]
    when: dict[str, Any]
    method: str
    recovery_left: int | None = None


def prove(login: Login, code: str, now: datetime) -> Proof | None:
    """Whether the code is right, by app or recovery code; None when not. Raises as
    `fields.unseal`."""
    if otp.digits(code):
        seed = users.seed(login.user, login.totp) if login.totp else ""
        step = otp.step_of(seed, code, now, login.last_step) if seed else None
        if step is None:
            return None
        later = {"totp": login.totp, "last_step": dynamo.below(step)}
        return Proof({"last_step": step}, later, "totp")
    left = recovery.spend(login.user, code, login.recovery)
    if left is None or not login.enrolled:
        return None
    same = {"recovery": list(login.recovery)}
    return Proof({"recovery": left}, same, "recovery_code", len(left))


def told(proof: Proof, login: Login, now: datetime) -> list[Op]:
    """The letter about a used recovery code; nothing for a code of the app."""
    if proof.recovery_left is None:
        return []
    user = users.get(login.user)
    values = {"at": clock.stamp(now), "left": str(proof.recovery_left)}
    name = f"{login.user}:{login.generation}:{'.'.join(proof.put['recovery'])}"
    mail = users.person(user).mail
    return [letters.row(blinds.USERS, "recovery_used", mail, values, now, name, user.language)]
