"""The sentences of `fatturapa.schema` in Italian: people read them, and most read Italian."""

from __future__ import annotations

import re

_SENTENCES = tuple(
    (re.compile(english, re.DOTALL), italian)
    for english, italian in (
        (
            r"the value '(.*)' does not have the required form (.*)",
            r"il valore '\1' non ha la forma richiesta \2",
        ),
        (r"the value '(.*)' is not one of (.*)", r"il valore '\1' non è tra \2"),
        (
            r"the value '(.*)' is (\d+) characters long, the limit is (\d+)",
            r"il valore '\1' è lungo \2 caratteri, il limite è \3",
        ),
        (r"the value '(.*)' is beyond the limit of (.*)", r"il valore '\1' supera il limite \2"),
        (r"the value '(.*)' is not allowed", r"il valore '\1' non è ammesso"),
        (r"'(.*)' is not a valid value \(type (.*)\)", r"'\1' non è un valore valido (tipo \2)"),
        (
            r"something is missing inside; expected: (?:one of )?(.*)",
            r"manca qualcosa all'interno; atteso: \1",
        ),
        (
            r"it may not stand here; expected: (?:one of )?(.*)",
            r"non può stare qui; atteso: \1",
        ),
        (r"it may not stand here", "non può stare qui"),
        (
            r"the root element is not the one of the official schema \(check its namespace\)",
            "l'elemento radice non è quello dello schema ufficiale (controllare il namespace)",
        ),
        (r"the attribute may not be here", "l'attributo non può stare qui"),
        (r"'(.*)' is missing", r"manca '\1'"),
        (r"it may hold only text", "può contenere solo testo"),
        (r"it may not hold text of its own", "non può contenere testo proprio"),
        (r"it stands in the wrong namespace", "si trova nel namespace sbagliato"),
    )
)


def in_italian(sentence: str) -> str:
    """`Element: what is wrong.` in Italian; a sentence that is not known stays as it is."""
    subject, _, rest = sentence.rstrip(".").partition(": ")
    for english, italian in _SENTENCES:
        found = english.fullmatch(rest)
        if found:
            return f"{subject}: {found.expand(italian)}"
    return sentence
