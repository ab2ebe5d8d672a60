"""boto3 clients, made once per process and only when first used.

Addresses come from the standard AWS_ENDPOINT_URL* variables, so the same code speaks to AWS and
to the local cloud.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

_NAME = f"Boto3/{boto3.__version__} sportello"
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 5},
    max_pool_connections=32,
    # The service checks what it is sent anyway; checking here too costs 40% of a transaction.
    parameter_validation=False,
    # Its own is built anew, part by part, twice in each call: a tenth of what a call costs us.
    user_agent=_NAME,
)
# A mail whose answer was lost may have gone out: only the work row may decide to send again.
_ONCE = Config(
    connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, user_agent=_NAME
)

_clients: dict[str, Any] = {}


def client(service: str) -> Any:
    """The shared client of a service; `ses` never retries by itself."""
    if service not in _clients:
        config = _ONCE if service == "ses" else _CONFIG
        if service == "s3":
            # By the bucket's name in its own region: the global name redirects, which an upload by
            # a page does not survive, and the pages' policy names this host.
            names = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
            config = config.merge(names)
        _clients[service] = boto3.client(service, config=config)
    return _clients[service]


def forget() -> None:
    """Drop the clients: the next use reads the environment again."""
    _clients.clear()
