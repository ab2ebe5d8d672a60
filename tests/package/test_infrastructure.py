"""What the template promises: queues that lose nothing, roles that may little, closed buckets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.base import dynamo
from chalicelib.entry import web
from infra import signing
from tests.package.expand import Json, as_list, of_type, statements, target

LONGEST_RETENTION_S = 14 * 24 * 3600
QUEUES = {
    "IntakeQueue": "OnIntake",
    "ReceiveQueue": "OnReceive",
    "SendQueue": "OnSend",
    "SdiQueue": "OnSdi",
    "TellQueue": "OnTell",
    "MailEventQueue": "OnMailEvent",
    "AuditQueue": "OnAudit",
    "CreditsQueue": "OnCredits",
    "DuesQueue": "OnDues",
    "CollectQueue": "OnCollect",
    "DeliverQueue": "OnDeliver",
    "ReconcileQueue": "OnReconcile",
}
FUNCTIONS = {"APIHandler", "Sweep", "Nightly", "Hourly", "Node", *QUEUES.values()}
BUCKETS = {"IntakeBucket", "DocumentsBucket", "SdiBucket", "PortalBucket", "AccessLogs"}
# Any key of this account and region that is tagged with the name of this stack.
SIGNING_KEYS = {
    "Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*",
}
OF_THIS_STACK = {"aws:ResourceTag/sportello-signing": {"Ref": "AWS::StackName"}}
# The only policy of AWS's own: without it API Gateway cannot write its log.
AWS_POLICIES = {"service-role/AmazonAPIGatewayPushToCloudWatchLogs"}


def alarms_on(template: Json, metric: str, dimension: str = "") -> set[str]:
    """Logical ids (or "" for a metric without dimensions) that an alarm on the metric watches."""
    found = set()
    for alarm in of_type(template, "AWS::CloudWatch::Alarm").values():
        assert [target(action) for action in alarm["AlarmActions"]] == ["Alarms"]
        if alarm["MetricName"] == metric:
            watched = {d["Name"]: target(d["Value"]) for d in alarm.get("Dimensions", [])}
            found.add(watched.get(dimension, ""))
    return found


# ---------------------------------------------------------------------- queues


def dead_letter_queue(queue: Json) -> str:
    return target(queue["RedrivePolicy"]["deadLetterTargetArn"])


def test_every_queue_is_known(cloudformation: Json) -> None:
    queues = of_type(cloudformation, "AWS::SQS::Queue")
    dead = {dead_letter_queue(queue) for queue in queues.values() if "RedrivePolicy" in queue}
    assert dead == {f"{name}DeadLetters" for name in QUEUES}
    scheduled = {f"{name}DeadLetters" for name in ("Sweep", "Nightly", "Hourly")}
    assert set(queues) == set(QUEUES) | dead | scheduled


@pytest.mark.parametrize("name", QUEUES)
def test_queue_loses_nothing(name: str, cloudformation: Json) -> None:
    queues = of_type(cloudformation, "AWS::SQS::Queue")
    queue = queues[name]
    assert dead_letter_queue(queue) == f"{name}DeadLetters"
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    dead = queues[f"{name}DeadLetters"]
    assert dead["MessageRetentionPeriod"] == LONGEST_RETENTION_S
    for each in (queue, dead):
        assert each["SqsManagedSseEnabled"] is True
    # SQS counts a message's age from its first sending: the dead-letter queue must not be shorter.
    assert queue["MessageRetentionPeriod"] <= dead["MessageRetentionPeriod"]


@pytest.mark.parametrize(("name", "function"), QUEUES.items())
def test_queue_has_its_one_consumer(name: str, function: str, cloudformation: Json) -> None:
    mappings = [
        mapping
        for mapping in of_type(cloudformation, "AWS::Lambda::EventSourceMapping").values()
        if target(mapping["EventSourceArn"]) == name
    ]
    assert len(mappings) == 1
    mapping = mappings[0]
    assert target(mapping["FunctionName"]) == function
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    window_s = mapping.get("MaximumBatchingWindowInSeconds", 0)
    timeout_s = of_type(cloudformation, "AWS::Lambda::Function")[function]["Timeout"]
    visibility_s = of_type(cloudformation, "AWS::SQS::Queue")[name]["VisibilityTimeout"]
    assert visibility_s >= 6 * timeout_s + window_s


def test_archives_are_received_one_at_a_time(cloudformation: Json) -> None:
    sizes = {
        target(mapping["EventSourceArn"]): mapping["BatchSize"]
        for mapping in of_type(cloudformation, "AWS::Lambda::EventSourceMapping").values()
    }
    # So is work on credits: one row may let hundreds of documents go.
    alone = {"ReceiveQueue", "CreditsQueue", "DuesQueue", "DeliverQueue"}
    assert sizes == {name: 1 if name in alone else 10 for name in QUEUES}


def test_every_queue_is_watched(cloudformation: Json) -> None:
    queues = set(of_type(cloudformation, "AWS::SQS::Queue"))
    dead = {name for name in queues if name.endswith("DeadLetters")}
    watched = alarms_on(cloudformation, "ApproximateNumberOfMessagesVisible", "QueueName")
    assert watched == dead
    assert alarms_on(cloudformation, "ApproximateAgeOfOldestMessage", "QueueName") == queues - dead


def test_work_is_watched(cloudformation: Json) -> None:
    # The metrics are written without dimensions: an alarm with one would watch nothing.
    for metric in ("WorkParked", "WorkOverdue"):
        assert alarms_on(cloudformation, metric) == {""}


def test_a_silent_sweeper_is_noticed(cloudformation: Json) -> None:
    assert alarms_on(cloudformation, "Invocations", "FunctionName") == {"Sweep"}
    alarm = cloudformation["Resources"]["SweepSilentAlarm"]["Properties"]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_services_may_send_to_their_queue_only_from_here(cloudformation: Json) -> None:
    senders = {
        "IntakeQueuePolicy": "s3",
        "ReconcileQueuePolicy": "s3",
        "SdiQueuePolicy": "s3",
        "MailEventQueuePolicy": "sns",
    }
    policies = of_type(cloudformation, "AWS::SQS::QueuePolicy")
    assert set(policies) == set(senders)
    for name, properties in policies.items():
        (statement,) = properties["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": f"{senders[name]}.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]


def test_a_bucket_is_named_as_its_queue_expects(cloudformation: Json) -> None:
    # The names are written twice (by reference it would be a circle), so they must be the same.
    buckets = {
        "IntakeQueue": "IntakeBucket",
        "ReconcileQueue": "IntakeBucket",
        "SdiQueue": "SdiBucket",
    }
    for queue, bucket in buckets.items():
        properties = of_type(cloudformation, "AWS::S3::Bucket")[bucket]
        policy = of_type(cloudformation, "AWS::SQS::QueuePolicy")[f"{queue}Policy"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        source = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source == "arn:${AWS::Partition}:s3:::" + properties["BucketName"]["Fn::Sub"]


def test_arrivals_reach_their_queue(cloudformation: Json) -> None:
    arrivals = {}
    for bucket, properties in of_type(cloudformation, "AWS::S3::Bucket").items():
        configured = properties.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
        for one in configured:
            assert one["Event"] == "s3:ObjectCreated:*"
            ((rule),) = one["Filter"]["S3Key"]["Rules"]
            assert rule["Name"] == "prefix"
            arrivals[bucket, rule["Value"]] = target(one["Queue"])
    assert arrivals == {
        ("IntakeBucket", "drop/"): "IntakeQueue",
        ("IntakeBucket", "upload/"): "IntakeQueue",
        ("IntakeBucket", "api/"): "IntakeQueue",
        ("IntakeBucket", "settlements/"): "ReconcileQueue",
        ("IntakeBucket", "statements/"): "ReconcileQueue",
        ("IntakeBucket", "treasury/"): "ReconcileQueue",
        ("SdiBucket", "incoming/"): "SdiQueue",
    }


# ---------------------------------------------------------------------- functions and roles


def test_every_function_has_a_role_of_its_own(cloudformation: Json) -> None:
    functions = of_type(cloudformation, "AWS::Lambda::Function")
    assert set(functions) == FUNCTIONS
    roles = {name: target(function["Role"]) for name, function in functions.items()}
    assert len(set(roles.values())) == len(roles)
    for role in roles.values():
        properties = of_type(cloudformation, "AWS::IAM::Role")[role]
        assert len(properties["Policies"]) == 1
        assert "ManagedPolicyArns" not in properties


def test_every_function_is_watched_and_logs_in_its_own_place(cloudformation: Json) -> None:
    for metric in ("Errors", "Throttles"):
        assert alarms_on(cloudformation, metric, "FunctionName") == FUNCTIONS
    groups = of_type(cloudformation, "AWS::Logs::LogGroup")
    for name, function in of_type(cloudformation, "AWS::Lambda::Function").items():
        assert target(function["LoggingConfig"]["LogGroup"]) == f"{name}Log"
    for group in groups.values():
        assert "RetentionInDays" in group
        assert target(group["KmsKeyId"]) == "DataKey"


def test_no_statement_allows_everything(cloudformation: Json) -> None:
    checked = 0
    for owner, statement in statements(cloudformation, "Allow"):
        assert "NotAction" not in statement, owner
        assert "NotResource" not in statement, owner
        assert statement.get("Principal", "role") not in ("*", {"AWS": "*"}), owner
        for action in as_list(statement["Action"]):
            assert "*" not in action, f"{owner}: {action}"
        for resource in as_list(statement["Resource"]):
            if resource == SIGNING_KEYS:
                assert OF_THIS_STACK.items() <= statement["Condition"]["StringEquals"].items()
            else:
                assert_exact(owner, resource)
            checked += 1
    assert checked > len(FUNCTIONS)


def assert_exact(owner: str, resource: Any) -> None:
    """Resources are named by reference; "*" stands only for what is inside one of them."""
    assert isinstance(resource, dict), f"{owner}: {resource!r} is not a reference"
    if "Fn::Sub" in resource:
        text = as_list(resource["Fn::Sub"])[0]
        inside = text.removesuffix("/*")
        assert "*" not in inside, f"{owner}: {text}"
        assert "${" in inside.split(":")[-1], f"{owner}: {text}"
    else:
        assert target(resource) in ("Alarms", "MailEvents", "ChannelSecret", "EdgeSecret") or (
            "Fn::GetAtt" in resource
        ), f"{owner}: {resource}"


def test_only_sending_may_sign_and_only_by_keys_of_this_stack(cloudformation: Json) -> None:
    """The operator binds keys as customers come (infra.operate signer), so the template cannot
    name them. What names them is a tag with this stack's name. It is not an alias: in a policy an
    alias is no resource, and who may create aliases could point one of that name at any key."""
    of_keys = [
        (owner, statement)
        for owner, statement in statements(cloudformation, "Allow")
        if SIGNING_KEYS in as_list(statement["Resource"])
    ]
    assert {owner for owner, _ in of_keys} == {"OnSendRole"}
    allowed = {as_list(s["Action"])[0]: s["Condition"] for _, s in of_keys}
    assert allowed == {
        # Nothing but the digest of a document, by the one algorithm that our signatures have.
        "kms:Sign": {
            "StringEquals": {
                **OF_THIS_STACK,
                "kms:MessageType": "DIGEST",
                "kms:SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
            }
        },
        "kms:GetPublicKey": {"StringEquals": OF_THIS_STACK},
    }
    for owner, statement in statements(cloudformation, "Allow"):
        actions = as_list(statement["Action"])
        if {"kms:Sign", "kms:GetPublicKey"} & set(actions):
            assert (owner, statement) in of_keys
            assert len(actions) == 1
            assert statement["Resource"] == [SIGNING_KEYS]
            assert statement["Effect"] == "Allow"
        else:
            assert "key/" not in json.dumps(statement["Resource"])


def test_the_tag_is_the_one_that_the_operator_is_asked_for() -> None:
    (name,) = OF_THIS_STACK
    assert name == f"aws:ResourceTag/{signing.SIGNING_TAG}"


def test_who_judges_signatures_may_read_whom_to_believe(cloudformation: Json) -> None:
    trust = {"Fn::Sub": "${SdiBucket.Arn}/trust/*"}
    readers = {
        owner
        for owner, statement in statements(cloudformation, "Allow")
        if "s3:GetObject" in as_list(statement["Action"])
        and trust in as_list(statement["Resource"])
    }
    judges = {"ApiHandlerRole", "OnIntakeRole", "OnReceiveRole", "OnSdiRole"}
    # Who sends asks about the house's own keys, who reconciles about the treasurer's.
    assert readers == judges | {"OnSendRole", "OnReconcileRole"}
    for owner, statement in statements(cloudformation, "Allow"):
        if any(action.startswith("s3:Put") for action in as_list(statement["Action"])):
            for resource in as_list(statement["Resource"]):
                assert "trust" not in str(resource), owner
                assert resource != {"Fn::Sub": "${SdiBucket.Arn}/*"}, owner


def test_only_the_known_policy_of_aws_is_attached(cloudformation: Json) -> None:
    for name, role in of_type(cloudformation, "AWS::IAM::Role").items():
        for arn in role.get("ManagedPolicyArns", []):
            assert arn["Fn::Sub"].split(":policy/")[1] in AWS_POLICIES, name


def test_secrets_are_read_only_where_they_are_used(cloudformation: Json) -> None:
    readers = {
        (owner, target(resource))
        for owner, statement in statements(cloudformation, "Allow")
        if any(a.startswith("secretsmanager:") for a in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
    }
    assert readers == {("OnSendRole", "ChannelSecret"), ("ApiHandlerRole", "EdgeSecret")}


WRITES = {"dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
TRAILS = "T#*#TRAIL"


@pytest.mark.feature("U-10")
def test_only_its_worker_writes_the_audit_trail(cloudformation: Json) -> None:
    """Append-only by IAM: no other function can change, add or remove an entry of a chain."""

    def keys(statement: Json, operator: str) -> list[str]:
        condition = statement.get("Condition", {}).get(operator, {})
        return as_list(condition.get("dynamodb:LeadingKeys", []))

    writers = {
        owner
        for owner, statement in statements(cloudformation, "Allow")
        if WRITES & set(as_list(statement["Action"]))
    }
    kept_out = {
        owner
        for owner, statement in statements(cloudformation, "Deny")
        if set(as_list(statement["Action"])) >= WRITES
        and keys(statement, "ForAnyValue:StringLike") == [TRAILS]
        and [target(one) for one in as_list(statement["Resource"])] == ["Table"]
    }
    assert writers - kept_out == {"OnAuditRole"}
    (own,) = [
        statement
        for owner, statement in statements(cloudformation, "Allow")
        if owner == "OnAuditRole" and WRITES & set(as_list(statement["Action"]))
    ]
    # And the worker writes nothing else.
    assert keys(own, "ForAllValues:StringLike") == ["T#*#AUDIT", TRAILS]


def test_the_key_is_for_this_account(cloudformation: Json) -> None:
    key = of_type(cloudformation, "AWS::KMS::Key")["DataKey"]
    assert key["EnableKeyRotation"] is True
    for statement in key["KeyPolicy"]["Statement"]:
        assert not [a for a in as_list(statement["Action"]) if "*" in a]
        principal = statement["Principal"]
        if "AWS" in principal:
            assert principal["AWS"]["Fn::Sub"].endswith("${AWS::AccountId}:root")
        else:
            assert set(principal) == {"Service"}


def test_the_sweep_runs_each_minute_and_is_not_lost(cloudformation: Json) -> None:
    schedule = _schedule_of(cloudformation, "Sweep")
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 1
    assert target(schedule["Target"]["DeadLetterConfig"]["Arn"]) == "SweepDeadLetters"
    invoked = of_type(cloudformation, "AWS::Lambda::EventInvokeConfig").values()
    assert {target(one["FunctionName"]) for one in invoked} == {"Sweep", "Nightly", "Hourly"}


@pytest.mark.feature("F004-016")
def test_the_night_begins_by_the_clock_of_rome_and_is_not_lost(cloudformation: Json) -> None:
    schedule = _schedule_of(cloudformation, "Nightly")
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Rome"
    minute, hour, *rest = schedule["ScheduleExpression"].removeprefix("cron(")[:-1].split()
    # After midnight, when the last day of a lot is over, in each of the year's nights.
    assert (int(hour), int(minute) > 0, rest) == (0, True, ["*", "*", "?", "*"])
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 2
    assert target(schedule["Target"]["DeadLetterConfig"]["Arn"]) == "NightlyDeadLetters"


@pytest.mark.feature("F001-100")
def test_flows_are_looked_for_each_hour_by_the_clock_of_rome(cloudformation: Json) -> None:
    schedule = _schedule_of(cloudformation, "Hourly")
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Rome"
    minute, *rest = schedule["ScheduleExpression"].removeprefix("cron(")[:-1].split()
    assert (int(minute) > 0, rest) == (True, ["*", "*", "*", "?", "*"])
    assert target(schedule["Target"]["DeadLetterConfig"]["Arn"]) == "HourlyDeadLetters"


def _schedule_of(cloudformation: Json, function: str) -> Json:
    found = [
        schedule
        for schedule in of_type(cloudformation, "AWS::Scheduler::Schedule").values()
        if target(schedule["Target"]["Arn"]) == function
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.feature("F004-037")
def test_nobody_may_change_the_book_of_credits(cloudformation: Json) -> None:
    """Whoever may write the table may not change or delete an entry, by the policy of AWS."""
    writers = {
        owner
        for owner, statement in statements(cloudformation, "Allow")
        if "dynamodb:UpdateItem" in as_list(statement["Action"]) and "Condition" not in statement
    }
    assert writers
    denied = {
        owner
        for owner, statement in statements(cloudformation, "Deny")
        if set(as_list(statement["Action"])) == {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}
        and statement["Condition"]
        == {
            "ForAnyValue:StringLike": {
                "dynamodb:LeadingKeys": ["T#*#CREDITS#BOOK#*", "T#*#JOURNAL"]
            }
        }
    }
    assert writers <= denied


# ---------------------------------------------------------------------- buckets, table, API


@pytest.mark.parametrize("name", sorted(BUCKETS))
def test_bucket_is_closed(name: str, cloudformation: Json) -> None:
    buckets = of_type(cloudformation, "AWS::S3::Bucket")
    assert set(buckets) == BUCKETS
    bucket = buckets[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    default = encryption["ServerSideEncryptionByDefault"]
    # S3's log delivery cannot write with a key of ours; what is in the portal is public.
    if name in ("AccessLogs", "PortalBucket"):
        assert default == {"SSEAlgorithm": "AES256"}
    else:
        assert encryption["BucketKeyEnabled"] is True
        assert target(default["KMSMasterKeyID"]) == "DataKey"
    if name != "AccessLogs":
        assert target(bucket["LoggingConfiguration"]["DestinationBucketName"]) == "AccessLogs"
    assert cloudformation["Resources"][name]["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("name", sorted(BUCKETS))
def test_bucket_is_reached_over_tls_only(name: str, cloudformation: Json) -> None:
    policies = [
        policy["PolicyDocument"]["Statement"]
        for policy in of_type(cloudformation, "AWS::S3::BucketPolicy").values()
        if target(policy["Bucket"]) == name
    ]
    assert len(policies) == 1
    (deny,) = [statement for statement in policies[0] if statement["Effect"] == "Deny"]
    assert deny["Principal"] == "*"
    assert deny["Action"] == "s3:*"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Resource"] == [
        {"Fn::GetAtt": [name, "Arn"]},
        {"Fn::Sub": f"${{{name}.Arn}}/*"},
    ]


def test_only_the_portal_may_upload_by_a_form(cloudformation: Json) -> None:
    for name, bucket in of_type(cloudformation, "AWS::S3::Bucket").items():
        rules = bucket.get("CorsConfiguration", {}).get("CorsRules", [])
        assert bool(rules) == (name == "IntakeBucket")
        for rule in rules:
            assert rule["AllowedOrigins"] == [{"Ref": "PublicOrigin"}]
            assert rule["AllowedMethods"] == ["POST"]


def test_table_can_be_restored_and_not_lost(cloudformation: Json) -> None:
    resource = cloudformation["Resources"]["Table"]
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    table = resource["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProd", True, False]}
    assert target(table["SSESpecification"]["KMSMasterKeyId"]) == "DataKey"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_table_has_the_indexes_that_the_code_reads(cloudformation: Json) -> None:
    def keys(schema: list[Json]) -> tuple[str, ...]:
        return tuple(part["AttributeName"] for part in schema)

    table = cloudformation["Resources"]["Table"]["Properties"]
    indexes = {i["IndexName"]: keys(i["KeySchema"]) for i in table["GlobalSecondaryIndexes"]}
    indexes[""] = keys(table["KeySchema"])
    assert indexes == dynamo._INDEX_KEYS


def test_api_is_limited_and_says_errors_in_one_shape(cloudformation: Json) -> None:
    (stage,) = of_type(cloudformation, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["DataTraceEnabled"] is False
    assert stage["TracingEnabled"] is True
    (deployment,) = of_type(cloudformation, "AWS::ApiGateway::Deployment").values()
    assert "StageName" not in deployment  # that would be a second stage without any of this
    (api,) = of_type(cloudformation, "AWS::ApiGateway::RestApi").values()
    answers = api["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(answers)
    for answer in answers.values():
        text = answer["responseTemplates"]["application/json"]
        shape = json.loads(text.replace("$context.error.messageString", '"why"'))
        ours = web.error_body("code", "message", "request")
        assert {key: type(value) for key, value in shape["error"].items()} == {
            key: type(value) for key, value in ours["error"].items()
        }
        assert shape.keys() == ours.keys()


def test_sdi_is_recognised_by_its_certificate(cloudformation: Json) -> None:
    domain = cloudformation["Resources"]["SdiDomain"]
    assert domain["Condition"] == "HasSdiDomain"
    assert domain["Properties"]["MutualTlsAuthentication"] == {
        "TruststoreUri": {"Ref": "SdiTruststoreUri"}
    }
    assert cloudformation["Resources"]["SdiDomainMapping"]["Condition"] == "HasSdiDomain"


def test_pagopa_is_recognised_by_its_certificate_and_by_nothing_else(cloudformation: Json) -> None:
    found = cloudformation["Resources"]
    ours = {name for name in found if name.startswith("Node") and "Gateway" in found[name]["Type"]}
    assert ours
    assert {found[name].get("Condition") for name in ours} == {"HasNodeDomain"}
    assert found["NodeDomain"]["Properties"]["MutualTlsAuthentication"] == {
        "TruststoreUri": {"Ref": "NodeTruststoreUri"}
    }
    # The address that AWS gives by itself asks for no certificate.
    assert found["NodeApi"]["Properties"]["DisableExecuteApiEndpoint"] is True
    (route,) = of_type(cloudformation, "AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "POST /"
    wait_ms = found["NodeIntegration"]["Properties"]["TimeoutInMillis"]
    assert wait_ms > 1_000 * found["Node"]["Properties"]["Timeout"]
