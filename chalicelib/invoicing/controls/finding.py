"""What the controls say: a finding for each rule that is broken, a verdict for the whole file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

# error    SdI rejects the file for this.
# likely   the rule is in the grey zone where SdI has been seen to reject and to accept.
# warning  SdI does not reject for this, but somebody should look.
Severity = Literal["error", "likely", "warning"]
Language = Literal["it", "en"]

_RANK = {"error": 0, "likely": 1, "warning": 2}
# What SdI's own list of errors holds (fatturapa.md section 7); a hostile file could make millions.
FINDINGS_MAX = 200


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    `code` is SdI's five digits, or the house's own word for a file that is no document at all.
    `where` names the elements below the root, with a position counted from one where there are
    several (`FatturaElettronicaBody[2]/DatiGenerali`), "" for the root or the file; `id` is the
    number in the official table ("2.1.1.4"), "" when there is none. `body` counts from zero, None
    for the header or the file. `found` and `expected` are the text of the file and the computed
    value, "" where the rule is no comparison.
    """

    code: str
    severity: Severity
    message_it: str
    message_en: str
    where: str = ""
    body: int | None = None
    found: str = ""
    expected: str = ""
    id: str = ""

    def sentence(self, language: Language = "it") -> str:
        """The message with the values that were compared."""
        if language == "it":
            words, found, expected = self.message_it, "trovato", "atteso"
        else:
            words, found, expected = self.message_en, "found", "expected"
        pairs = ((found, self.found), (expected, self.expected))
        values = ", ".join(f"{name} {value}" for name, value in pairs if value)
        return f"{words} ({values})" if values else words


class Verdict(NamedTuple):
    """All findings, in the order of the file, and the codes that nobody here could decide.

    `not_evaluated` is sorted: what only a registry or SdI itself knows, and whole families that
    were not reached because an earlier one failed. They have not been passed.
    """

    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether no error was found."""
        return not any(one.severity == "error" for one in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which SdI rejects."""
        return tuple(one for one in self.findings if one.severity == "error")


def verdict(findings: Iterable[Finding], not_evaluated: Iterable[str] = ()) -> Verdict:
    """A Verdict of at most FINDINGS_MAX findings; the less severe are left out first."""
    kept = list(findings)
    if len(kept) > FINDINGS_MAX:
        order = sorted(range(len(kept)), key=lambda at: (_RANK[kept[at].severity], at))
        kept = [kept[at] for at in sorted(order[:FINDINGS_MAX])]
    return Verdict(tuple(kept), tuple(sorted(set(not_evaluated))))
