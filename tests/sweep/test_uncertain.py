"""Nobody knows whether it went out: mails wait for evidence, SdI is asked under the same name."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from chalicelib.base import limits
from tests.faults import Crash, Fault, Kind
from tests.sweep import journey
from tests.sweep.test_orders import check, one, rows, taken
from tests.world import START, World


def told_until_ses(world: World, kind: Kind) -> None:
    """One change is to be told, and the call of SES goes wrong."""
    journey.begin(world)
    world.held = journey.SEND | journey.TELL
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    world.held = journey.SEND
    before = world.checkpoint()
    assert world.step() == "OnTell"
    number = world.faults.calls.index("ses.SendRawEmail")
    world.restore(before)
    world.faults.fault = Fault(kind, number)
    world.lossy_mail = True
    try:
        world.step()
    except Crash:
        assert kind in ("before", "after")
    assert world.faults.struck == "ses.SendRawEmail"


GONE_OUT: tuple[Kind, ...] = ("after", "timeout")
STAYED: tuple[Kind, ...] = ("before", "broken")


@pytest.mark.feature("F004-059")
@pytest.mark.parametrize("kind", GONE_OUT)
def test_evidence_that_a_mail_went_out_ends_its_telling(world: World, kind: Kind) -> None:
    told_until_ses(world, kind)
    assert len(world.mails()) == 1
    world.lossy_mail = False
    world.rest()
    assert len(world.mails()) == 1
    assert rows(world, "W#tell#") == []


@pytest.mark.feature("F004-059")
@pytest.mark.parametrize("kind", [*GONE_OUT, *STAYED])
def test_without_evidence_it_is_sent_once_more_after_the_deadline(world: World, kind: Kind) -> None:
    told_until_ses(world, kind)
    before = len(world.mails())
    assert before == (kind in GONE_OUT)
    deadline = START + timedelta(seconds=limits.MAIL_EVIDENCE_S)
    while world.step():
        assert len(world.mails()) == before or world.clock.at >= deadline
    assert len(world.mails()) == before + 1
    assert rows(world, "W#tell#") == []
    if before:
        first, second = world.mails()
        assert first == second, "who got both can see that they are one"


@pytest.mark.feature("F004-058")
@pytest.mark.feature("F004-060")
@pytest.mark.feature("F004-061")
@pytest.mark.feature("F004-062")
@pytest.mark.feature("F004-063")
def test_what_the_mails_of_a_rejected_document_say(world: World) -> None:
    journey.begin(world)
    world.sdi.stories = {"1/2026": ("NS:00400",)}
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    world.sdi_answers()
    world.rest()
    mails = world.mails()
    assert [mail.to for mail in mails] == ["hub@alfa.example"] * 3
    states = []
    for mail in mails:
        assert "Officina Bassi S.r.l. (C1)" in mail.body
        assert "TD01 n. 1/2026 del 2026-11-20" in mail.body
        states.append(mail.body.split("Stato: ")[1].splitlines()[0])
        assert mail.subject.endswith(states[-1])
    assert len(set(states)) == 3
    assert ["00400" in mail.body for mail in mails] == [False, False, True]


@pytest.mark.feature("F004-071")
@pytest.mark.parametrize("story", [("RC",), ("NS:00400",)], ids="-".join)
@pytest.mark.parametrize(
    "answers", list(itertools.product(["taken", "lost", ""], repeat=2)), ids="-".join
)
def test_sdi_does_not_answer(
    world: World, answers: tuple[str, ...], story: tuple[str, ...]
) -> None:
    """Whatever it did without a word: one file taken, and its own answer counts."""
    journey.begin(world)
    world.sdi.usual = story
    world.sdi.misbehave = list(answers)
    world.held = journey.TELL
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    assert one(world).state == "sent"
    copies = len(world.sdi.echoes)
    assert len(world.sdi.files) == 1
    world.sdi_answers()
    world.rest()
    found = one(world)
    assert found.state == {"RC": "delivered", "NS:00400": "rejected"}[story[0]]
    assert found.id_sdi == str(taken(world).id_sdi)
    assert len(rows(world, "M#")) == 1 + copies
    check(world, {*story, *(f"echo {n}" for n in range(copies))})


@pytest.mark.feature("F004-071")
def test_sdi_stays_away_for_hours(world: World) -> None:
    """The document waits with growing pauses, and goes when SdI is back."""
    journey.begin(world)
    world.sdi.misbehave = ["lost"] * (limits.WORK_ATTEMPTS - 1)
    world.drop("alfa/one.xml", journey.invoice("1"))
    world.rest()
    assert one(world).state == "sent"
    assert world.clock.at - START > timedelta(hours=5)
    assert len(world.sdi.files) == 1
    assert world.sdi.echoes == []
