"""Safe reading of XML and the official schemas, without the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
ORDINARY = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
SIMPLIFIED = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0"

ORDINARY_ROOT = f"{{{ORDINARY}}}FatturaElettronica"
SIMPLIFIED_ROOT = f"{{{SIMPLIFIED}}}FatturaElettronicaSemplificata"

FORMAT_ERRORS_MAX = 50
"""Beyond so many format errors SdI stops listing and adds 00201."""


class XmlError(ValueError):
    """Not well-formed, or using what an invoice must not use (a document type)."""


def parse_xml(data: bytes) -> etree._Element:
    """The root element. Raises XmlError; never reads an entity, a file or an address."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XmlError(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise XmlError("DOCTYPE non ammesso")
    return root


class _LocalXmldsig(etree.Resolver):  # type: ignore[misc]
    """Answers the web address that the invoice schemas import with the file beside them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:
        """lxml's hook: None lets it go on to a plain local file."""
        if system_url and system_url.endswith("xmldsig-core-schema.xsd"):
            return self.resolve_filename(str(self._file), context)
        return None


def load_schema(file: Path, xmldsig: Path) -> etree.XMLSchema:
    """Compile the schema in `file`; `xmldsig` stands in for the one it imports by address."""
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    parser.resolvers.add(_LocalXmldsig(xmldsig))
    return etree.XMLSchema(etree.parse(str(file), parser))


@dataclass(frozen=True)
class InvoiceSchemas:
    """The schemas of the two kinds of invoice."""

    ordinary: etree.XMLSchema
    simplified: etree.XMLSchema

    @classmethod
    def load(cls, folder: Path) -> InvoiceSchemas:
        """Read from `folder` the three official files (names of the build-time layer)."""
        xmldsig = folder / "xmldsig-core-schema.xsd"
        return cls(
            ordinary=load_schema(folder / "FatturaPA_FPR12_v1.2.3.xsd", xmldsig),
            simplified=load_schema(folder / "FatturaSemplificata_VFSM10_v1.0.2.xsd", xmldsig),
        )

    def errors(self, root: etree._Element) -> list[str]:
        """libxml's own words for each violation, one a place; empty when `root` is valid."""
        if root.tag == ORDINARY_ROOT:
            schema = self.ordinary
        elif root.tag == SIMPLIFIED_ROOT:
            schema = self.simplified
        else:
            return [f"elemento radice non previsto: {root.tag}"]
        # A compiled schema keeps the log of its last use: each check works on its own list.
        if schema.validate(root):
            return []
        found: dict[tuple[int, str], str] = {}
        for entry in schema.error_log:
            # libxml reports a broken facet and then the broken type: one fault, two lines.
            found.setdefault((entry.line, entry.path or ""), entry.message)
        return list(found.values())


def text(node: etree._Element | None, path: str) -> str:
    """The stripped text at `path` under `node`, or '' when either is missing."""
    if node is None:
        return ""
    return (node.findtext(path) or "").strip()
