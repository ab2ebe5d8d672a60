"""boto3 clients, made once per process and only when first used.

Addresses come from the standard AWS_ENDPOINT_URL* variables, so the same code speaks to AWS and
to the local cloud.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 5},
    max_pool_connections=32,
    # The service checks what it is sent anyway; checking here too costs 40% of a transaction.
    parameter_validation=False,
)
# A mail whose answer was lost may have gone out: only the work row may decide to send again.
_ONCE = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})

_clients: dict[str, Any] = {}


def client(service: str) -> Any:
    """The shared client of a service; `ses` never retries by itself."""
    if service not in _clients:
        config = _ONCE if service == "ses" else _CONFIG
        if service == "s3":
            config = config.merge(Config(signature_version="s3v4"))
        _clients[service] = boto3.client(service, config=config)
    return _clients[service]


def forget() -> None:
    """Drop the clients: the next use reads the environment again."""
    _clients.clear()
