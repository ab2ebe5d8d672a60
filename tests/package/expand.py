"""From the SAM template to plain CloudFormation, and small ways to ask about it."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform

Json = dict[str, Any]

UPLOADED = "s3://artifacts/package.zip"  # what `aws cloudformation package` puts for a local path


class _NoManagedPolicies:
    """The template names none, so none are looked up."""

    def load(self) -> dict[str, str]:
        return {}


def uploaded(sam: Json) -> Json:
    """The template after `aws cloudformation package`: local archives are addresses in S3."""
    template = copy.deepcopy(sam)
    for resource in template["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in resource["Properties"]:
                resource["Properties"][key] = UPLOADED
    return template


def expand(sam: Json) -> Json:
    """SAM's own translation, offline."""
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-south-1"}):
        result: Json = transform(uploaded(sam), {}, _NoManagedPolicies())
    return result


def of_type(template: Json, kind: str) -> dict[str, Json]:
    """Properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def target(value: Any) -> str:
    """The logical id that a Ref or a GetAtt points to."""
    if isinstance(value, dict):
        if "Ref" in value:
            return str(value["Ref"])
        if "Fn::GetAtt" in value:
            return str(value["Fn::GetAtt"][0])
    raise AssertionError(f"not a reference: {value!r}")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documents(template: Json) -> Iterator[tuple[str, Json]]:
    """Every policy document that grants something, except the ones of KMS keys, with its owner.

    A key's own policy is left out because in it "*" is the only way to say "this key".
    """
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield name, policy["PolicyDocument"]
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for name, properties in of_type(template, kind).items():
            yield name, properties["PolicyDocument"]


def statements(template: Json, effect: str) -> Iterator[tuple[str, Json]]:
    for name, document in documents(template):
        for statement in document["Statement"]:
            if statement["Effect"] == effect:
                yield name, statement
