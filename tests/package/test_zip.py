"""The package itself runs: its zip and layers, started by AWS's own Lambda runtime client."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from infra import package as packager
from layers import build as layers
from tests.package.expand import Json, of_type
from tests.package.runtime_api import Answer, invoke, link_runtime

EVENTS = packager.ROOT / "tests" / "events"
REGION = "eu-south-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
OPEN_PATHS = ("/v1/openapi.json", "/health")  # what anybody may read, whichever is declared
PARAMETERS = {
    "Stage": "test",
    "MailFrom": "sportello@example.it",
    "SdiUrl": "http://127.0.0.1:9",
    "Transmitter": "IT01234567890",
    "PublicUrl": "https://sportello.example.it",
}
FUNCTIONS = {
    "APIHandler": "api_get",
    "OnIntake": "s3_test_in_sqs",
    "OnReceive": "sqs_empty",
    "OnSend": "sqs_empty",
    "OnSdi": "sqs_empty",
    "OnTell": "sqs_empty",
    "OnMailEvent": "sqs_empty",
    "OnAudit": "sqs_empty",
    "OnCredits": "sqs_empty",
    "OnDues": "sqs_empty",
    "OnCollect": "sqs_empty",
    "OnDeliver": "sqs_empty",
    "OnReconcile": "sqs_empty",
    "Nightly": "schedule",
    "Hourly": "schedule",
    # Without a client's certificate there is nobody at that address.
    "Node": "http_without_certificate",
    "Sweep": "schedule",
}


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Unpacked:
    """The package on disk, laid out as Lambda does: the task's folder and /opt."""

    task: Path
    opt: Path
    runtime: Path

    @property
    def path(self) -> list[Path]:
        libraries = self.opt / "python" / "lib" / "python3.11" / "site-packages"
        return [self.runtime, self.task, libraries]


@pytest.fixture(scope="session")
def unpacked(package_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    folder = tmp_path_factory.mktemp("lambda")
    for archive, place in {
        packager.CODE: "task",
        packager.LAYER: "opt",
        packager.SCHEMAS_LAYER: "opt",
    }.items():
        with zipfile.ZipFile(package_folder / archive) as source:
            source.extractall(folder / place)
    link_runtime(folder / "runtime")
    return Unpacked(folder / "task", folder / "opt", folder / "runtime")


@pytest.fixture(scope="session")
def references(cloudformation: Json) -> Iterator[dict[str, str]]:
    """An AWS with the template's table, buckets and queues; what a Ref to each of them gives."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        session = boto3.Session("test", "test", region_name=REGION)
        yield {"endpoint": endpoint, **PARAMETERS, **_create(session, endpoint, cloudformation)}
    finally:
        server.stop()


def _create(session: boto3.Session, endpoint: str, template: Json) -> dict[str, str]:
    names = {"Table": "sportello"}
    table = template["Resources"]["Table"]["Properties"]
    session.client("dynamodb", endpoint_url=endpoint).create_table(
        TableName=names["Table"],
        **{
            key: table[key]
            for key in (
                "AttributeDefinitions",
                "BillingMode",
                "GlobalSecondaryIndexes",
                "KeySchema",
            )
        },
    )
    sqs = session.client("sqs", endpoint_url=endpoint)
    for name in of_type(template, "AWS::SQS::Queue"):
        names[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
    s3 = session.client("s3", endpoint_url=endpoint)
    for name in of_type(template, "AWS::S3::Bucket"):
        names[name] = name.lower()
        s3.create_bucket(
            Bucket=names[name], CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    return names


def environment(function: Json, references: dict[str, str], opt: Path) -> dict[str, str]:
    """The function's own variables out of the template, with references filled in."""
    found = {
        "AWS_ENDPOINT_URL": references["endpoint"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
    }
    for name, value in function["Environment"]["Variables"].items():
        if isinstance(value, str):
            found[name] = value.replace("/opt/", f"{opt}/")
        elif "Ref" in value:
            found[name] = references.get(value["Ref"], value["Ref"])
        else:
            found[name] = f"arn:aws:kms:{REGION}:000000000001:key/{value['Fn::GetAtt'][0]}"
    return found


def call(name: str, given: Any, template: Json, unpacked: Unpacked, refs: dict[str, str]) -> Answer:
    function = of_type(template, "AWS::Lambda::Function")[name]
    answer, output = invoke(
        function["Handler"],
        given,
        unpacked.path,
        unpacked.task,
        environment(function, refs, unpacked.opt),
    )
    assert answer.kind == "response", f"{name}: {answer.kind} {answer.body}\n{output}"
    return answer


def test_every_function_is_started_here(cloudformation: Json) -> None:
    assert set(of_type(cloudformation, "AWS::Lambda::Function")) == set(FUNCTIONS)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n.startswith("On")])
def test_queue_function_answers(
    name: str, cloudformation: Json, unpacked: Unpacked, references: dict[str, str]
) -> None:
    answer = call(name, event(FUNCTIONS[name]), cloudformation, unpacked, references)
    # An empty list says that every message is done; null would say so by accident only.
    assert answer.body == {"batchItemFailures": []}


def test_sweep_answers(
    cloudformation: Json, unpacked: Unpacked, references: dict[str, str]
) -> None:
    call("Sweep", event("schedule"), cloudformation, unpacked, references)


def test_api_answers(cloudformation: Json, unpacked: Unpacked, references: dict[str, str]) -> None:
    (api,) = of_type(cloudformation, "AWS::ApiGateway::RestApi").values()
    path = next(path for path in OPEN_PATHS if path in api["Body"]["paths"])
    given = event("api_get")
    given |= {"resource": path, "path": path}
    given["requestContext"]["resourcePath"] = path
    answer = call("APIHandler", given, cloudformation, unpacked, references)
    assert answer.body["statusCode"] == 200, answer.body
    assert json.loads(answer.body["body"])


def test_a_missing_module_is_noticed(
    cloudformation: Json, unpacked: Unpacked, references: dict[str, str]
) -> None:
    # Nothing of the test run may be importable, or the tests above would prove nothing.
    function = of_type(cloudformation, "AWS::Lambda::Function")["Sweep"]
    answer, _ = invoke(
        "pytest.main",
        {},
        unpacked.path,
        unpacked.task,
        environment(function, references, unpacked.opt),
    )
    assert answer.kind == "/init/error"
    assert answer.body["errorType"] == "Runtime.ImportModuleError"


def test_layers_fit_lambda(unpacked: Unpacked) -> None:
    # AWS Lambda quotas: 250 MB unpacked, code and layers together.
    used = sum(
        file.stat().st_size
        for folder in (unpacked.task, unpacked.opt)
        for file in folder.rglob("*")
        if file.is_file()
    )
    assert used < 200 * 1000 * 1000
    assert {file.name for file in (unpacked.opt / "schemas").iterdir()} == set(layers.SCHEMAS)
    assert {file.name for file in (unpacked.opt / "fonts").iterdir()} == set(layers.FONTS)
