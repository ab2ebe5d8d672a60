"""Creates in the local cloud what `infra/resources.yaml` says, and nothing that it does not say.

The template is the only list of resources. Each logical id is made after what it refers to, by
the maker of its type; a type without one must be in SKIPPED, where the reason is, or it is an
error.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local import buckets, makers
from infra.local.engines import ACCOUNT, REGION, ROOT, Engines
from infra.local.functions import FunctionSettings
from infra.local.mailbox import MailDestination
from infra.local.makers import Made, Maker
from infra.local.template import NO_VALUE, Evaluator, TemplateError, load

log = logging.getLogger("sportello.local.resources")

TEMPLATE = ROOT / "infra" / "resources.yaml"

MAKERS: dict[str, Callable[[Maker, dict[str, Any]], Made]] = {
    "AWS::DynamoDB::Table": makers.table,
    "AWS::KMS::Alias": makers.key_alias,
    "AWS::KMS::Key": makers.key,
    "AWS::S3::Bucket": buckets.bucket,
    "AWS::S3::BucketPolicy": buckets.bucket_policy,
    "AWS::SES::ConfigurationSet": makers.configuration_set,
    "AWS::SES::ConfigurationSetEventDestination": makers.mail_destination,
    "AWS::SES::EmailIdentity": makers.email_identity,
    "AWS::SNS::Subscription": makers.subscription,
    "AWS::SNS::Topic": makers.topic,
    "AWS::SNS::TopicPolicy": makers.topic_policy,
    "AWS::SQS::Queue": makers.queue,
    "AWS::SQS::QueuePolicy": makers.queue_policy,
    "AWS::SecretsManager::Secret": makers.secret,
}

# Types that have no counterpart on one machine: what is watched, who may do what, and the front of
# the API, which the gateway of the local cloud plays.
SKIPPED = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Backup::BackupPlan",
        "AWS::Backup::BackupSelection",
        "AWS::Backup::BackupVault",
        "AWS::CloudFront::Distribution",
        "AWS::CloudFront::Function",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::Serverless::Api",
        "AWS::Serverless::Function",
        "AWS::Serverless::LayerVersion",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
    }
)


@dataclass(frozen=True)
class QueueMapping:
    """One event source mapping: messages of `queue_url` go to `function`, in batches."""

    function: str
    queue: str
    queue_url: str
    queue_arn: str
    batch_size: int
    visibility_s: int
    timeout_s: int
    reports_failures: bool


@dataclass(frozen=True)
class Schedule:
    """`function` runs as `expression` says, in `zone`'s time."""

    function: str
    name: str
    expression: str
    zone: str = "UTC"


@dataclass
class Stack:
    """What was created. `outputs` gives each logical id its physical one (what `!Ref` gives)."""

    name: str
    outputs: dict[str, str]
    environment: dict[str, str]
    mappings: list[QueueMapping]
    schedules: list[Schedule]
    mail_destinations: list[MailDestination]
    gateway_responses: dict[str, dict[str, Any]]
    dead_letters: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def delete(self, engines: Engines) -> None:
        """Takes away what costs the engines memory and time; the rest goes with them."""
        gone: dict[str, Callable[[str], Any]] = {
            "AWS::DynamoDB::Table": lambda name: engines.client("dynamodb").delete_table(
                TableName=name
            ),
            "AWS::SQS::Queue": lambda url: engines.client("sqs").delete_queue(QueueUrl=url),
        }
        for logical_id, kind in self.kinds.items():
            if kind in gone:
                with contextlib.suppress(ClientError):
                    gone[kind](self.outputs[logical_id])


def create_stack(
    name: str,
    engines: Engines,
    *,
    template: Path = TEMPLATE,
    parameters: Mapping[str, Any] | None = None,
    functions: Mapping[str, FunctionSettings] | None = None,
) -> Stack:
    """Creates everything in the engines.

    `name` is what AWS::StackName gives: lower case, and one for each stack. `functions` are the
    settings that the template does not hold; what is not there has Chalice's defaults.

    Raises:
        TemplateError: something in the template is not known here, or refers in a circle.
    """
    builder = _Builder(name, engines, load(template), parameters or {})
    builder.make_all()
    return builder.stack(functions or {})


class _Builder:
    def __init__(
        self, name: str, engines: Engines, template: dict[str, Any], parameters: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.engines = engines
        self.resources: dict[str, Any] = template["Resources"]
        self.template = template
        unknown = set(parameters) - set(template.get("Parameters", {}))
        if unknown:
            raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
        self.made: dict[str, Made] = {}
        self.making: list[str] = []
        self.mail_destinations: list[MailDestination] = []
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/local",
            "AWS::StackName": name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self.evaluator = Evaluator(template, pseudo, parameters, self._reference, self._attribute)

    def make_all(self) -> None:
        for logical_id, resource in self.resources.items():
            kind = resource.get("Type")
            if kind is not None and kind not in MAKERS and kind not in SKIPPED:
                raise TemplateError(f"{logical_id}: {kind} is not known to the local cloud")
            if kind in MAKERS and self.evaluator.exists(logical_id):
                self._make(logical_id)

    def _make(self, logical_id: str) -> Made:
        if logical_id in self.made:
            return self.made[logical_id]
        if logical_id in self.making:
            circle = " -> ".join([*self.making, logical_id])
            raise TemplateError(f"resources refer to each other in a circle: {circle}")
        self.making.append(logical_id)
        resource = self.resources[logical_id]
        before = resource.get("DependsOn", [])
        for each in [before] if isinstance(before, str) else before:
            if self.resources.get(each, {}).get("Type") in MAKERS and self.evaluator.exists(each):
                self._make(each)
        properties = self.evaluator.value(resource.get("Properties", {}))
        maker = Maker(self.engines.client, f"{self.name}-{logical_id}", self.mail_destinations)
        try:
            made = MAKERS[resource["Type"]](maker, properties)
        except ClientError as error:
            raise TemplateError(f"{logical_id} cannot be created: {error}") from error
        self.made[logical_id] = made
        self.making.pop()
        return made

    def _reference(self, logical_id: str) -> Any:
        if self._is_made(logical_id):
            return self._make(logical_id).ref
        return f"{self.name}-{logical_id}"

    def _attribute(self, logical_id: str, name: str) -> Any:
        if self._is_made(logical_id):
            attributes = self._make(logical_id).attributes
            if name not in attributes:
                raise TemplateError(f"{logical_id} has no attribute {name} in the local cloud")
            return attributes[name]
        return f"arn:aws:local:{REGION}:{ACCOUNT}:{self.name}-{logical_id}/{name}"

    def _is_made(self, logical_id: str) -> bool:
        """Whether it is made here; what is skipped gets a name that nothing answers to."""
        if logical_id not in self.resources:
            raise TemplateError(f"the template refers to {logical_id}, which is not in it")
        if not self.evaluator.exists(logical_id):
            raise TemplateError(f"{logical_id} is referred to although its condition is false")
        return self.resources[logical_id].get("Type") in MAKERS

    # --- what is read out of it ---------------------------------------------------------------

    def stack(self, functions: Mapping[str, FunctionSettings]) -> Stack:
        mappings: list[QueueMapping] = []
        schedules: list[Schedule] = []
        for name, resource in self.resources.items():
            for event, declared in resource.get("Properties", {}).get("Events", {}).items():
                wanted = declared.get("Properties", {})
                settings = functions.get(name, FunctionSettings(name))
                if "Queue" in wanted:
                    mappings.append(self._mapping(name, wanted, settings))
                elif "ScheduleExpression" in wanted or "Schedule" in wanted:
                    expression = wanted.get("ScheduleExpression", wanted.get("Schedule"))
                    zone = wanted.get("ScheduleExpressionTimezone", "UTC")
                    schedules.append(Schedule(name, f"{self.name}-{event}", expression, zone))
                else:
                    raise TemplateError(f"{name}: the event {event} is not known here")
        return Stack(
            name=self.name,
            outputs={logical_id: made.ref for logical_id, made in self.made.items()},
            environment=self._environment(),
            mappings=mappings,
            schedules=schedules,
            mail_destinations=self.mail_destinations,
            gateway_responses=self.evaluator.value(
                self.resources.get("RestAPI", {}).get("Properties", {}).get("GatewayResponses", {})
            ),
            dead_letters=self._dead_letters(),
            kinds={logical_id: self.resources[logical_id]["Type"] for logical_id in self.made},
        )

    def _mapping(
        self, name: str, wanted: dict[str, Any], settings: FunctionSettings
    ) -> QueueMapping:
        arn = self.evaluator.value(wanted["Queue"])
        queue = self._queue_of(arn)
        batch_size = wanted.get("BatchSize", settings.batch_size)
        visibility_s = self.resources[queue].get("Properties", {}).get("VisibilityTimeout", 30)
        return QueueMapping(
            function=name,
            queue=queue,
            queue_url=self.made[queue].ref,
            queue_arn=arn,
            batch_size=int(batch_size),
            visibility_s=int(self.evaluator.value(visibility_s)),
            timeout_s=settings.timeout_s,
            reports_failures="ReportBatchItemFailures" in wanted.get("FunctionResponseTypes", []),
        )

    def _queue_of(self, arn: str) -> str:
        for logical_id, made in self.made.items():
            if made.attributes.get("Arn") == arn:
                return logical_id
        raise TemplateError(f"no queue of the template has the ARN {arn}")

    def _dead_letters(self) -> dict[str, str]:
        """Of each queue that has one, the logical id of its dead-letter queue."""
        found = {}
        for logical_id in self.made:
            properties = self.resources[logical_id].get("Properties", {})
            if self.resources[logical_id]["Type"] == "AWS::SQS::Queue" and (
                "RedrivePolicy" in properties
            ):
                policy = self.evaluator.value(properties["RedrivePolicy"])
                found[logical_id] = self._queue_of(policy["deadLetterTargetArn"])
        return found

    def _environment(self) -> dict[str, str]:
        """All functions' variables together, since here they share one process."""
        sources = [self.template.get("Globals", {}).get("Function", {})]
        sources += [resource.get("Properties", {}) for resource in self.resources.values()]
        found: dict[str, str] = {}
        for source in sources:
            variables = source.get("Environment", {}).get("Variables", {})
            for name, expression in variables.items():
                value = self.evaluator.value(expression)
                if value is NO_VALUE:
                    continue
                if found.setdefault(name, str(value)) != str(value):
                    raise TemplateError(f"two functions want different values of {name}")
        return found
