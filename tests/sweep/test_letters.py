"""Letters from their decision to SES: sealed, once, given up in the end; and the one gate (D18)."""

from __future__ import annotations

import dataclasses
import json

import pytest

from chalicelib.accounts import letters, suppression
from chalicelib.accounts import service as accounts
from chalicelib.accounts.letters import KINDS, LANGUAGES, OWN_ACCOUNT
from chalicelib.accounts.model import Customer
from chalicelib.accounts.profile import Profile
from chalicelib.base import clock, dynamo, fields, limits, work
from chalicelib.base.dynamo import Key, Update
from infra.local.subjects import SELLER, SUPPLIER
from tests.faults import CRASHES, Crash, Fault, Kind
from tests.messages.test_letters import LINK, VALUES
from tests.sweep import journey
from tests.world import World, new_process

ADDRESS = "anna.bianchi@studio.example"
CUSTOMER = "cliente@officina.example"


def plan(kind: str, to: str = ADDRESS, tenant: str = "", name: str = "n", **changed: str) -> Key:
    """A letter, as a decision plans it."""
    needed, possible = KINDS[kind]
    values = {one: VALUES[one] for one in needed | possible} | changed
    tenant = tenant or ("_users" if kind in OWN_ACCOUNT else "alfa")
    op = letters.row(tenant, kind, to, values, clock.now(), name, "it")
    with work.waking() as wakes:
        wakes.commit([op])
    return op.key


def letters_left(world: World) -> list[Key]:
    return [(one["pk"], one["sk"]) for one in world.work() if "letter" in one]


# ------------------------------------------------------------------ planned
@pytest.mark.feature("F000-048")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_neither_address_nor_link_is_in_the_table(world: World, kind: str) -> None:
    plan(kind)
    (row,) = [one for one in world.items() if "letter" in one]
    dump = json.dumps(row, default=bytes.hex)
    for secret in (ADDRESS, "anna.bianchi", LINK, LINK[-20:], VALUES["inviter"], "verifica"):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    read = letters.read("_users" if kind in OWN_ACCOUNT else "alfa", row)
    assert (read.kind, read.to, read.language) == (kind, ADDRESS, "it")


def test_what_is_sealed_for_one_letter_opens_in_no_other(world: World) -> None:
    """Whoever can write the table cannot have somebody's link sent to himself."""
    mine = plan("reset_password", "thief@evil.example", name="mine")
    theirs = plan("reset_password", name="theirs")
    stolen = dynamo.get(theirs)
    assert stolen is not None
    dynamo.commit([Update(mine, put={"sealed": stolen["sealed"]})])
    world.rest()
    assert [mail.to for mail in world.mails()] == [ADDRESS]
    assert letters_left(world) == []


@pytest.mark.parametrize(
    ("tenant", "kind", "values"),
    [
        ("alfa", "no_such", {}),
        ("alfa", "linked", {"inviter": "A", "practice": "B"}),
        ("alfa", "password_changed", {"at": VALUES["at"], "link": LINK}),
        ("alfa", "password_changed", {"at": "yesterday"}),
        ("alfa", "linked", {"inviter": "A" * 4001, "practice": "B", "role": "c"}),
        ("_users", "linked", {"inviter": "A", "practice": "B", "role": "c"}),
        ("_house", "order_confirmed", {"order": "1", "total": "1", "pec": "a@b.it"}),
    ],
)
def test_a_letter_that_could_not_be_written_is_not_planned(
    world: World, tenant: str, kind: str, values: dict[str, str]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has another reason
        letters.row(tenant, kind, ADDRESS, values, clock.now(), "n", "it")


# ------------------------------------------------------------------ sent
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_letter_goes_out_once_and_its_row_is_gone(world: World, kind: str) -> None:
    plan(kind)
    world.twice = True
    world.rest()
    (mail,) = world.mails()
    assert mail.to == ADDRESS
    assert mail.tags["kind"] == kind
    assert letters_left(world) == []
    world.pass_time(86_400)
    world.rest()
    assert len(world.mails()) == 1


@pytest.mark.parametrize("language", [*LANGUAGES, "de"])
def test_it_is_in_the_readers_language(world: World, language: str) -> None:
    values = {"at": VALUES["at"]}
    op = letters.row("_users", "password_changed", ADDRESS, values, clock.now(), "n", language)
    dynamo.commit([op])
    world.rest()
    (mail,) = world.mails()
    subjects = {"en": "Your password was changed", "fr": "Votre mot de passe a changé",
                "es": "Su contraseña ha cambiado"}  # fmt: skip
    assert mail.subject == subjects.get(language, "La sua password è cambiata")


def test_a_letter_without_a_message_waits_for_the_sweeper_a_minute(world: World) -> None:
    """A decision that wakes nobody: the link is there within two minutes all the same."""
    start = clock.now()
    values = {"link": LINK, "expires": VALUES["expires"]}
    dynamo.commit([letters.row("_users", "register", ADDRESS, values, start, "n", "it")])
    world.rest()
    assert len(world.mails()) == 1
    assert (clock.now() - start).total_seconds() == limits.LETTER_GRACE_S


@pytest.mark.parametrize("kind", CRASHES)
def test_a_worker_may_die_at_every_call(world: World, kind: Kind) -> None:
    """One mail, or the same one twice where SES's event was lost with the process."""
    plan("set_password")
    before = world.checkpoint()
    new_process()
    assert world.step() == "OnTell"
    calls = list(world.faults.calls)
    assert "ses.SendRawEmail" in calls
    for number in range(len(calls)):
        world.restore(before)
        world.faults.fault = Fault(kind, number)
        try:
            world.step()
        except Crash:
            new_process()
        assert world.faults.struck == calls[number]
        world.rest()
        assert len(world.mails()) == 1, calls[number]
        assert letters_left(world) == []


def test_without_ses_own_event_it_is_sent_again_the_same(world: World) -> None:
    plan("set_password")
    before = world.checkpoint()
    new_process()
    world.step()
    number = world.faults.calls.index("ses.SendRawEmail")
    world.restore(before)
    world.lossy_mail = True
    world.faults.fault = Fault("after", number)
    with pytest.raises(Crash):
        world.step()
    new_process()
    world.rest()
    first, second = world.mails()
    assert first == second


# ------------------------------------------------------------------ given up
def test_a_letter_is_given_up_with_a_metric(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    plan("set_password")
    sender = world.environment["MAIL_FROM"]
    world.client("ses").delete_identity(Identity=sender)
    try:
        world.rest()
    finally:
        world.client("ses").verify_email_identity(EmailAddress=sender)
    assert world.mails() == []
    assert letters_left(world) == []
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (given_up,) = [one for one in said if one.get("event") == "letter_given_up"]
    assert given_up == {"event": "letter_given_up", "tenant": "alfa", "kind": "set_password",
                        "code": "mail_refused"}  # fmt: skip
    assert [one["LetterGivenUp"] for one in said if "LetterGivenUp" in one] == [1]
    tries = [one for one in said if one.get("event") == "work_retry"]
    assert len(tries) == limits.LETTER_ATTEMPTS - 1
    assert ADDRESS not in str(said)
    assert LINK not in str(said)


def test_a_letter_of_a_tenant_that_was_deleted_is_given_up(world: World) -> None:
    plan("set_password")
    fields.delete_key("alfa")
    world.rest()
    assert world.mails() == []
    assert letters_left(world) == []
    assert world.waiting() == {}


def test_a_row_that_somebody_changed_is_given_up(world: World) -> None:
    key = plan("set_password")
    dynamo.commit([Update(key, put={"kind": "linked"})])
    world.rest()
    assert world.mails() == []
    assert letters_left(world) == []


# ------------------------------------------------------------------ the gate
gate = pytest.mark.feature("F004-029")


def customer(world: World, notify: bool, mail: str = CUSTOMER) -> None:
    """C1 of both resellers, with an address."""
    for tenant in ("alfa", "beta"):
        old = accounts.find_customer(tenant, "C1")
        fiscal = (f"IT{SELLER.vat}",)
        new = old or Customer("C1", SELLER.label, fiscal)
        changed = dataclasses.replace(new, mail=mail, notify=notify)
        accounts.save_customer(tenant, changed, world.clock.at, new=old is None)


@gate
@pytest.mark.feature("F004-030")
@pytest.mark.parametrize("notify", [False, True])
def test_the_whole_journey_writes_to_no_customer_who_did_not_ask(
    world: World, notify: bool
) -> None:
    """Every event of every document, digests and letters of every kind."""
    journey.begin(world)
    customer(world, notify)
    for act in journey.ACTS.values():
        act.begin(world)
        world.rest()
    told = {mail.tags.get("document") for mail in world.mails()}
    assert len(told) > 8
    copies = [mail for mail in world.mails() if mail.to == CUSTOMER]
    assert bool(copies) is notify
    for tenant in ("alfa", "beta"):
        for kind in KINDS:
            plan(kind, CUSTOMER, tenant, name=f"{tenant}-{kind}")
    world.rest()
    letters_sent = [mail for mail in world.mails() if "letter" in mail.tags]
    assert [mail.to for mail in letters_sent] == [CUSTOMER] * 2 * len(KINDS) * notify
    assert letters_left(world) == []


@gate
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "to", [CUSTOMER, CUSTOMER.upper(), "Cliente@Officina.example"], ids=["same", "upper", "mixed"]
)
def test_no_letter_reaches_a_customer_who_did_not_ask(world: World, kind: str, to: str) -> None:
    world.add_reseller("alfa")
    customer(world, notify=False)
    plan(kind, to, "alfa")
    world.rest()
    assert world.mails() == []
    assert letters_left(world) == []


@gate
def test_it_is_the_customer_as_he_is_when_the_mail_goes_out(world: World) -> None:
    """Also where it was decided already that he gets one, and SES was away."""
    journey.begin(world)
    customer(world, notify=True)
    world.held = journey.TELL | journey.SEND
    world.drop("alfa/one.xml", journey.invoice("1"))
    plan("grant_revoked", CUSTOMER, "alfa")
    world.rest()
    world.held = journey.SEND
    sender = world.environment["MAIL_FROM"]
    world.client("ses").delete_identity(Identity=sender)
    try:
        assert world.step() == "OnTell"
    finally:
        world.client("ses").verify_email_identity(EmailAddress=sender)
    planned = [one["legs"] for one in world.work() if "legs" in one]
    assert any("customer" in legs for legs in planned)
    customer(world, notify=False)
    world.rest()
    assert world.mails() != []
    assert CUSTOMER not in [mail.to for mail in world.mails()]


@gate
@pytest.mark.feature("F004-030")
def test_an_address_that_he_has_no_more_is_nobodys(world: World) -> None:
    world.add_reseller("alfa")
    customer(world, notify=False)
    customer(world, notify=False, mail="other@officina.example")
    plan("set_password", CUSTOMER, "alfa", name="1")
    plan("set_password", "other@officina.example", "alfa", name="2")
    world.rest()
    assert [mail.to for mail in world.mails()] == [CUSTOMER]


@gate
@pytest.mark.feature("F004-030")
def test_of_two_customers_with_one_address_one_who_asked_is_enough(world: World) -> None:
    world.add_reseller("alfa")
    customer(world, notify=False)
    second = Customer("C2", SUPPLIER.label, (f"IT{SUPPLIER.vat}",), CUSTOMER, notify=False)
    accounts.save_customer("alfa", second, world.clock.at, new=True)
    assert not suppression.may_write("alfa", CUSTOMER)
    asked = dataclasses.replace(second, notify=True)
    accounts.save_customer("alfa", asked, world.clock.at, new=False)
    assert suppression.may_write("alfa", CUSTOMER)
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    assert CUSTOMER not in [mail.to for mail in world.mails()], "what is about C1 is not C2's"


@gate
def test_another_tenants_customer_is_none_of_ours(world: World) -> None:
    """Or whoever lists an address as his customer's would cut somebody off from his own account."""
    world.add_reseller("alfa")
    world.add_reseller("beta", random="cd" * 38)
    only = Customer("C1", SELLER.label, (f"IT{SELLER.vat}",), CUSTOMER)
    accounts.save_customer("beta", only, world.clock.at, new=True)
    plan("set_password", CUSTOMER, "alfa")
    plan("reset_password", CUSTOMER, "_users")
    world.rest()
    assert [mail.to for mail in world.mails()] == [CUSTOMER] * 2


@gate
def test_the_resellers_own_address_is_his_even_where_a_customer_has_it(world: World) -> None:
    """A reseller who is his own customer still hears of his documents."""
    world.add_reseller("alfa")
    customer(world, notify=False, mail="HUB@alfa.example")
    plan("order_confirmed", "hub@alfa.example", "alfa")
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    assert {mail.to for mail in world.mails()} == {"hub@alfa.example"}
    assert len(world.mails()) > 1


@gate
def test_the_addresses_of_a_profile_are_his_as_well(world: World) -> None:
    world.add_reseller("alfa")
    pec = "cliente@pec.example"
    profile = Profile(
        form="professional", first="Mario", last="Rossi", vat=SELLER.vat,
        tax_code="RSSMRA80A01H501U", street="Via Roma 1", postcode="00100", city="Roma",
        province="RM", email=CUSTOMER, pec=pec,
    )  # fmt: skip
    bare = Customer("C1", "", ())
    accounts.save_customer("alfa", bare, world.clock.at, new=True, profile=profile)
    for number, to in enumerate((CUSTOMER, pec.upper(), ADDRESS)):
        plan("set_password", to, "alfa", name=str(number))
    world.rest()
    assert [mail.to for mail in world.mails()] == [ADDRESS]
