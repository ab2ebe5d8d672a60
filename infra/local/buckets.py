"""Makes S3 buckets from CloudFormation's properties, whose names differ from those of the API."""

from __future__ import annotations

from typing import Any

from infra.local.engines import REGION
from infra.local.makers import Made, Maker, Properties, checked, some, text
from infra.local.template import TemplateError

BUCKET_NAME_LENGTH_MAX = 63


def bucket(maker: Maker, properties: Properties) -> Made:
    checked(
        "AWS::S3::Bucket",
        properties,
        "BucketName VersioningConfiguration CorsConfiguration LifecycleConfiguration "
        "NotificationConfiguration BucketEncryption PublicAccessBlockConfiguration "
        "ObjectLockEnabled ObjectLockConfiguration OwnershipControls",
        "LoggingConfiguration Tags",
    )
    name = properties.get("BucketName", maker.name.lower())
    if len(name) > BUCKET_NAME_LENGTH_MAX:
        raise TemplateError(f"the name of the bucket {name} is too long for S3")
    s3 = maker.client("s3")
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=bool(properties.get("ObjectLockEnabled", False)),
    )
    _configure(s3, name, properties)
    arn = f"arn:aws:s3:::{name}"
    domain = f"{name}.s3.amazonaws.com"
    regional = f"{name}.s3.{REGION}.amazonaws.com"
    return Made(name, {"Arn": arn, "DomainName": domain, "RegionalDomainName": regional})


def _wants_tls(statement: Properties) -> bool:
    return "aws:SecureTransport" in statement.get("Condition", {}).get("Bool", {})


def bucket_policy(maker: Maker, properties: Properties) -> Made:
    checked("AWS::S3::BucketPolicy", properties, "Bucket PolicyDocument")
    document = properties["PolicyDocument"]
    # The loopback has no TLS, and moto applies a refusal whatever its condition says.
    kept = [one for one in document["Statement"] if not _wants_tls(one)]
    if not kept:
        return Made(properties["Bucket"])
    maker.client("s3").put_bucket_policy(
        Bucket=properties["Bucket"], Policy=text({**document, "Statement": kept})
    )
    return Made(maker.name)


def _configure(s3: Any, name: str, properties: Properties) -> None:
    if "VersioningConfiguration" in properties:
        s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
        )
    if "BucketEncryption" in properties:
        s3.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration=_encryption(properties)
        )
    if "PublicAccessBlockConfiguration" in properties:
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
        )
    if "OwnershipControls" in properties:
        s3.put_bucket_ownership_controls(
            Bucket=name, OwnershipControls=properties["OwnershipControls"]
        )
    if "CorsConfiguration" in properties:
        rules = [_cors_rule(rule) for rule in properties["CorsConfiguration"]["CorsRules"]]
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    if "LifecycleConfiguration" in properties:
        rules = [_lifecycle_rule(rule) for rule in properties["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    if "ObjectLockConfiguration" in properties:
        s3.put_object_lock_configuration(
            Bucket=name, ObjectLockConfiguration=properties["ObjectLockConfiguration"]
        )
    if "NotificationConfiguration" in properties:
        # This sends S3's test message to each queue, as on AWS.
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration=_notifications(properties["NotificationConfiguration"]),
        )


def _encryption(properties: Properties) -> Properties:
    rules = []
    for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        default = rule["ServerSideEncryptionByDefault"]
        rules.append(
            {
                **some(rule, "BucketKeyEnabled"),
                "ApplyServerSideEncryptionByDefault": default,
            }
        )
    return {"Rules": rules}


def _cors_rule(rule: Properties) -> Properties:
    checked(
        "CorsRule",
        rule,
        "Id MaxAge ExposedHeaders AllowedHeaders AllowedMethods AllowedOrigins",
    )
    names = {"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}
    return {names.get(name, name): value for name, value in rule.items()}


def _lifecycle_rule(rule: Properties) -> Properties:
    checked(
        "Lifecycle rule",
        rule,
        "Id Status Prefix ExpirationInDays ExpiredObjectDeleteMarker "
        "NoncurrentVersionExpiration AbortIncompleteMultipartUpload Transitions",
    )
    wanted: Properties = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        **some(rule, "NoncurrentVersionExpiration AbortIncompleteMultipartUpload"),
    }
    if "ExpirationInDays" in rule:
        wanted["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif "ExpiredObjectDeleteMarker" in rule:
        wanted["Expiration"] = some(rule, "ExpiredObjectDeleteMarker")
    if "Transitions" in rule:
        wanted["Transitions"] = [
            {"StorageClass": each["StorageClass"], "Days": int(each["TransitionInDays"])}
            for each in rule["Transitions"]
        ]
    return wanted


def _notifications(wanted: Properties) -> Properties:
    checked("NotificationConfiguration", wanted, "QueueConfigurations")
    queues = []
    for each in wanted["QueueConfigurations"]:
        made: Properties = {"QueueArn": each["Queue"], "Events": [each["Event"]]}
        if "Filter" in each:
            rules = each["Filter"]["S3Key"]["Rules"]
            made["Filter"] = {"Key": {"FilterRules": rules}}
        queues.append(made)
    return {"QueueConfigurations": queues}
