"""A body's accounts for mail and PEC (F001-061…071): where they are, how they are entered.

T#<tenant>#BODY   MAIL_ACCOUNT#<code>   an account, its password sealed for it alone

The password can be written and never read. Whoever changes where it would be shown (host, port,
user, security) must know it: else he could have it told to a server of his own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

from chalicelib.base import dynamo, fields, keys, limits
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Key, Op, Put
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.payments import bodies

Kind = Literal["mail", "pec"]
Security = Literal["tls", "starttls", "none"]
PORTS: Final = (25, 465, 587)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# Whose terms for ordinary accounts stop a mass mailing (F001-071); there are more of them.
_LIMITED: Final = (
    "gmail.com", "googlemail.com", "outlook.com", "office365.com", "hotmail.com", "live.com",
    "yahoo.com", "libero.it", "virgilio.it", "tiscali.it", "alice.it", "tim.it", "icloud.com",
    "me.com", "aruba.it",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """`code` is the body's own name for it. `security`: TLS from the first byte, STARTTLS, or none,
    which only loopback may have. `per_minute`, `per_hour`: how many may go, 0 as many as come.
    `version` 0 before it is stored."""

    code: str
    kind: Kind
    address: str
    host: str
    port: int
    security: Security
    user: str = ""
    from_name: str = ""
    per_minute: int = 0
    per_hour: int = 0
    password_set: bool = False
    version: int = 0
    sealed: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise Rejected("account_code_malformed", "A code is small letters, digits, - and _.")
        if not is_address(self.address):
            raise Rejected("account_address_malformed", "This is no address of plain ASCII.")
        if not is_host(self.host):
            raise Rejected("account_host_malformed", "This is no host name.")
        if self.port not in PORTS and self.host not in _LOCAL:
            raise Rejected("account_port", "SMTP is on these ports.", known=list(PORTS))
        if self.security == "none" and self.host not in _LOCAL:
            raise Rejected("account_security", "Without TLS everybody on the way reads the mail.")
        if not self.from_name.isprintable() or not self.user.isprintable():
            raise Rejected("account_characters", "A name has characters that cannot be sent.")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever sends many should know: `bulk_limits` (no pace is set, and most providers
        have one), `provider_limits` (this one has), `port_25` (clouds close it)."""
        found = []
        if not self.per_hour and not self.per_minute:
            found.append("bulk_limits")
        if any(f".{self.host.lower()}".endswith(f".{name}") for name in _LIMITED):
            found.append("provider_limits")
        if self.port == 25:
            found.append("port_25")
        return tuple(found)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def is_address(text: str) -> bool:
    """Whether it is an address that any server takes: ASCII, one @, no blank."""
    return len(text) <= limits.ADDRESS_CHARS and _ADDRESS.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Whether it is a host name or an address of one."""
    if text in _LOCAL:
        return True
    labels = text.split(".")
    return len(text) <= 253 and all(
        re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", one, re.ASCII)
        for one in labels
    )


# ------------------------------------------------------------------ the table
def _key(tenant: str, code: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("MAIL_ACCOUNT", code)


def _read(item: Item) -> Account:
    return Account(**{name: value for name, value in item.items() if name not in ("pk", "sk")})


def find(tenant: str, code: str) -> Account | None:
    item = dynamo.get(_key(tenant, code))
    return None if item is None else _read(item)


def get(tenant: str, code: str) -> Account:
    """NotFound."""
    found = find(tenant, code)
    if found is None:
        raise NotFound("account")
    return found


def list_accounts(tenant: str) -> list[Account]:
    """By code."""
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("MAIL_ACCOUNT", ""))
    return [_read(item) for item in found]


def require(tenant: str, code: str, leg: str) -> Account:
    """The account by which one leg goes: PEC by a PEC account, mail by either.

    Rejected `account_unknown`, `account_kind`, `account_password`.
    """
    account = find(tenant, code)
    if account is None:
        raise Rejected("account_unknown", "There is no such account.", account=code)
    if leg == "pec" and account.kind != "pec":
        raise Rejected("account_kind", "PEC goes out by a PEC account.", account=code)
    if account.user and not account.password_set:
        raise Rejected("account_password", "Its password is not set.", account=code)
    return account


# ------------------------------------------------------------------ what a body does
def save(tenant: str, wanted: Account, password: str | None, also: Sequence[Op] = ()) -> Account:
    """Say an account, on the `version` that was read (0: a new one). `password` None leaves the one
    that is kept, "" removes it.

    Rejected `accounts` (too many), `account_password_needed` when the server or the user changes
    and the password is not given again; Conflict. NotFound of a tenant that is no body.
    """
    bodies.get(tenant)
    old = find(tenant, wanted.code)
    if wanted.version != (old.version if old else 0):
        raise Conflict()
    if old is None and len(list_accounts(tenant)) >= limits.SMTP_ACCOUNTS:
        raise Rejected("accounts", "So many accounts are not kept.", most=limits.SMTP_ACCOUNTS)
    sealed = old.sealed if old else b""
    if password is None:
        if old is not None and old.password_set and _entry(old) != _entry(wanted):
            raise Rejected(
                "account_password_needed", "Give the password again: it goes to another place."
            )
    else:
        sealed = fields.seal(tenant, "mail_account", wanted.code, "password", password)
        sealed = sealed if password else b""
    new = replace(wanted, sealed=sealed, password_set=bool(sealed), version=wanted.version + 1)
    pk, sk = _key(tenant, new.code)
    when: dynamo.Condition = ({"version": wanted.version},) if wanted.version else dynamo.NEW
    try:
        dynamo.commit([Put(asdict(new) | {"pk": pk, "sk": sk}, when=when, label="account"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def _entry(account: Account) -> tuple[Any, ...]:
    return account.host, account.port, account.security, account.user


def remove(tenant: str, code: str, also: Sequence[Op] = ()) -> None:
    """Forget an account and its password. NotFound."""
    get(tenant, code)
    dynamo.commit([Delete(_key(tenant, code), when=dynamo.ANY, label="account"), *also])


def password_of(tenant: str, account: Account) -> str:
    """For the one who logs in with it."""
    if not account.sealed:
        return ""
    return fields.unseal(tenant, "mail_account", account.code, "password", account.sealed)
