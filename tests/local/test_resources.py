"""What the template says is what is created; what it may not say is an error."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice

from chalicelib.base import aws
from chalicelib.base import clock as system_clock
from infra.local.cloud import Cloud
from infra.local.engines import Engines
from infra.local.functions import handlers_of, imported, settings_of
from infra.local.resources import MAKERS, SKIPPED, TEMPLATE, create_stack
from infra.local.schedule import ScheduleError, is_due
from infra.local.template import Evaluator, TemplateError, load

TOY = Path(__file__).with_name("toy.yaml")
OpenCloud = Callable[..., Cloud]


def test_toy_stack(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(TOY)
    stack = cloud.stack
    assert "Never" not in stack.outputs
    assert "Role" not in stack.outputs
    assert stack.environment["LABEL"] == f"{cloud.name} in eu-south-1"
    assert stack.environment["QUEUE_URL"] == stack.outputs["Work"]
    assert "OPTION" not in stack.environment
    assert stack.dead_letters == {"Work": "Dead"}
    work = next(each for each in stack.mappings if each.function == "OnWork")
    assert (work.queue, work.batch_size, work.visibility_s) == ("Work", 10, 30)
    assert work.reports_failures
    assert [(each.function, each.expression) for each in stack.schedules] == [
        ("Sweep", "rate(1 minute)")
    ]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=stack.outputs["Password"])
    assert len(json.loads(secret["SecretString"])["password"]) == 20
    bucket = stack.outputs["Box"]
    versioning = cloud.client("s3").get_bucket_versioning(Bucket=bucket)
    assert versioning["Status"] == "Enabled"


def test_parameters_decide_conditions(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(TOY, parameters={"Wanted": "yes"})
    assert "Never" in cloud.stack.outputs
    assert cloud.stack.environment["OPTION"] == "chosen"


def test_the_template_that_ships(open_cloud: OpenCloud) -> None:
    cloud = open_cloud()
    stack = cloud.stack
    declared = load(TEMPLATE)["Resources"]
    assert {each["Type"] for each in declared.values() if "Type" in each} <= {*MAKERS, *SKIPPED}
    served = {mapping.queue for mapping in stack.mappings}
    dead = set(stack.dead_letters.values())
    queues = {name for name, kind in stack.kinds.items() if kind == "AWS::SQS::Queue"}
    assert served <= queues
    # Every queue that a function serves has a dead-letter queue, and nothing serves those.
    assert served == set(stack.dead_letters)
    assert not served & dead
    assert all(mapping.reports_failures for mapping in stack.mappings)
    assert stack.schedules
    table = cloud.client("dynamodb").describe_table(TableName=stack.environment["TABLE"])
    assert table["Table"]["TableStatus"] == "ACTIVE"


def test_two_stacks_side_by_side(open_cloud: OpenCloud) -> None:
    one, other = open_cloud(TOY), open_cloud(TOY)
    assert not set(one.stack.outputs.values()) & set(other.stack.outputs.values())


def test_environment_is_set_while_open(engines: Engines) -> None:
    before = dict(os.environ)
    with Cloud(engines=engines, template=TOY, variables={"EXTRA": "1"}) as cloud:
        assert os.environ["BUCKET"] == cloud.stack.outputs["Box"]
        assert os.environ["AWS_ENDPOINT_URL"] == engines.aws_url
        assert os.environ["EXTRA"] == "1"
        assert os.environ["SCHEMAS"].endswith(".local/layers/schemas")
        cloud.clock.advance(60)
        assert system_clock.now() == cloud.clock.now()
        assert aws.client("sqs").meta.endpoint_url == engines.aws_url
    assert dict(os.environ) == before
    assert system_clock.now() != cloud.clock.now()


@pytest.mark.parametrize(
    ("resources", "complaint"),
    [
        ({"A": {"Type": "AWS::Unheard::Of"}}, "AWS::Unheard::Of is not known"),
        ({"A": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": 1}}}, "Colour"),
        (
            {
                "A": {"Type": "AWS::SQS::Queue", "DependsOn": "B"},
                "B": {"Type": "AWS::SQS::Queue", "DependsOn": ["A"]},
            },
            "circle: A -> B -> A",
        ),
        (
            {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Nobody"}}}},
            "Nobody",
        ),
        (
            {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Cidr": []}}}},
            "Cidr",
        ),
        ({"F": {"Properties": {"Events": {"E": {"Type": "Api", "Properties": {}}}}}}, "event E"),
    ],
)
def test_refused(
    engines: Engines, tmp_path: Path, resources: dict[str, Any], complaint: str
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(json.dumps({"Resources": resources}))
    with pytest.raises(TemplateError, match=complaint):
        create_stack("sportello-refused", engines, template=path)


def test_unknown_parameter_is_refused(engines: Engines) -> None:
    with pytest.raises(TemplateError, match="Colour"):
        create_stack("sportello-refused", engines, template=TOY, parameters={"Colour": "red"})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Fn::Join": ["-", ["a", {"Ref": "P"}]]}, "a-p"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::Sub": ["${X}${P}${!raw}", {"X": "x"}]}, "xp${raw}"),
        ({"Fn::And": [{"Fn::Equals": ["a", {"Ref": "P"}]}, True]}, False),
        ({"Fn::Or": [{"Condition": "C"}, False]}, True),
        ({"Fn::Base64": "a"}, "YQ=="),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": {"Fn::GetAtt": ["R", "Arn"]}}, {"b": "R.Arn"}),
    ],
)
def test_functions_of_the_template(expression: Any, value: Any) -> None:
    template = {
        "Parameters": {"P": {"Default": "p"}},
        "Conditions": {"C": {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}},
        "Resources": {},
    }
    evaluator = Evaluator(template, {}, {}, lambda name: name, lambda name, of: f"{name}.{of}")
    assert evaluator.value(expression) == value


def test_settings_come_from_chalice(tmp_path: Path) -> None:
    app = Chalice("toy")

    @app.on_sqs_message(queue_arn="arn:aws:sqs:eu-south-1:000000000000:x", batch_size=7)
    def on_some_work(event: Any) -> None: ...

    @app.lambda_function()
    def sweep(event: Any, context: Any) -> None: ...

    config = tmp_path / "config.json"
    own = {"sweep": {"lambda_timeout": 9}}
    config.write_text(
        json.dumps({"lambda_timeout": 20, "stages": {"prod": {"lambda_functions": own}}})
    )
    settings = settings_of(app, config=config)
    assert (settings["OnSomeWork"].batch_size, settings["OnSomeWork"].timeout_s) == (7, 20)
    assert settings["Sweep"].timeout_s == 9


def test_handlers_are_imported_as_lambda_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_entry.py").write_text(
        "from chalice.app import Blueprint\n"
        "bp = Blueprint(__name__)\n"
        "@bp.on_sqs_message(queue_arn='arn:aws:sqs:eu-south-1:000000000000:x', name='on_toy')\n"
        "def on_toy(event):\n"
        "    return [event.to_dict(), event.context]\n"
        "@bp.lambda_function(name='tidy')\n"
        "def tidy(event, context):\n"
        "    return [event, context]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("toy_entry")
    # Without an app, as in Lambda ...
    assert imported("toy_entry.on_toy")({"Records": []}, "context") == [{"Records": []}, "context"]
    app = Chalice("toy")
    app.register_blueprint(module.bp)
    # ... and found through one.
    handlers = handlers_of(app)
    assert set(handlers) == {"OnToy", "Tidy"}
    assert handlers["Tidy"]({}, "context") == [{}, "context"]


NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("expression", "later_s", "due"),
    [
        ("rate(1 minute)", 59, False),
        ("rate(1 minute)", 60, True),
        ("rate(2 hours)", 7200, True),
        ("cron(30 12 * * ? *)", 29 * 60, False),
        ("cron(30 12 * * ? *)", 30 * 60, True),
        ("cron(0/15 * * * ? *)", 14 * 60, False),
        ("cron(0/15 * * * ? *)", 15 * 60, True),
        ("cron(0 9 ? * TUE-FRI *)", 21 * 3600, True),
        ("cron(0 9 ? * 2 *)", 21 * 3600, False),
    ],
)
def test_schedules(expression: str, later_s: int, due: bool) -> None:
    assert is_due(expression, NOON, NOON + timedelta(seconds=later_s)) is due


def test_a_schedule_keeps_its_own_time_zone() -> None:
    # 13:30 in Rome is 12:30 in UTC, before the clocks change.
    later = NOON + timedelta(minutes=31)
    assert is_due("cron(30 13 * * ? *)", NOON, later, "Europe/Rome")
    assert not is_due("cron(30 13 * * ? *)", NOON, later)


@pytest.mark.parametrize("expression", ["at(2026-01-01)", "cron(0 9)", "cron(x 9 * * ? *)"])
def test_schedules_not_understood(expression: str) -> None:
    with pytest.raises(ScheduleError):
        is_due(expression, NOON, NOON + timedelta(days=1))
