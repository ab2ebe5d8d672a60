"""What only the operator may do, against a deployed stack.

    python -m infra.operate --stack sportello-prod reseller --id studio-rossi --name … --mail …
    python -m infra.operate --stack sportello-prod parked            work that was given up
    python -m infra.operate --stack sportello-prod unpark PK SK      give it back to its worker
    python -m infra.operate --stack sportello-prod unmatched         files and messages of nobody
    python -m infra.operate --stack sportello-prod trust qualified a.pem b.pem …   whom to believe
    python -m infra.operate --stack sportello-prod trust seal ca-agenzia-entrate.pem
    python -m infra.operate --stack sportello-prod trusted           whom, since when, by whose word
    python -m infra.operate --stack sportello-prod signer --reseller R --customer C --file k.json
    python -m infra.operate --stack sportello-prod signer --body B --file k.json   orders (OPI)
    python -m infra.operate --stack sportello-prod signers --reseller R      who signs for whom
    python -m infra.operate --stack sportello-prod catalogue --file F        another price list
    python -m infra.operate --stack sportello-prod orders            what waits for its payment
    python -m infra.operate --stack sportello-prod confirm-order --reseller R --order O
    python -m infra.operate --stack sportello-prod cancel-order --reseller R --order O
    python -m infra.operate --stack sportello-prod coupon --reseller R --code C
    python -m infra.operate --stack sportello-prod served --reseller R --customer C
    python -m infra.operate --stack sportello-prod open --kind body --id … --name … --mail …
                                    --head MAIL --person NAME --url https://…   who manages it
    python -m infra.operate --stack sportello-prod open-support --head MAIL --person NAME --url …
    python -m infra.operate --stack sportello-prod taxonomy --file F         pagoPA's codes
    python -m infra.operate --stack sportello-prod channel --body B --channel C     on request
    python -m infra.operate --stack sportello-prod credits-verify --tenant T  do credits add up?
    python -m infra.operate --stack sportello-prod positions-verify --tenant T [--repair]
    python -m infra.operate --stack sportello-prod payer --practice P --reseller R --customer C
    python -m infra.operate --stack sportello-prod audit-verify --tenant T   is the trail whole?
    python -m infra.operate --stack sportello-prod rotate-key --tenant T     new key for new data
    python -m infra.operate --stack sportello-prod delete-key --tenant T --for-ever T

The file of a signer is JSON as `open_signer` describes it (chalicelib/invoicing/signing/signers.py;
`-` reads it from standard input, so that no PIN need be on a disk). A key of KMS needs the tag
sportello-signing with the name of the stack. AWS credentials and region come from the usual places.
Exit status 1 for a refusal, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import SCOPES
from chalicelib.base import clock, dynamo, keys, work
from chalicelib.base.errors import Failure
from chalicelib.invoicing import store
from infra import counting, enabling, keeping, opening, selling, signing, taxonomy


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.stack:
            os.environ |= {name: _physical(given.stack, id) for name, id in _OF_STACK.items()}
        else:
            os.environ["TABLE"] = given.table
        given.do(given)
    except Failure as failure:
        print(f"{failure.code}: {failure.message}", file=sys.stderr)
        for name, value in failure.details.items():
            print(f"  {name}: {_shown(value)}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.operate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--stack", help="name of the CloudFormation stack")
    where.add_argument("--table", help="name of the table itself")
    acts = parser.add_subparsers(required=True, metavar="ACT")

    reseller = acts.add_parser("reseller", help="a new reseller and his first API key")
    reseller.add_argument("--id", required=True, help="a-z, 0-9, dashes: his prefix in the bucket")
    reseller.add_argument("--name", required=True)
    reseller.add_argument("--mail", required=True, help="where every change is told")
    reseller.add_argument("--language", choices=("it", "en"), default="it")
    reseller.set_defaults(do=_reseller)

    parked = acts.add_parser("parked", help="work that was given up after many tries")
    parked.set_defaults(do=_parked)
    unpark = acts.add_parser("unpark", help="give parked work back to its worker")
    unpark.add_argument("pk")
    unpark.add_argument("sk")
    unpark.set_defaults(do=_unpark)
    unmatched = acts.add_parser("unmatched", help="files and messages that belong to nobody")
    unmatched.set_defaults(do=_unmatched)
    counting.add(acts)
    enabling.add(acts)
    keeping.add(acts)
    opening.add(acts)
    selling.add(acts)
    signing.add(acts)
    taxonomy.add(acts)
    return parser


# What the code finds in its environment, by its name in the template.
_OF_STACK = {"TABLE": "Table", "SDI_BUCKET": "SdiBucket", "DATA_KEY": "DataKey"}


def _physical(stack: str, logical: str) -> str:
    found = boto3.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical
    )
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


def _shown(value: object) -> str:
    return "".join(f"\n    {one}" for one in value) if isinstance(value, list) else str(value)


def _reseller(given: argparse.Namespace) -> None:
    accounts.create_reseller(given.id, given.name, given.mail, language=given.language)
    _, token = accounts.issue_key(given.id, "first key", SCOPES, clock.now(), secrets.token_hex(38))
    print(f"Reseller {given.id} is there. Files go under drop/{given.id}/.")
    print(f"API key, shown only now: {token}")


def _parked(given: argparse.Namespace) -> None:
    found = work.parked()
    for item in found:
        print(item["pk"], item["sk"], item.get("error", "-"), "since", item["due"])
    if not found:
        print("No work is parked.")


def _unpark(given: argparse.Namespace) -> None:
    key = given.pk, given.sk
    dynamo.commit([work.unpark(keys.tenant_of(given.pk), key, clock.now())])
    print("The sweeper wakes it within a minute.")


def _unmatched(given: argparse.Namespace) -> None:
    found = store.list_unmatched()
    for item in found:
        print(item["at"], item["code"], item["sk"])
    if not found:
        print("Nothing is unmatched.")


if __name__ == "__main__":
    sys.exit(main())
