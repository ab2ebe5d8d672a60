"""Items of the delegations.

pk T#<tenant>#DELEGATION#<customer>  sk <version>   when this version was first made
"""

from __future__ import annotations

from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Put


def put_version(tenant: str, customer: str, version: str, at: str) -> Put:
    """Fails on label `version` when it was made before."""
    pk = keys.pk(tenant, "DELEGATION", customer)
    return Put({"pk": pk, "sk": version, "at": at}, label="version")


def versions(tenant: str, customer: str) -> dict[str, str]:
    """When each version was first made, the newest first."""
    found = dynamo.query(keys.pk(tenant, "DELEGATION", customer))
    made = sorted(((item["at"], item["sk"]) for item in found), reverse=True)
    return {version: at for at, version in made}
