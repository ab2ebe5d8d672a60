"""The pump does between queues and functions what AWS does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote_plus

import pytest

from infra.local.cloud import Cloud
from infra.local.lambdas import BadAnswer, failed_ids
from infra.local.pump import PumpError

TOY = Path(__file__).with_name("toy.yaml")
OpenCloud = Callable[..., Cloud]
Records = list[dict[str, Any]]


class Toy:
    """A handler that remembers what it was given and answers as it is told."""

    def __init__(self, answer: Callable[[Records], Any] = lambda records: None) -> None:
        self.batches: list[Records] = []
        self.contexts: list[Any] = []
        self.answer = answer

    def __call__(self, event: Any, context: Any) -> Any:
        # S3's test message, which comes when the bucket is made, is nobody's work.
        records = [each for each in event["Records"] if "s3:TestEvent" not in each["body"]]
        if not records:
            return None
        self.batches.append(records)
        self.contexts.append(context)
        return self.answer(records)

    @property
    def bodies(self) -> list[str]:
        return [record["body"] for batch in self.batches for record in batch]


def failing(*bodies: str) -> Callable[[Records], Any]:
    def answer(records: Records) -> Any:
        failed = [each["messageId"] for each in records if each["body"] in bodies]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    return answer


def send(cloud: Cloud, *bodies: str, queue: str = "Work", **more: Any) -> None:
    sqs = cloud.client("sqs")
    for body in bodies:
        sqs.send_message(QueueUrl=cloud.stack.outputs[queue], MessageBody=body, **more)


def test_event_and_context_are_as_lambda_gives_them(open_cloud: OpenCloud) -> None:
    toy = Toy()
    cloud = open_cloud(TOY, handlers={"on_work": toy})
    send(cloud, "hello", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
    assert cloud.pump.drain().done["OnWork"] == 2  # the test message of S3 too
    ((record,),) = toy.batches
    assert record["body"] == "hello"
    assert record["md5OfBody"] == "5d41402abc4b2a76b9719d911017c592"
    assert record["eventSource"] == "aws:sqs"
    assert record["awsRegion"] == "eu-south-1"
    assert record["eventSourceARN"].endswith(f":{cloud.name}-Work")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SentTimestamp"] == str(int(cloud.clock.timestamp_s() * 1000))
    assert record["messageAttributes"]["k"]["stringValue"] == "v"
    assert record["messageId"]
    assert record["receiptHandle"]
    (context,) = toy.contexts
    assert context.function_name == "OnWork"
    assert context.aws_request_id
    assert 0 < context.get_remaining_time_in_millis() <= 60_000


def test_only_what_failed_comes_again_and_only_after_its_time(open_cloud: OpenCloud) -> None:
    toy = Toy(failing("b"))
    cloud = open_cloud(TOY, handlers={"OnWork": toy})
    send(cloud, "a", "b", "c")
    cloud.pump.drain()
    assert sorted(toy.bodies) == ["a", "b", "c"]
    cloud.clock.advance(29)
    cloud.pump.drain()
    assert len(toy.bodies) == 3
    toy.answer = failing()
    cloud.clock.advance(1)
    assert cloud.pump.drain().done == {"OnWork": 1}
    assert toy.bodies[3:] == ["b"]
    assert toy.batches[-1][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert cloud.pump.waiting()["Work"] == 0
    assert [error.function for error in cloud.pump.errors] == ["OnWork"]


def test_after_five_receives_a_message_is_a_dead_letter(open_cloud: OpenCloud) -> None:
    toy = Toy(failing("poison"))
    cloud = open_cloud(TOY, handlers={"OnWork": toy})
    send(cloud, "poison")
    for _ in range(8):
        cloud.pump.drain()
        cloud.clock.advance(31)
    assert toy.bodies == ["poison"] * 5
    assert cloud.pump.waiting()["Work"] == 0
    assert cloud.pump.waiting()["Dead"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        lambda records: 1 / 0,
        lambda records: {"batchItemFailures": [{"itemIdentifier": ""}]},
        lambda records: {"batchItemFailures": [{"itemIdentifier": "of another batch"}]},
        lambda records: {"batchItemFailures": [{"wrong": records[0]["messageId"]}]},
        lambda records: {"not", "json"},
    ],
)
def test_an_error_or_a_malformed_answer_fails_the_whole_batch(
    open_cloud: OpenCloud, answer: Callable[[Records], Any]
) -> None:
    toy = Toy(answer)
    cloud = open_cloud(TOY, handlers={"on_work": toy})
    cloud.pump.drain()
    send(cloud, "a", "b")
    result = cloud.pump.drain()
    assert (result.done["OnWork"], result.failed["OnWork"]) == (0, 2)
    assert len(cloud.pump.errors) == 1
    toy.answer = failing()
    cloud.clock.advance(30)
    assert cloud.pump.drain().done["OnWork"] == 2


def test_without_reporting_the_answer_means_nothing(open_cloud: OpenCloud) -> None:
    toy = Toy(failing("a"))
    cloud = open_cloud(TOY, handlers={"on_plain": toy, "on_work": Toy()})
    send(cloud, "a", queue="Plain")
    assert cloud.pump.drain(queues=["Plain"]).done["OnPlain"] == 1
    assert cloud.pump.waiting()["Plain"] == 0


def test_duplicates(open_cloud: OpenCloud) -> None:
    toy = Toy()
    cloud = open_cloud(TOY, handlers={"on_work": toy})
    send(cloud, "a", "b")
    cloud.pump.drain(duplicate=True)
    assert sorted(toy.bodies) == ["a", "a", "b", "b"]
    assert cloud.pump.waiting()["Work"] == 0
    assert cloud.pump.errors == []


def test_order_is_shuffled_by_the_seed(open_cloud: OpenCloud) -> None:
    toy = Toy()
    cloud = open_cloud(TOY, handlers={"on_work": toy})
    sent = [str(number) for number in range(12)]

    def seen(seed: int) -> list[str]:
        send(cloud, *sent)
        toy.batches.clear()
        cloud.pump.drain(order=Random(seed))
        return toy.bodies

    cloud.pump.drain()
    once, again, other = seen(1), seen(1), seen(2)
    assert once == again
    assert other != once
    assert sorted(once) == sorted(sent)


def test_delayed_messages_wait_for_the_clock(open_cloud: OpenCloud) -> None:
    toy = Toy()
    cloud = open_cloud(TOY, handlers={"on_work": toy})
    send(cloud, "later", DelaySeconds=60)
    cloud.pump.drain()
    assert toy.bodies == []
    cloud.clock.advance(60)
    cloud.pump.drain()
    assert toy.bodies == ["later"]


def test_work_without_end_is_reported(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(TOY, handlers={"on_work": Toy(lambda records: send(cloud, "more"))})
    send(cloud, "first")
    with pytest.raises(PumpError, match="after 5 rounds"):
        cloud.pump.drain(max_rounds=5)


def test_a_queue_without_a_handler_is_an_error_that_is_seen(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(TOY, handlers={})
    cloud.pump.drain()
    assert "no handler for OnWork" in cloud.pump.errors[0].text


def test_s3_events_come_as_aws_writes_them(open_cloud: OpenCloud) -> None:
    events: list[Any] = []

    def on_work(event: Any, context: Any) -> None:
        events.extend(json.loads(record["body"]) for record in event["Records"])

    cloud = open_cloud(TOY, handlers={"on_work": on_work})
    cloud.pump.drain()
    (test_event,) = events
    assert test_event["Event"] == "s3:TestEvent"
    assert "Records" not in test_event
    events.clear()
    bucket, s3 = cloud.environment["BUCKET"], cloud.client("s3")
    key = "in/studio rossi/fattura è+1.xml"
    first = s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    second = s3.put_object(Bucket=bucket, Key=key, Body=b"22")
    s3.put_object(Bucket=bucket, Key="out/other.xml", Body=b"3")
    cloud.pump.drain()
    one, two = (event["Records"][0]["s3"] for event in events)
    assert one["object"]["key"] == "in/studio+rossi/fattura+%C3%A8%2B1.xml"
    assert unquote_plus(one["object"]["key"]) == key
    assert one["bucket"]["name"] == bucket
    assert one["object"]["versionId"] == first["VersionId"]
    assert two["object"]["versionId"] == second["VersionId"]
    assert events[0]["Records"][0]["eventTime"] == "2026-03-02T09:00:00.000Z"
    assert (one["object"]["size"], two["object"]["size"]) == (1, 2)
    assert two["object"]["sequencer"] > one["object"]["sequencer"]


def test_schedules_run_by_the_clock_and_once_for_what_was_missed(open_cloud: OpenCloud) -> None:
    events: list[Any] = []
    cloud = open_cloud(TOY, handlers={"sweep": lambda event, context: events.append(event)})
    assert cloud.pump.run_due_schedules() == 0
    cloud.clock.advance(60)
    assert cloud.pump.run_due_schedules() == 1
    assert cloud.pump.run_due_schedules() == 0
    cloud.clock.advance(3600)
    assert cloud.pump.run_due_schedules() == 1
    assert [event["time"] for event in events] == ["2026-03-02T09:01:00Z", "2026-03-02T10:01:00Z"]
    assert events[0]["detail-type"] == "Scheduled Event"


def test_a_schedule_that_fails_is_an_error_and_runs_again(open_cloud: OpenCloud) -> None:
    cloud = open_cloud(TOY, handlers={"sweep": lambda event, context: 1 / 0})
    for _ in range(2):
        cloud.clock.advance(60)
        cloud.pump.run_due_schedules()
    assert [error.text for error in cloud.pump.errors] == [
        "ZeroDivisionError: division by zero"
    ] * 2


def test_in_real_time_workers_poll(open_cloud: OpenCloud) -> None:
    everything = threading.Event()
    toy = Toy()

    def on_work(event: Any, context: Any) -> None:
        toy(event, context)
        if len(toy.bodies) == 5:
            everything.set()

    swept = threading.Event()
    handlers = {"on_work": on_work, "sweep": lambda event, context: swept.set()}
    cloud = open_cloud(TOY, handlers=handlers, real_time=True)
    stop = threading.Event()
    running = threading.Thread(target=cloud.pump.run_forever, args=(stop,))
    running.start()
    try:
        send(cloud, *"abcde")
        assert everything.wait(10)
        cloud.clock.advance(60)
        assert swept.wait(10)
    finally:
        stop.set()
        running.join(10)
    assert not running.is_alive()
    # The last one was perhaps not deleted yet when the clock passed its time: then it came twice.
    assert set(toy.bodies) == set("abcde")
    assert cloud.pump.errors == []


def test_mail_is_seen_and_its_events_come_through_the_topic(open_cloud: OpenCloud) -> None:
    bodies: list[Any] = []

    def on_mail(event: Any, context: Any) -> None:
        bodies.extend(json.loads(record["body"]) for record in event["Records"])

    cloud = open_cloud(TOY, handlers={"on_mail": on_mail, "on_work": Toy()})
    cloud.mailbox.verify("example.org")
    message = EmailMessage()
    message["From"] = "Sportello <sportello@example.org>"
    message["To"] = "rossi@example.com"
    message["Subject"] = "Perché no"
    message["X-SES-MESSAGE-TAGS"] = "tenant=t1, kind=notice"
    message.set_content("Buongiorno")
    sent = cloud.client("sesv2").send_email(
        FromEmailAddress="sportello@example.org",
        Destination={"ToAddresses": ["rossi@example.com"]},
        Content={"Raw": {"Data": message.as_bytes()}},
        ConfigurationSetName=cloud.stack.outputs["Set"],
        EmailTags=[{"Name": "run", "Value": "7"}],
    )
    (mail,) = cloud.mailbox.mails()
    assert mail.id == sent["MessageId"]
    assert mail.message["Subject"] == "Perché no"
    assert mail.message.get_content().strip() == "Buongiorno"
    assert mail.tags == {"tenant": "t1", "kind": "notice", "run": "7"}
    assert cloud.mailbox.emit_events() == 2
    assert cloud.mailbox.emit_events() == 0
    cloud.pump.drain()
    events = [json.loads(body["Message"]) for body in bodies]
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]
    assert bodies[0]["Type"] == "Notification"
    assert events[0]["mail"]["messageId"] == sent["MessageId"]
    assert events[0]["mail"]["tags"]["tenant"] == ["t1"]
    assert {"name": "Subject", "value": "Perché no"} in events[0]["mail"]["headers"]
    assert events[1]["delivery"]["recipients"] == ["rossi@example.com"]


def test_the_system_that_ships_hears_of_its_mails(open_cloud: OpenCloud) -> None:
    toy = Toy()
    cloud = open_cloud(handlers={"on_mail_event": toy})
    message = EmailMessage()
    message["From"] = cloud.environment["MAIL_FROM"]
    message["To"] = "rossi@example.com"
    message["X-SES-CONFIGURATION-SET"] = cloud.environment["MAIL_CONFIGURATION_SET"]
    message.set_content("Buongiorno")
    cloud.client("ses").send_raw_email(RawMessage={"Data": message.as_bytes()})
    # Of a mail's events only those that decide something are asked for: not the delivery.
    assert cloud.mailbox.emit_events() == 1
    cloud.pump.drain(queues=["MailEventQueue"])
    # Raw delivery, as the template says: SES's event itself, without the envelope of SNS.
    assert [json.loads(body)["eventType"] for body in toy.bodies] == ["Send"]


def test_a_mail_may_bounce_and_without_a_configuration_set_nobody_is_told(
    open_cloud: OpenCloud,
) -> None:
    cloud = open_cloud(TOY, handlers={"on_work": Toy(), "on_mail": Toy()})
    cloud.mailbox.verify("example.org")
    ses = cloud.client("ses")
    mail = {
        "Source": "sportello@example.org",
        "Destination": {"ToAddresses": ["nobody@example.com"]},
        "Message": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "y"}}},
    }
    ses.send_email(**mail)
    assert cloud.mailbox.emit_events() == 0
    ses.send_email(**mail, ConfigurationSetName=cloud.stack.outputs["Set"])
    assert cloud.mailbox.emit_events(bounced=lambda mail: True) == 2
    event = cloud.mailbox.event(cloud.mailbox.mails()[-1], "bounce")
    assert event["bounce"]["bouncedRecipients"][0]["emailAddress"] == "nobody@example.com"


@pytest.mark.parametrize("answer", [None, {}, {"batchItemFailures": []}, {"other": 1}])
def test_answers_that_are_a_success(answer: Any) -> None:
    assert failed_ids(answer, {"a"}) == set()


@pytest.mark.parametrize("answer", ["text", 5, [], {"batchItemFailures": "a"}])
def test_answers_that_are_malformed(answer: Any) -> None:
    with pytest.raises(BadAnswer):
        failed_ids(answer, {"a"})
