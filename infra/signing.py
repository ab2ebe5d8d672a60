"""The operator's commands about signatures: whom the house believes, and who signs for whom.

Part of `python -m infra.operate`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from chalicelib.accounts import audit
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, kms, limits
from chalicelib.base.dynamo import Put
from chalicelib.base.errors import Rejected
from chalicelib.invoicing import authorities, mandates
from infra.keeping import OPERATOR

# What on_send may sign by: keys that carry this tag with the stack's name (policies/on_send.json).
SIGNING_TAG = "sportello-signing"


def add(acts: Any) -> None:
    """Add the commands to the parser's."""
    trust = acts.add_parser("trust", help="believe these authorities and no others")
    trust.add_argument("kind", choices=authorities.KINDS, help="of signatures, or of SdI's seals")
    trust.add_argument("files", nargs="*", type=Path, metavar="PEM", help="all of them, each time")
    trust.add_argument("--nobody", action="store_true", help="believe nobody of that kind")
    trust.set_defaults(do=_trust, parser=trust)
    trusted = acts.add_parser("trusted", help="whom the house believes, and whom it did before")
    trusted.set_defaults(do=_trusted)

    signer = acts.add_parser("signer", help="bind a key to a reseller, a customer of his, a body")
    _add_home(signer)
    signer.add_argument("--customer", default="", help="else all who have none of their own")
    what = signer.add_mutually_exclusive_group(required=True)
    what.add_argument("--file", help="its configuration in JSON; - for standard input")
    what.add_argument("--end", action="store_true", help="no key of his own any more")
    signer.set_defaults(do=_signer)
    signers = acts.add_parser("signers", help="which keys sign for a reseller or a body")
    _add_home(signers)
    signers.set_defaults(do=_signers)


def _add_home(parser: argparse.ArgumentParser) -> None:
    home = parser.add_mutually_exclusive_group(required=True)
    home.add_argument("--reseller", help="whose documents are signed by it")
    # One and the same binding; the word says what it is for: the flows of orders of a body.
    home.add_argument("--body", dest="reseller", help="whose flows of orders are signed by it")


def _caller() -> str:
    """Who AWS takes us for: that is whose word it was."""
    who: str = boto3.client("sts").get_caller_identity()["Arn"]
    return who


def _trust(given: argparse.Namespace) -> None:
    if bool(given.files) is given.nobody:
        given.parser.error("name the files, or --nobody")
    pem = None if given.nobody else b"\n".join(_bytes(path) for path in given.files)
    before = authorities.current(given.kind)
    new = authorities.put(given.kind, pem, _caller(), clock.now())
    if before == new:
        print("Nothing changed: they were believed already.")
    print(_version(new))
    print(f"Workers follow within {limits.TRUST_AGE_S // 60} minutes.")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Rejected("unreadable", f"{path} cannot be read: {error.strerror}.") from error


def _trusted(given: argparse.Namespace) -> None:
    for kind in authorities.KINDS:
        found = authorities.versions(kind)
        for version in found:
            print(_version(version))
        if not found:
            print(f"{kind}: nobody, and never was")


def _version(version: authorities.Version) -> str:
    if not version.certificates:
        return f"{version.kind} {version.number}: nobody, since {version.at}, by {version.by}"
    return (
        f"{version.kind} {version.number}: {version.certificates} authorities, the first ends on "
        f"{version.until}, sha256 {version.sha256}, since {version.at}, by {version.by}"
    )


def _signer(given: argparse.Namespace) -> None:
    whose = f"{given.reseller}/{given.customer}" if given.customer else given.reseller
    now = clock.now()
    if given.end:
        mandates.release(given.reseller, given.customer, [_told(given, now, state="ended")])
        print(f"{whose} has no key of his own any more.")
        return
    config = _config(given.file)
    if config.get("signer") == "kms" and given.stack:
        _require_tag(config.get("signer_key", ""), given.stack)
    told = _told(given, now, state="bound", kind=config.get("signer", ""))
    new = mandates.bind(given.reseller, given.customer, config, _caller(), now, [told])
    print(f"{whose}: {new.kind}, version {new.version}. Workers follow within a minute.")


def _told(given: argparse.Namespace, now: datetime, **facts: str) -> Put:
    """What the operator does is in the reseller's trail."""
    whose = f"signer:{given.customer or 'all'}"
    return audit.entry(given.reseller, OPERATOR, Action.SETTINGS_CHANGED, whose, now, **facts)


def _config(name: str) -> Mapping[str, str]:
    text = sys.stdin.buffer.read() if name == "-" else _bytes(Path(name))
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Rejected("signer_config", "The file is no JSON.") from error
    if not isinstance(found, dict):
        raise Rejected("signer_config", "The file is no JSON object.")
    return found


def _require_tag(key: str, stack: str) -> None:
    """Without it the workers would find out, document by document, that they may not sign."""
    if kms.tags(key).get(SIGNING_TAG) != stack:
        raise Rejected(
            "signing_key_not_tagged",
            f"Tag the key first: aws kms tag-resource --key-id … "
            f"--tags TagKey={SIGNING_TAG},TagValue={stack}",
        )


def _signers(given: argparse.Namespace) -> None:
    found = mandates.listed(given.reseller)
    for one in found:
        where = one.open.get("signer_key") or one.open.get("signer_url", "")
        whose = one.customer or "(all others)"
        print(f"{whose}: {one.kind} {where}, version {one.version}, since {one.at}, by {one.by}")
    if not found and accounts.get_reseller(given.reseller).kind == "body":
        print("No key signs its flows of orders.")
    elif not found:
        print("The house's own key signs for all of them.")
