"""What Chalice knows of the functions and the template does not: handlers, batches, timeouts."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalice.app import Chalice
from chalice.utils import to_cfn_resource_name

from infra.local.engines import ROOT

Handler = Callable[[Any, Any], Any]

CONFIG = ROOT / ".chalice" / "config.json"
# What Chalice writes into the package when config.json is silent.
DEFAULT_TIMEOUT_S = 60
DEFAULT_MEMORY_MB = 128
DEFAULT_BATCH_SIZE = 1


@dataclass(frozen=True)
class FunctionSettings:
    """One Lambda function; `logical_id` is its name in the template (on_send is OnSend)."""

    logical_id: str
    handler: str = ""
    batch_size: int = DEFAULT_BATCH_SIZE
    timeout_s: int = DEFAULT_TIMEOUT_S
    memory_mb: int = DEFAULT_MEMORY_MB


def logical_id(name: str) -> str:
    """As `chalice package` forms it; a name that is one already stays as it is."""
    formed: str = to_cfn_resource_name(name)
    return formed


def settings_of(
    app: Chalice, *, config: Path = CONFIG, stage: str = "prod"
) -> dict[str, FunctionSettings]:
    """Every function of the app that is not the API, by logical id."""
    scopes = _scopes(config, stage)
    settings = {}
    every: list[Any] = [*app.event_sources, *app.pure_lambda_functions]
    for declared in every:
        settings[logical_id(declared.name)] = FunctionSettings(
            logical_id=logical_id(declared.name),
            handler=declared.handler_string,
            batch_size=getattr(declared, "batch_size", DEFAULT_BATCH_SIZE),
            timeout_s=int(_lookup(scopes, declared.name, "lambda_timeout", DEFAULT_TIMEOUT_S)),
            memory_mb=int(_lookup(scopes, declared.name, "lambda_memory_size", DEFAULT_MEMORY_MB)),
        )
    return settings


def handlers_of(app: Chalice) -> dict[str, Handler]:
    """Each function's handler, imported by the very string that Lambda is given."""
    return {
        name: imported(settings.handler)
        for name, settings in settings_of(app, config=Path()).items()
    }


def imported(handler: str) -> Handler:
    module, _, name = handler.rpartition(".")
    found: Handler = getattr(importlib.import_module(module), name)
    return found


def _scopes(config: Path, stage: str) -> list[Mapping[str, Any]]:
    """The places that may say something, the one that wins first."""
    if not config.is_file():
        return []
    content = json.loads(config.read_text(encoding="utf-8"))
    return [content.get("stages", {}).get(stage, {}), content]


def _lookup(scopes: list[Mapping[str, Any]], function: str, name: str, default: Any) -> Any:
    for scope in scopes:
        own = scope.get("lambda_functions", {}).get(function, {})
        if name in own:
            return own[name]
        if name in scope:
            return scope[name]
    return default
