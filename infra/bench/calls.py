"""What one invoice asks of AWS from the drop to its final state, and what that costs.

The whole house works: the real handlers, SdI over its sockets, engines that answer. Batches are as
full as a backlog makes them; the figure of one invoice alone shows the other end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from chalicelib.base import dynamo
from chalicelib.invoicing import store
from infra.bench import prices, samples
from infra.bench.figures import Figure, Measured
from infra.bench.meter import API, TELLING, Count, Key, Meter, exact, memories, metered
from infra.bench.prices import Usage
from infra.local import subjects
from infra.local.house import House

# All but telling and what the mail service says back.
MAIN_QUEUES = ("IntakeQueue", "ReceiveQueue", "SendQueue", "SdiQueue")
CALLS_TARGET = 10
PA_CALLS_TARGET = 13
# What holding and capturing a credit may ask on top of the document's own.
CREDIT_CALLS_TARGET = 2
# A practice pays by its plan: the same document without any credit.
PRACTICE = "studio"
COST_TARGET_USD = 0.20
# SdI's messages follow each other by some seconds of the simulated clock.
STEP_S = 4
STEPS_MAX = 8
# Assumed: how long the real SdI takes to answer a sending; the simulator answers at once.
SDI_ANSWER_S = Decimal(1)
# Assumed: with a bucket key S3 asks KMS for about one object in a hundred.
S3_REQUESTS_PER_KMS = 100
_MAIL_SERVICES = frozenset({"ses", "sesv2", "sns"})


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    private, offices = (20, 5) if quick else (200, 120)
    with House(folder) as house:
        house.add_reseller(samples.TENANT)
        house.add_customer(samples.TENANT, samples.CUSTOMER, subjects.SELLER)
        since = "2020-01-01T00:00:00.000Z"
        house.add_reseller(PRACTICE, kind="practice", registered_at=since, paid_at=since)
        house.add_customer(PRACTICE, samples.CUSTOMER, subjects.SELLER)
        house.settle()  # S3's own test messages
        with metered(house) as meter:
            many = _life(house, meter, private, "B", "delivered")
            told = _telling(meter, house)
            say(f"{private} private invoices: delivered and told")
            public = _life(house, meter, offices, "P", "accepted")
            say(f"{offices} invoices to an office: accepted")
            alone = _life(house, meter, 1, "S", "delivered", zipped=False)
            # Told as well, so that nothing of it is counted with the next; and one before the one
            # that counts, so that what a process reads once for each tenant is known by then.
            for series in ("V", "U"):
                _telling(meter, house)
                unpaid = _life(house, meter, 1, series, "delivered", zipped=False, tenant=PRACTICE)
    return _measured(many, told, private, public, offices, alone, unpaid)


def _life(
    house: House,
    meter: Meter,
    count: int,
    series: str,
    final: str,
    *,
    zipped: bool = True,
    tenant: str = samples.TENANT,
) -> Count:
    """Drop them, and go on until all have reached their final state."""
    day = house.cloud.clock.now().date().isoformat()
    if zipped:
        office = series == "P"
        name, data = "bench.zip", samples.archive(count, day, series=series, office=office)
    else:
        name, data = samples.name(1, series), samples.invoice(1, day, series=series)
    before = _in_state(tenant, final)
    house.drop(f"{tenant}/{series}/{name}", data)
    for _ in range(STEPS_MAX):
        with meter.counting():
            house.settle(queues=MAIN_QUEUES)
            house.cloud.clock.advance(STEP_S)
            house.settle(queues=MAIN_QUEUES)
        if _in_state(tenant, final) - before == count:
            break
    _at_rest(house)
    if _in_state(tenant, final) - before != count:
        raise AssertionError(f"{_in_state(tenant, final) - before} of {count} are {final}")
    return meter.empty()


def _telling(meter: Meter, house: House) -> Count:
    with meter.counting():
        house.settle()
    _at_rest(house)
    return meter.empty()


def _at_rest(house: House) -> None:
    if house.cloud.pump.errors:
        raise AssertionError(f"a function failed: {house.cloud.pump.errors[0]}")


def _in_state(tenant: str, state: str) -> int:
    return sum(1 for _ in dynamo.query(store.state_partition(tenant, state), index="state"))


def _split(count: Count) -> tuple[Counter[Key], Counter[Key]]:
    """(the document's own calls, those of telling)."""
    own: Counter[Key] = Counter()
    telling: Counter[Key] = Counter()
    for key, number in count.with_polls().items():
        function, service, _ = key
        tells = function in TELLING or service in _MAIL_SERVICES
        (telling if tells else own)[key] += number
    return own, telling


def _measured(
    many: Count,
    told: Count,
    private: int,
    public: Count,
    offices: int,
    alone: Count,
    unpaid: Count,
) -> Measured:
    own, wakes = _split(many)
    _, telling = _split(told)
    telling += wakes
    public_own, _ = _split(public)
    alone_own, _ = _split(alone)
    unpaid_own, _ = _split(unpaid)
    cost = _usage(many, own).per_thousand(private)
    telling_cost = _usage(told, telling).per_thousand(private)

    def each(found: Counter[Key], count: int) -> float:
        return round(sum(found.values()) / count, 2)

    figures = [
        Figure(
            "aws_calls_per_invoice",
            each(own, private),
            "calls",
            CALLS_TARGET,
            note=f"{private} in one ZIP, drop to RC, with Lambda's polls; telling apart",
        ),
        Figure("aws_calls_per_invoice_alone", each(alone_own, 1), "calls", note="one XML dropped"),
        Figure(
            "aws_calls_credit_alone",
            each(alone_own, 1) - each(unpaid_own, 1),
            "calls",
            CREDIT_CALLS_TARGET,
            note="hold and capture: one XML that takes a credit, against one that takes none",
        ),
        Figure(
            "aws_calls_per_invoice_telling",
            each(telling, private),
            "calls",
            note=f"{_mails(telling) / private:.2f} mails for each, with SES's events",
        ),
        Figure(
            "aws_calls_per_pa_invoice",
            each(public_own, offices),
            "calls",
            PA_CALLS_TARGET,
            note=f"{offices} in one ZIP, drop to NE",
        ),
        Figure(
            "cost_per_1000_invoices_usd",
            float(round(prices.total(cost), 4)),
            "USD",
            COST_TARGET_USD,
            note=f"list prices of {prices.REGION}, {prices.LISTED}; telling apart",
        ),
        Figure(
            "cost_per_1000_invoices_telling_usd",
            float(round(prices.total(telling_cost), 4)),
            "USD",
            note="mails included",
        ),
    ]
    details = [
        _calls_table("AWS calls for each private invoice", own, private),
        _calls_table("AWS calls of telling for each private invoice", telling, private),
        _calls_table("AWS calls for each invoice to an office", public_own, offices),
        prices.table(cost, "1,000 private invoices, drop to RC"),
        prices.table(telling_cost, "telling 1,000 private invoices"),
        "DynamoDB's units are those that DynamoDB Local reports (ConsumedCapacity): transactions\n"
        "twice, indexes in them twice too, which is no less than AWS takes. Lambda's time is the\n"
        "CPU time measured here, slowed down to the share that its memory buys, and the waiting\n"
        f"measured here, with {SDI_ANSWER_S} s for each answer of SdI.",
    ]
    return Measured(figures, "\n\n".join(details))


def _mails(calls: Counter[Key]) -> int:
    return sum(number for (_, service, _), number in calls.items() if service in _MAIL_SERVICES)


def _usage(count: Count, calls: Counter[Key]) -> Usage:
    """What `calls` and the functions that made them are billed by."""
    # The wakes of the tell queue come along when other functions ran; their time is not theirs.
    ran = {name: one for name, one in count.functions.items() if _ran(name, calls)}
    memory = memories()

    def of(service: str, *operations: str) -> Decimal:
        found = (n for (_, s, o), n in calls.items() if s == service and o in (operations or (o,)))
        return Decimal(sum(found))

    def units(kind: str) -> Decimal:
        return exact(sum(n for (name, k), n in count.units.items() if k == kind and name in ran))

    gb_s = sum(
        (exact(one.billed_s(memory[name])) * memory[name] / 1024 for name, one in ran.items()),
        Decimal(0),
    )
    sent = ran["OnSend"].messages if "OnSend" in ran else 0
    gb_s += sent * SDI_ANSWER_S * memory["OnSend"] / 1024
    door = ran[API].invocations if API in ran else 0
    mail_events = ran["OnMailEvent"].messages if "OnMailEvent" in ran else 0
    s3 = of("s3")
    return Usage(
        s3_writes=of("s3", "PutObject"),
        s3_reads=of("s3", "GetObject"),
        write_units=units("write"),
        read_units=units("read"),
        # The door's objects are told to a queue by S3, a request of that queue like others.
        sqs_requests=of("sqs") + door,
        lambda_requests=Decimal(sum(one.invocations for one in ran.values())),
        lambda_gb_s=gb_s,
        api_requests=Decimal(door),
        kms_requests=s3 / S3_REQUESTS_PER_KMS + of("kms"),
        secret_reads=of("secretsmanager"),
        log_gb=Decimal(sum(count.log_bytes[name] for name in ran)) / 10**9,
        sns_requests=Decimal(mail_events),
        mails=of("ses"),
    )


def _ran(function: str, calls: Counter[Key]) -> bool:
    return any(name == function for name, _, _ in calls)


def _calls_table(title: str, calls: Counter[Key], count: int) -> str:
    by_operation: Counter[tuple[str, str]] = Counter()
    by_function: Counter[str] = Counter()
    for (function, service, operation), number in calls.items():
        by_operation[service, operation] += number
        by_function[function] += number
    lines = [title]
    lines += [
        f"  {service:16} {operation:22} {number / count:7.3f}"
        for (service, operation), number in sorted(by_operation.items())
    ]
    lines.append("  by function: " + ", ".join(
        f"{name} {number / count:.2f}" for name, number in sorted(by_function.items())
    ))  # fmt: skip
    return "\n".join([*lines, f"  {'together':39} {calls.total() / count:7.3f}"])
