"""Validation of FatturaPA files against the official schemas (SdI's controls 00200 and 00201).

Sources: fatturapa.md sections 7 and 18. The schemas (1.2.3 and VFSM10 1.0.2) are data of the
build, taken with pinned digests into a folder; they import xmldsig by an address on the web,
which is answered from the same folder. Nothing here reaches the network: neither that import nor
the schemaLocation hints of a hostile document, which libxml2 ignores once a schema is given.

The schema is only the first family of controls. Those on content (00300 and up) work on the
values of `reader` and on the same tree, and can give the same `Fault`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element, local
from chalicelib.invoicing.fatturapa.reader import ORDINARY, SIMPLIFIED

FILES = {
    ORDINARY: "FatturaPA_FPR12_v1.2.3.xsd",
    SIMPLIFIED: "FatturaSemplificata_VFSM10_v1.0.2.xsd",
}
XMLDSIG = "xmldsig-core-schema.xsd"

_XS = "{http://www.w3.org/2001/XMLSchema}"
# How the patterns of texts begin, and the same in code points: Basic Latin ends with U+007F,
# Latin-1 Supplement with U+00FF (Unicode, Blocks.txt), and no character of XML is below a tab.
_RANGES = (
    (r"[\p{IsBasicLatin}\p{IsLatin-1Supplement}]", "[\t-\xff]"),
    (r"(\p{IsBasicLatin}{", "([\t-\x7f]{"),
)
# One schema object keeps the errors of its last run: two threads would read each other's.
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a document.

    `code` is SdI's; `path` names the elements below the root, with a position where there are
    several (`FatturaElettronicaBody[2]/DatiGenerali`), "" for the root; `line` counts from one,
    0 when unknown; `id` is the number in the official table ("2.1.1.4"), "" when there is none.
    """

    code: str
    path: str
    message: str
    line: int
    id: str = ""


# --- the schemas --------------------------------------------------------------------------------
def _load(folder: Path, file: str) -> Any:
    """The tree of a schema file, with its imports bound to the same folder."""
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    class Local(etree.Resolver):  # type: ignore[misc, unused-ignore]
        """Answers every import with the file of that name beside the schema, or with nothing."""

        def resolve(self, system_url: str, public_id: str, context: object) -> object:
            name = system_url.rpartition("/")[2]
            if name == XMLDSIG:
                return self.resolve_string((folder / name).read_bytes(), context)
            return self.resolve_empty(context)

    # Schemas are trusted data, and xmldsig's own has a DOCTYPE, so `base.xml` is not for them.
    parser = etree.XMLParser(no_network=True, load_dtd=False, huge_tree=False)
    parser.resolvers.add(Local())
    return etree.fromstring((folder / file).read_bytes(), parser)


@lru_cache(maxsize=8)
def _compiled(folder: Path, file: str) -> Any:
    """The schema, compiled once per process (2.6 ms each, section 17)."""
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    return etree.XMLSchema(_load(folder, file))


@lru_cache(maxsize=8)
def _quick(folder: Path, file: str) -> Any:
    """The same in other words: valid by this one is valid by the official one."""
    from lxml import etree  # type: ignore[import-untyped, unused-ignore]

    return etree.XMLSchema(_in_ranges(_load(folder, file)))


def _in_ranges(schema: Any) -> Any:
    """The tree of a schema without names of blocks in its patterns. For each character of a text
    libxml2 looks a block up by its name, two fifths of all validation; ranges it just compares."""
    for pattern in schema.iter(f"{_XS}pattern"):
        form = pattern.get("value", "")
        for blocks, ranges in _RANGES:
            if form.startswith(blocks):
                pattern.set("value", ranges + form.removeprefix(blocks))
    return schema


@lru_cache(maxsize=8)
def _ids(folder: Path, file: str) -> dict[tuple[str, ...], str]:
    """Path of names below the root -> number in the official table.

    The table numbers the elements of each block in the order of the schema, choices included, so
    the numbers need no list of their own.
    """
    schema = _load(folder, file)
    types = {node.get("name", ""): node for node in schema.findall(f"{_XS}complexType")}

    def walk(
        block: str, path: tuple[str, ...], number: str
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        named = (node for node in types[block].iter(f"{_XS}element") if node.get("name"))
        for position, node in enumerate(named, start=1):
            below, own = (*path, node.get("name", "")), f"{number}{position}"
            yield below, own
            kind = node.get("type", "").rpartition(":")[2]
            if kind in types:
                yield from walk(kind, below, f"{own}.")

    root = schema.find(f"{_XS}element")
    return dict(walk(root.get("type", "").rpartition(":")[2], (), "")) if root is not None else {}


# --- from libxml2's words to ours ---------------------------------------------------------------
def _steps(root: Element, path: str) -> tuple[tuple[str, ...], str]:
    """Names below the root, and the same as a readable path, of an XPath made by libxml2.

    libxml2 writes `*` for elements in a default namespace: the tree tells their names.
    """
    node: Element | None = root
    names, words = [], []
    for step in path.split("/")[2:]:
        name, _, position = step.rstrip("]").partition("[")
        name = name.rpartition(":")[2]
        if node is not None:
            elements = [child for child in node if isinstance(child.tag, str)]
            same = [child for child in elements if name in ("*", local(child))]
            place = int(position) - 1 if position.isdigit() else 0
            node = same[place] if place < len(same) else None
            if node is not None and name == "*":
                name = local(node)
                twins = [child for child in elements if local(child) == name]
                position = str(twins.index(node) + 1) if len(twins) > 1 else ""
        names.append(name)
        words.append(f"{name}[{position}]" if position else name)
    return tuple(names), "/".join(words)


_VALUE = r"'(?P<value>.*)'"
# libxml2's sentence -> ours. The value may hold anything, quotes and brackets included.
_SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (
            rf"\[facet 'pattern'\] The value {_VALUE} is not accepted by the pattern "
            r"'(?P<rule>.*)'",
            "the value '{value}' does not have the required form {rule}",
        ),
        (
            rf"\[facet 'enumeration'\] The value {_VALUE} is not an element of the set "
            r"\{(?P<rule>.*)\}",
            "the value '{value}' is not one of {rule}",
        ),
        (
            rf"\[facet '\w*[lL]ength'\] The value {_VALUE} has a length of '(?P<size>\d+)'; this "
            r"\w+ (?:from )?the allowed (?:maximum |minimum )?length of '(?P<rule>\d+)'",
            "the value '{value}' is {size} characters long, the limit is {rule}",
        ),
        (
            rf"\[facet '\w*clusive'\] The value {_VALUE} is \w+ than the \w+ value allowed "
            r"\('(?P<rule>.*)'\)",
            "the value '{value}' is beyond the limit of {rule}",
        ),
        # libxml2 stops in the middle of a value that is too long for its own messages.
        (r"\[facet '\w+'\] The value '(?P<value>.*)", "the value '{value}' is not allowed"),
        (
            rf"{_VALUE} is not a valid value of the .*type '(?P<rule>.*)'",
            "'{value}' is not a valid value (type {rule})",
        ),
        (
            r"Missing child element\(s\)\. Expected is (?P<rule>.*)",
            "something is missing inside; expected: {rule}",
        ),
        (
            r"This element is not expected\. Expected is (?P<rule>.*)",
            "it may not stand here; expected: {rule}",
        ),
        (r"This element is not expected", "it may not stand here"),
        (
            r"No matching global declaration available for the validation root",
            "the root element is not the one of the official schema (check its namespace)",
        ),
        (r"The attribute '(?P<rule>.*)' is not allowed", "the attribute may not be here"),
        (r"The attribute '(?P<rule>.*)' is required but missing", "'{rule}' is missing"),
        (
            r"Element content is not allowed, because the type definition is simple",
            "it may hold only text",
        ),
        (
            r"Character content other than whitespace is not allowed.*",
            "it may not hold text of its own",
        ),
    )
)
_EXPECTED = re.compile(r"one of \( (.*) \)|\( (.*) \)")
_SHOWN_CHARS = 60
_FALLBACK_CHARS = 200
_MESSAGE_CHARS = 1_000


def _sentence(message: str) -> str:
    """libxml2's message in words for people: no namespaces, no long values.

    "Element '{ns}X', attribute 'y': <sentence>." becomes "X, attribute y: <our sentence>.".
    """
    if len(message) > _MESSAGE_CHARS:
        # Values can be as long as the file; what matters stands at both ends.
        message = message[: _MESSAGE_CHARS // 2] + "…" + message[-_MESSAGE_CHARS // 2 :]
    plain = re.sub(r"\{(?:http|urn:)[^}]*\}", "", message.strip())
    match = re.fullmatch(r"Element '([^']*)'(?:, attribute '([^']*)')?: (.*?)\.?", plain, re.DOTALL)
    if match is None:
        return plain[:_FALLBACK_CHARS]
    subject = f"{match[1]}, attribute {match[2]}" if match[2] else match[1]
    for pattern, words in _SENTENCES:
        found = pattern.fullmatch(match[3])
        if found:
            parts = found.groupdict()
            value = parts.get("value", "")
            if len(value) > _SHOWN_CHARS:
                parts["value"] = value[:_SHOWN_CHARS] + "…"
            rule = parts.get("rule", "")
            listed = _EXPECTED.fullmatch(rule)
            if listed:
                parts["rule"] = listed[2] or "one of " + listed[1]
            if parts.get("rule") == match[1]:
                # The right name in the wrong namespace: only the root may be qualified.
                return f"{subject}: it stands in the wrong namespace."
            return f"{subject}: {words.format(**parts)}."
    return f"{subject}: {match[3][:_FALLBACK_CHARS]}."


def _path(entry: Any) -> str:
    """Where libxml2 says that it is; "/" where it cut a long path in the middle of a character."""
    try:
        return str(entry.path or "/")
    except UnicodeDecodeError:
        return "/"


def _faults(root: Element, entries: list[Any], ids: dict[tuple[str, ...], str]) -> list[Fault]:
    """One fault per entry; libxml2 may say the same thing of a value in two ways, kept once."""
    faults: dict[tuple[str, str], Fault] = {}
    for entry in entries:
        names, path = _steps(root, _path(entry))
        fault = Fault("00200", path, _sentence(entry.message), entry.line, ids.get(names, ""))
        faults.setdefault((fault.path, fault.message), fault)
    return list(faults.values())


def check(root: Element, folder: Path) -> tuple[Fault, ...]:
    """What the official schema says against a document; () when it is valid.

    `folder` holds the files of FILES and XMLDSIG. The root chooses the schema; at most
    SCHEMA_FAULTS faults are given, and 00201 says that there were more, as SdI does.
    Raises Rejected `not_fatturapa` for another root.
    """
    file = FILES.get(local(root))
    if file is None:
        raise Rejected("not_fatturapa", "The file is not a FatturaPA document.")
    # Compiled under the lock as well: libxml2 loses the imported schema when two threads do it.
    with _LOCK:
        if _quick(folder, file).validate(root):
            return ()
        # Once more for the official words of what is wrong.
        schema = _compiled(folder, file)
        if schema.validate(root):
            return ()
        # Twice as many: the repetitions among them are dropped below.
        entries = list(islice(schema.error_log, limits.SCHEMA_FAULTS * 2))
    faults = _faults(root, entries, _ids(folder, file))
    if len(faults) > limits.SCHEMA_FAULTS:
        more = Fault("00201", "", "There are more format errors than are listed.", 0)
        return (*faults[: limits.SCHEMA_FAULTS], more)
    return tuple(faults)
