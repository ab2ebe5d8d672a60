"""What becomes of an accepted file, by its recipient, so that demonstrations are repeatable.

| recipient | story |
|---|---|
| private, `0000000` with no PECDestinatario, or `XXXXXXX` | MC |
| private, any other | RC |
| office `UFEC02` | RC, NE refused |
| office `UFDT01` | RC, DT |
| office `UFMC01` | MC, RC, NE accepted |
| office `UFAT01` | MC, AT |
| office `UFRC01` | RC and nothing more |
| any other office | RC, NE accepted |
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.sdi.parties import FOREIGN_CODE, PA_FORMAT, Header

_DAY_S = 86_400
_NO_CODE = "0000000"


@dataclass(frozen=True)
class Delays:
    """Seconds of the simulated clock.

    `outcome_s` from receipt to NS, RC or MC; `answer_s` from RC to NE, or from MC to a late RC;
    `term_s` from RC to DT; `attestation_s` from MC to AT; `retry_s` before the first new attempt
    at a failed delivery, doubled at each further one.
    """

    outcome_s: float = 2
    answer_s: float = 3
    term_s: float = 15 * _DAY_S
    attestation_s: float = 10 * _DAY_S
    retry_s: float = 60


@dataclass(frozen=True)
class Step:
    """A message to come: its type, seconds from the receipt, and EC01 or EC02 for NE."""

    kind: str
    after_s: float
    outcome: str = ""


def plan_outcome(header: Header, delays: Delays) -> list[Step]:
    """The messages for an accepted file, in order."""
    first = delays.outcome_s
    if header.format != PA_FORMAT:
        unreachable = header.recipient == FOREIGN_CODE or (
            header.recipient == _NO_CODE and not header.pec
        )
        return [Step("MC" if unreachable else "RC", first)]

    second = first + delays.answer_s
    stories = {
        "UFEC02": [Step("RC", first), Step("NE", second, "EC02")],
        "UFDT01": [Step("RC", first), Step("DT", first + delays.term_s)],
        "UFMC01": [
            Step("MC", first),
            Step("RC", second),
            Step("NE", second + delays.answer_s, "EC01"),
        ],
        "UFAT01": [Step("MC", first), Step("AT", first + delays.attestation_s)],
        "UFRC01": [Step("RC", first)],
    }
    usual = [Step("RC", first), Step("NE", second, "EC01")]
    return stories.get(header.recipient, usual)


def contradicted(steps: list[Step], delays: Delays) -> list[Step]:
    """The same story with a second, opposite end: NE after DT, or DT after NE."""
    last = steps[-1]
    if last.kind == "DT":
        return [*steps, Step("NE", last.after_s + delays.answer_s, "EC01")]
    if last.kind == "NE":
        return [*steps, Step("DT", last.after_s + delays.answer_s)]
    return steps


def reordered(steps: list[Step]) -> list[Step]:
    """The same messages at the same times, the last one first."""
    times = [step.after_s for step in steps]
    return [
        Step(step.kind, after_s, step.outcome)
        for step, after_s in zip(reversed(steps), times, strict=True)
    ]
