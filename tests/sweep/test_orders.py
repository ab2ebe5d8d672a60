"""SdI's messages about one document in every order (G4, fatturapa.md section 10)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.invoicing import states
from chalicelib.invoicing.document import Document
from tests.faults import Crash, Fault
from tests.sweep import journey
from tests.sweep.sdi import Taken, written
from tests.world import Kept, World

pytestmark = [pytest.mark.feature("F004-071"), pytest.mark.feature("F004-059")]


@dataclass(frozen=True)
class Story:
    """What SdI says about a document, and what it comes to."""

    format: str
    said: tuple[str, ...]
    state: str

    def __str__(self) -> str:
        return f"{self.format}-{'-'.join(self.said)}"


STORIES = [
    Story("FPR12", ("RC",), "delivered"),
    Story("FPR12", ("MC",), "made_available"),
    Story("FPR12", ("NS:00400",), "rejected"),
    Story("FPA12", ("NS:00400",), "rejected"),
    Story("FPA12", ("RC", "NE:EC01"), "accepted"),
    Story("FPA12", ("RC", "NE:EC02"), "refused"),
    Story("FPA12", ("MC", "RC", "NE:EC01"), "accepted"),
    Story("FPA12", ("MC", "RC", "DT"), "expired"),
    Story("FPA12", ("MC", "AT"), "undeliverable"),
    Story("FPA12", ("RC", "DT"), "expired"),
]
CONTRADICTIONS = [
    ("NE:EC01", "NE:EC02"),
    ("NE:EC01", "DT"),
    ("NE:EC02", "DT"),
    ("RC", "NS:00400"),
    ("AT", "DT"),
]
FIRST = {"NE:EC01": "accepted", "NE:EC02": "refused", "DT": "expired", "RC": "delivered",
         "NS:00400": "rejected", "AT": "undeliverable"}  # fmt: skip


def begin(world: World, format: str, *, recorded: bool = True) -> Kept:
    """A document that SdI has; not `recorded` when its sender died before it could say so."""
    journey.begin(world)
    world.held = journey.SEND | journey.TELL
    world.drop("alfa/one.xml", journey.invoice("1", format=format))
    world.rest()
    world.held = journey.TELL
    if not recorded:
        calls = _calls_of_sending(world)
        world.faults.fault = Fault("after", calls.index("sdi.send"))
        with pytest.raises(Crash):
            world.step()
        world.held = journey.TELL | journey.SEND
    else:
        world.rest()
    assert one(world).state == ("sent" if recorded else "ready")
    return world.checkpoint()


def _calls_of_sending(world: World) -> list[str]:
    before = world.checkpoint()
    assert world.step() == "OnSend"
    calls = list(world.faults.calls)
    world.restore(before)
    return calls


def one(world: World) -> Document:
    return journey.named(world, "one.xml")


def taken(world: World) -> Taken:
    (found,) = world.sdi.files.values()
    return found


def say(world: World, *said: str) -> None:
    """The messages, each applied before the next one comes."""
    for what in said:
        # Two messages of one type have numbers, and so MessageIds, of their own.
        number = 2 if what == "NE:EC02" else 1
        world.put("SDI_BUCKET", *written(taken(world), what, world.clock.at, number))
        world.rest()


def rows(world: World, prefix: str) -> list[dict[str, Any]]:
    found = (item for item in world.items() if item["sk"].startswith(prefix))
    return sorted(found, key=lambda item: str(item["sk"]))


def check(world: World, said: set[str]) -> None:
    """Every message kept once; one history row and one telling for each change; told once."""
    assert len(rows(world, "M#")) == len(said)
    history = rows(world, "H#")
    changes = [row["state"] for row in history if not row["flag"]]
    assert len(set(changes)) == len(changes), changes
    assert [row["sk"][2:] for row in history] == [
        row["sk"].rsplit("#", 1)[1] for row in rows(world, "W#tell#")
    ]
    world.held = frozenset()
    world.rest()
    mails = [(mail.tags["document"], mail.tags["version"]) for mail in world.mails()]
    assert len(mails) == len(set(mails)) == len(history)
    assert world.waiting() == {}
    assert world.work() == []
    assert world.pump.errors == []


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_every_order_comes_to_one_state(world: World, story: Story) -> None:
    sent = begin(world, story.format)
    ends = []
    for order in itertools.permutations(story.said):
        world.restore(sent)
        say(world, *order)
        found = one(world)
        assert (found.state, found.flags) == (story.state, ()), order
        ends.append((found.id_sdi, found.reason, found.delivered_at, str(found.errors)))
        check(world, set(order))
        world.held = journey.TELL
    assert len(set(ends)) == 1
    assert ends[0][0] == str(taken(world).id_sdi)


@pytest.mark.parametrize("story", [one for one in STORIES if len(one.said) < 3], ids=str)
def test_every_message_twice(world: World, story: Story) -> None:
    sent = begin(world, story.format)
    for order in set(itertools.permutations(story.said * 2)):
        world.restore(sent)
        say(world, *order)
        assert (one(world).state, one(world).flags) == (story.state, ()), order
        check(world, set(order))
        world.held = journey.TELL


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_sdi_answers_before_the_sending_is_recorded(world: World, story: Story) -> None:
    """Its sender is repeated later, under the same name, and finds that SdI has answered."""
    sent = begin(world, story.format, recorded=False)
    for order in itertools.permutations(story.said):
        world.restore(sent)
        world.held = journey.TELL | journey.SEND
        say(world, *order)
        world.held = journey.TELL
        world.rest()
        found = one(world)
        assert (found.state, found.flags) == (story.state, ()), order
        assert found.id_sdi == str(taken(world).id_sdi)
        assert world.sdi.calls == 1, "what has an answer is not sent again"
        check(world, set(order))


SENT_TWICE = [
    *(one for one in STORIES if len(one.said) < 3),
    Story("FPR12", ("NS:00404",), "rejected"),
]


@pytest.mark.parametrize("story", SENT_TWICE, ids=str)
def test_sdi_refuses_the_repeat_in_every_order(world: World, story: Story) -> None:
    """Sent twice under one name: 00002 for the second is about the repeat, not the document."""
    begin(world, story.format, recorded=False)
    world.held = journey.TELL
    world.rest()
    (echo,) = world.sdi.echoes
    sent = world.checkpoint()
    for order in itertools.permutations((*story.said, "echo")):
        world.restore(sent)
        for what in order:
            about, said = (echo, "NS:00002") if what == "echo" else (taken(world), what)
            world.put("SDI_BUCKET", *written(about, said, world.clock.at))
            world.rest()
        found = one(world)
        assert found.state == story.state, order
        assert found.id_sdi == str(taken(world).id_sdi)
        assert set(found.flags) <= {"resend_recognised"}
        check(world, set(order))
        world.held = journey.TELL


@pytest.mark.parametrize("pair", CONTRADICTIONS, ids="-".join)
def test_what_cannot_both_be_true_is_flagged_and_the_first_kept(
    world: World, pair: tuple[str, str]
) -> None:
    sent = begin(world, "FPA12")
    for first, other in itertools.permutations(pair):
        world.restore(sent)
        say(world, first, other)
        found = one(world)
        assert found.state == FIRST[first]
        event = other.partition(":")[2] if other.startswith("NE") else other.partition(":")[0]
        assert found.flags == (f"contradiction:{event}",)
        assert rows(world, "H#")[-1]["flag"] == "contradiction"
        check(world, set(pair))
        world.held = journey.TELL


def test_a_late_message_for_a_final_state_is_kept_and_changes_nothing(world: World) -> None:
    begin(world, "FPA12")
    say(world, "NE:EC01")
    before = rows(world, "H#")
    world.pass_time(30 * 86_400)
    say(world, "RC", "MC")
    assert states.is_final("pa", one(world).state)
    assert rows(world, "H#") == before
    assert one(world).delivered_at
    assert len(rows(world, "M#")) == 3


@pytest.mark.parametrize("again", [1, 2])
def test_a_message_about_nobodys_file_is_kept_aside(world: World, again: int) -> None:
    begin(world, "FPR12")
    stranger = taken(world)
    stranger.name = "IT01234567890_ZZZZZ.xml.p7m"
    key, data = written(stranger, "RC", world.clock.at)
    world.put("SDI_BUCKET", key, data)
    world.twice = again == 2
    world.rest()
    (kept,) = [item for item in world.items() if item["pk"] == "T#_house#UNMATCHED"]
    assert kept["code"] == "sdi_message_unmatched"
    assert one(world).state == "sent"
    assert rows(world, "M#") == []


def test_a_message_of_another_id_than_ours_is_flagged(world: World) -> None:
    begin(world, "FPR12")
    other = taken(world)
    other.id_sdi += 500
    say(world, "RC")
    assert one(world).state == "sent"
    assert one(world).flags == ("unexpected:RC",)
    assert len(rows(world, "M#")) == 1
