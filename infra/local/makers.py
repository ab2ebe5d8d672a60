"""Makes one AWS resource from its CloudFormation properties; one function for each type.

Each function is told which properties it applies and which have no effect on one machine; any
other property is an error, so that nothing the template promises is dropped unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.local.engines import ACCOUNT, REGION
from infra.local.mailbox import MailDestination
from infra.local.template import TemplateError

Properties = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What `!Ref` gives for it, and what `!GetAtt` gives."""

    ref: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Maker:
    """The clients, the wanted name, and what the stack remembers of what was made."""

    client: Callable[[str], Any]
    name: str
    mail_destinations: list[MailDestination]


def checked(kind: str, properties: Properties, applied: str, without_effect: str = "") -> None:
    unknown = set(properties) - set(applied.split()) - set(without_effect.split())
    if unknown:
        raise TemplateError(f"{kind}: {', '.join(sorted(unknown))} not known to the local cloud")


def some(properties: Properties, names: str) -> Properties:
    return {name: properties[name] for name in names.split() if name in properties}


def text(value: Any) -> str:
    """An attribute of a queue or topic: always text on the wire."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def table(maker: Maker, properties: Properties) -> Made:
    applied = (
        "TableName AttributeDefinitions KeySchema BillingMode GlobalSecondaryIndexes "
        "LocalSecondaryIndexes ProvisionedThroughput StreamSpecification"
    )
    checked(
        "AWS::DynamoDB::Table",
        properties,
        f"{applied} TimeToLiveSpecification",
        "DeletionProtectionEnabled PointInTimeRecoverySpecification SSESpecification Tags "
        "TableClass ContributorInsightsSpecification OnDemandThroughput",
    )
    wanted = some(properties, applied)
    if "StreamSpecification" in wanted:
        wanted["StreamSpecification"] = {"StreamEnabled": True, **wanted["StreamSpecification"]}
    wanted.setdefault("TableName", maker.name)
    dynamodb = maker.client("dynamodb")
    made = dynamodb.create_table(**wanted)["TableDescription"]
    if "TimeToLiveSpecification" in properties:
        dynamodb.update_time_to_live(
            TableName=wanted["TableName"],
            TimeToLiveSpecification=properties["TimeToLiveSpecification"],
        )
    attributes = {"Arn": made["TableArn"]}
    if "LatestStreamArn" in made:
        attributes["StreamArn"] = made["LatestStreamArn"]
    return Made(wanted["TableName"], attributes)


def queue(maker: Maker, properties: Properties) -> Made:
    applied = (
        "VisibilityTimeout MessageRetentionPeriod RedrivePolicy DelaySeconds MaximumMessageSize "
        "ReceiveMessageWaitTimeSeconds SqsManagedSseEnabled FifoQueue ContentBasedDeduplication "
        "DeduplicationScope FifoThroughputLimit"
    )
    checked(
        "AWS::SQS::Queue",
        properties,
        f"QueueName {applied}",
        "RedriveAllowPolicy KmsMasterKeyId KmsDataKeyReusePeriodSeconds Tags",
    )
    name = properties.get("QueueName", maker.name)
    attributes = {key: text(value) for key, value in some(properties, applied).items()}
    url = maker.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def queue_policy(maker: Maker, properties: Properties) -> Made:
    checked("AWS::SQS::QueuePolicy", properties, "Queues PolicyDocument")
    policy = text(properties["PolicyDocument"])
    for url in properties["Queues"]:
        maker.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Made(maker.name)


def key(maker: Maker, properties: Properties) -> Made:
    applied = "Description KeySpec KeyUsage MultiRegion"
    checked(
        "AWS::KMS::Key",
        properties,
        f"{applied} KeyPolicy EnableKeyRotation",
        "PendingWindowInDays Enabled Tags RotationPeriodInDays",
    )
    wanted = some(properties, applied)
    if "KeyPolicy" in properties:
        wanted["Policy"] = text(properties["KeyPolicy"])
    kms = maker.client("kms")
    made = kms.create_key(**wanted)["KeyMetadata"]
    if properties.get("EnableKeyRotation"):
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def key_alias(maker: Maker, properties: Properties) -> Made:
    checked("AWS::KMS::Alias", properties, "AliasName TargetKeyId")
    maker.client("kms").create_alias(
        AliasName=properties["AliasName"], TargetKeyId=properties["TargetKeyId"]
    )
    return Made(properties["AliasName"])


def secret(maker: Maker, properties: Properties) -> Made:
    checked(
        "AWS::SecretsManager::Secret",
        properties,
        "Name Description SecretString GenerateSecretString KmsKeyId",
        "Tags ReplicaRegions",
    )
    client = maker.client("secretsmanager")
    wanted = some(properties, "Description SecretString KmsKeyId")
    if "GenerateSecretString" in properties:
        wanted["SecretString"] = _generated(client, dict(properties["GenerateSecretString"]))
    arn = client.create_secret(Name=properties.get("Name", maker.name), **wanted)["ARN"]
    return Made(arn, {"Id": arn})


def _generated(client: Any, wish: Properties) -> str:
    template = wish.pop("SecretStringTemplate", None)
    place = wish.pop("GenerateStringKey", None)
    password: str = client.get_random_password(**wish)["RandomPassword"]
    if template is None:
        return password
    return json.dumps({**json.loads(template), place: password})


def topic(maker: Maker, properties: Properties) -> Made:
    checked(
        "AWS::SNS::Topic",
        properties,
        "TopicName DisplayName KmsMasterKeyId FifoTopic Subscription",
        "Tags TracingConfig",
    )
    sns = maker.client("sns")
    attributes = some(properties, "DisplayName KmsMasterKeyId FifoTopic")
    arn = sns.create_topic(
        Name=properties.get("TopicName", maker.name),
        Attributes={name: text(value) for name, value in attributes.items()},
    )["TopicArn"]
    for each in properties.get("Subscription", []):
        sns.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
    return Made(arn, {"TopicArn": arn, "TopicName": arn.rsplit(":", 1)[1]})


def topic_policy(maker: Maker, properties: Properties) -> Made:
    checked("AWS::SNS::TopicPolicy", properties, "Topics PolicyDocument")
    for arn in properties["Topics"]:
        maker.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=text(properties["PolicyDocument"])
        )
    return Made(maker.name)


def subscription(maker: Maker, properties: Properties) -> Made:
    applied = "RawMessageDelivery FilterPolicy FilterPolicyScope RedrivePolicy"
    checked("AWS::SNS::Subscription", properties, f"TopicArn Protocol Endpoint {applied}", "Region")
    attributes = {name: text(value) for name, value in some(properties, applied).items()}
    arn = maker.client("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(arn, {"Arn": arn})


def configuration_set(maker: Maker, properties: Properties) -> Made:
    checked(
        "AWS::SES::ConfigurationSet",
        properties,
        "Name",
        "DeliveryOptions ReputationOptions SendingOptions SuppressionOptions TrackingOptions Tags "
        "VdmOptions",
    )
    name = properties.get("Name", maker.name)
    maker.client("ses").create_configuration_set(ConfigurationSet={"Name": name})
    return Made(name)


def mail_destination(maker: Maker, properties: Properties) -> Made:
    """moto publishes no events of SES: the destination is remembered, and the mailbox does it."""
    kind = "AWS::SES::ConfigurationSetEventDestination"
    checked(kind, properties, "ConfigurationSetName EventDestination")
    wanted = properties["EventDestination"]
    checked(kind, wanted, "SnsDestination MatchingEventTypes Enabled", "Name")
    if wanted.get("Enabled", True):
        maker.mail_destinations.append(
            MailDestination(
                configuration_set=properties["ConfigurationSetName"],
                topic_arn=wanted["SnsDestination"]["TopicARN"],
                event_types=frozenset(each.lower() for each in wanted["MatchingEventTypes"]),
            )
        )
    return Made(maker.name)


def email_identity(maker: Maker, properties: Properties) -> Made:
    checked(
        "AWS::SES::EmailIdentity",
        properties,
        "EmailIdentity",
        "ConfigurationSetAttributes DkimAttributes DkimSigningAttributes FeedbackAttributes "
        "MailFromAttributes Tags",
    )
    identity = properties["EmailIdentity"]
    ses = maker.client("ses")
    if "@" in identity:
        ses.verify_email_identity(EmailAddress=identity)
    else:
        ses.verify_domain_identity(Domain=identity)
    return Made(identity)
