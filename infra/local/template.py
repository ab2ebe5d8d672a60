"""Reads a CloudFormation template and evaluates what it says: references and conditions.

Only the template that ships is read, so only the functions that it may use are here; another one
is an error and not a guess.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?[A-Za-z0-9:.]+)\}")


class TemplateError(Exception):
    """The template says something that the local cloud does not understand."""


# libyaml's where it was built with it: the template is long.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]  # PyYAML ships no types
    """YAML with CloudFormation's short forms (`!Ref X` is `{"Ref": "X"}`)."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def load(path: Path) -> dict[str, Any]:
    """What the file says; each caller has a copy of his own. Raises TemplateError."""
    return copy.deepcopy(_read(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=4)
def _read(path: Path, modified_ns: int) -> dict[str, Any]:
    del modified_ns  # another one is another file
    # A subclass of the safe loader: it makes plain values only.
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    if not isinstance(content, dict) or "Resources" not in content:
        raise TemplateError(f"{path} has no Resources")
    return content


@dataclass
class Evaluator:
    """Evaluates expressions of one template.

    `reference(logical id)` and `attribute(logical id, name)` give the answers that only whoever
    makes the resources knows.
    """

    template: Mapping[str, Any]
    pseudo: Mapping[str, str]
    parameters: Mapping[str, Any]
    reference: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    _conditions: dict[str, bool] = field(default_factory=dict)

    def value(self, expression: Any) -> Any:
        """The expression with everything resolved; NO_VALUE where it says AWS::NoValue."""
        if isinstance(expression, list):
            values = [self.value(item) for item in expression]
            return [value for value in values if value is not NO_VALUE]
        if not isinstance(expression, dict):
            return expression
        if len(expression) == 1:
            ((name, argument),) = expression.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), argument)
        resolved = {key: self.value(item) for key, item in expression.items()}
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            conditions = self.template.get("Conditions", {})
            if name not in conditions:
                raise TemplateError(f"there is no condition {name}")
            self._conditions[name] = bool(self.value(conditions[name]))
        return self._conditions[name]

    def exists(self, logical_id: str) -> bool:
        """Whether the resource is in the template and its condition holds."""
        resource = self.template["Resources"].get(logical_id)
        if resource is None:
            return False
        return "Condition" not in resource or self.condition(resource["Condition"])

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.template.get("Parameters", {}):
            return self._parameter(name)
        return self.reference(name)

    def _parameter(self, name: str) -> Any:
        # AllowedPattern is not applied: it says what may be deployed (https, a real domain), and
        # the same value on one machine is http on the loopback.
        if name in self.parameters:
            return self.parameters[name]
        declared = self.template["Parameters"][name]
        if "Default" not in declared:
            raise TemplateError(f"parameter {name} needs a value")
        return declared["Default"]

    def _function(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "GetAtt": self._get_att,
            "Sub": self._sub,
            "If": lambda args: self.value(args[1] if self.condition(args[0]) else args[2]),
            "Equals": lambda args: str(self.value(args[0])) == str(self.value(args[1])),
            "Not": lambda args: not self.value(args[0]),
            "And": lambda args: all(self.value(each) for each in args),
            "Or": lambda args: any(self.value(each) for each in args),
            "Join": lambda args: str(args[0]).join(map(str, self.value(args[1]))),
            "Select": lambda args: self.value(args[1])[int(self.value(args[0]))],
            "Split": lambda args: str(self.value(args[1])).split(args[0]),
            "Base64": lambda text: base64.b64encode(str(self.value(text)).encode()).decode(),
        }
        if name not in functions:
            raise TemplateError(f"the function {name} is not known here")
        return functions[name](argument)

    def _get_att(self, argument: Any) -> Any:
        logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
        return self.attribute(logical_id, name)

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def replaced(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return str(self.value(own[name]))
            if "." in name:
                return str(self._get_att(name))
            return str(self._ref(name))

        return _PLACEHOLDER.sub(replaced, text)
