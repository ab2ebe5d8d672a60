"""The delegation for preservation: what it says, where it stands, and that it is kept."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from chalicelib.accounts import profile as profiles
from chalicelib.accounts.customer import Customer
from chalicelib.accounts.forms import FORMS, Form
from chalicelib.accounts.model import Reseller
from chalicelib.accounts.profile import Profile
from chalicelib.base import aws
from chalicelib.invoicing.courtesy import pdf
from chalicelib.invoicing.courtesy.pages import BOTTOM, LEFT, RIGHT, Ink, Page
from chalicelib.invoicing.delegation import content, layout
from chalicelib.invoicing.delegation.content import Delegation
from infra.local.cloud import LAYERS
from tests.accounts.profiles import any_profile, full, minimal
from tests.entry import api_world
from tests.entry.api_world import Api, Person

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta
pytestmark = pytest.mark.feature("F004-025")
FONTS = Path(LAYERS / "fonts")
RESELLER = Reseller("alfa", "Alfa Servizi S.r.l.", "hub@alfa.example")
SECTIONS = ("{n}/A/{yyyy}", "FE-{n}-{yy}", "PA/{n}")


def made(given: dict[str, Any], reseller: Reseller = RESELLER, **more: Any) -> Delegation:
    customer = Customer("k", "n", ("IT1",), **more)
    profile = profiles.checked(Profile(**given), issues=customer.sending != "none")
    return content.build(reseller, customer, profile)


def pages(found: Delegation) -> tuple[Page, ...]:
    return layout.pages(found, pdf.faces(FONTS))


def drawn(found: Delegation) -> bytes:
    return pdf.drawn(pages(found), FONTS, title=content.TITLE, subject="s", language="it", day="")


def text_of(data: bytes) -> str:
    """As a reader that is not ours reads it, on one line."""
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split()
    )


# ------------------------------------------------------------------ what it says
@pytest.mark.parametrize("form", FORMS)
def test_parties_sections_scope_and_law_are_there(form: Form) -> None:
    given = full(form)
    text = text_of(drawn(made(given, sections=SECTIONS)))
    said = [given.get("name") or f"{given['first']} {given['last']}", given["vat"],
            given["tax_code"], given["street"], given["city"], RESELLER.name, RESELLER.mail,
            *SECTIONS, "PA/‹numero›", "‹numero›/A/‹anno›", "FE-‹numero›-‹anno, due cifre›",
            "D.M. 17 giugno 2014", "art. 39 D.P.R. 26 ottobre 1972, n. 633", "art. 2220",
            "D.Lgs. 7 marzo 2005, n. 82", "Linee guida AgID", "Sistema di Interscambio",
            "Luogo e data", "Il delegante", "Per accettazione, il delegato"]  # fmt: skip
    for one in said:
        assert one in text, one
    signer = f"{given['agent_first']} {given['agent_last']}" if "agent_first" in given else "Bruno"
    assert signer in text


def test_what_is_not_known_is_left_to_be_written() -> None:
    text = text_of(drawn(made(minimal("company"))))
    assert "Legale rappresentante ____" in text
    assert "Tutti i sezionali" in text
    assert "nome e cognome di chi firma" in text


def test_of_who_only_keeps_it_says_so() -> None:
    text = text_of(drawn(made(minimal("association", issues=False), sending="none")))
    assert "per la sola conservazione" in text
    assert "Fatture elettroniche emesse" not in text


def test_the_same_content_is_the_same_version_and_the_same_bytes() -> None:
    one, other = made(full("company")), made(full("company"))
    assert one.version == other.version
    assert drawn(one) == drawn(other)
    changes = [
        made(full("company") | {"city": "Asti"}),
        made(full("company"), sections=("{n}",)),
        made(full("company"), sending="none"),
        made(full("company"), Reseller("alfa", "Altro", RESELLER.mail)),
    ]
    assert len({one.version, *(each.version for each in changes)}) == 5


# ------------------------------------------------------------------ where it stands
def inside(found: tuple[Page, ...]) -> None:
    """Nothing leaves the paper, and no two texts stand on each other."""
    faces = pdf.faces(FONTS)
    from chalicelib.base.typeset import width

    for page in found:
        taken: dict[float, list[tuple[float, float]]] = {}
        for trace in page.traces:
            if not isinstance(trace, Ink) or not trace.text:
                continue
            end = trace.x + width(trace.text, faces, trace.style)
            assert trace.x >= LEFT - 0.01
            assert end <= RIGHT + 0.6, trace.text
            assert trace.y <= BOTTOM + 7.0
            for start, stop in taken.setdefault(round(trace.y, 2), []):
                assert end <= start + 0.01 or trace.x >= stop - 0.01, trace.text
            taken[round(trace.y, 2)].append((trace.x, end))


LONG = {
    "name": "Società Consortile per la Valorizzazione dei Prodotti Agroalimentari Tipici Loca",
    "street": "Strada Provinciale Vecchia di Sant'Ambrogio sopra il Colle D",
    "city": "San Valentino in Abruzzo Citeriore e frazioni limitrofe unit",
    "agent_first": "Massimiliano Alessandro Ferdinando Maria",
    "agent_last": "Della Rocchetta di Sant'Angelo e Montefiascone",
}


@pytest.mark.parametrize("count", [0, 1, 3, 9, 10, 11, 12, 13, 14, 15, 50])
def test_long_names_and_many_sections_stay_on_the_paper(count: int) -> None:
    sections = tuple(f"Sez{n:02d}/{{n}}/WWWWWWWWWWWW/{{yyyy}}"[:30] for n in range(count))
    reseller = Reseller("x", "Studio " + "W" * 190, "a" * 64 + "@" + "b" * 60 + ".example")
    found = pages(made(full("company") | LONG, reseller, sections=sections))
    inside(found)
    texts = [[t.text for t in page.traces if isinstance(t, Ink)] for page in found]
    for number in range(1, count + 1):
        assert sum(str(number) in page for page in texts) >= 1
    last = texts[-1]
    assert "Il delegante" in last
    assert any(one.startswith("Durata") for one in last), "a signature alone signs nothing"


@settings(max_examples=25, deadline=None)
@given(
    any_profile(), st.lists(st.sampled_from(["{n}", "A{n}/{yy}", "W" * 27 + "{n}"]), max_size=50)
)
def test_any_customer_fits(given: dict[str, Any], sections: list[str]) -> None:
    inside(pages(made(given, sections=tuple(sections))))


def test_every_page_can_be_rendered() -> None:
    found = made(full("company") | LONG, sections=SECTIONS * 16)
    document = pypdfium2.PdfDocument(drawn(found))
    assert len(document) == 3
    for page in document:
        image = page.render(scale=1).to_pil().convert("L")
        assert min(image.tobytes()) < 128, "an empty page"


# ------------------------------------------------------------------ through the door
def ask(api: Api, person: Person, code: str = "k", **query: str) -> Any:
    return api.call("GET", f"/v1/customers/{code}/delegation", person.token, query=query)


def test_it_is_made_once_for_each_content_and_kept(api: Api, alfa: Person) -> None:
    fields = {"id": "k", "profile": full("company"), "sections": ["{n}/A"]}
    api.call("POST", "/v1/customers", alfa.token, fields)
    first = ask(api, alfa).json
    data = requests.get(first["url"], timeout=10).content
    assert data.startswith(b"%PDF-")
    assert "Bottega Serra" in text_of(data)
    assert ask(api, alfa).json["version"] == first["version"]
    found = aws.client("s3").list_object_versions(
        Bucket=os.environ["DOCUMENTS_BUCKET"], Prefix=f"{alfa.tenant}/"
    )
    keys = [one["Key"] for one in found["Versions"]]
    assert keys == [f"{alfa.tenant}/customers/k/delegation-{first['version']}.pdf"]
    changed = {"profile": full("company") | {"city": "Asti"}}
    api.call("PUT", "/v1/customers/k", alfa.token, changed)
    second = ask(api, alfa).json
    assert [one["version"] for one in second["versions"]] == [second["version"], first["version"]]
    old = ask(api, alfa, version=first["version"]).json
    assert requests.get(old["url"], timeout=10).content == data, "what was signed is still there"
    assert ask(api, alfa, version="a" * 12).status == 404


def test_nobody_elses_and_of_nobody_unknown(api: Api, alfa: Person, beta: Person) -> None:
    fields = {"id": "k", "profile": full("company")}
    api.call("POST", "/v1/customers", alfa.token, fields)
    version = ask(api, alfa).json["version"]
    for query in ({}, {"version": version}):
        assert ask(api, beta, **query).status == 404
    bare = ask(api, alfa, "c1")
    assert (bare.status, bare.code) == (422, "customer_profile_missing")
