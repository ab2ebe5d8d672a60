"""Puts beside the portal's own pages what they take from others, and publishes both.

    python infra/portal.py                  the vendor's files into .local/portal/vendor
    python infra/portal.py --bucket NAME    that, and all of it into the bucket of the stage

Bootstrap Italia (BSD-3), lit-html (BSD-3), the fonts (SIL Open Font License, Apache) and pagoPA's
mark (MIT) are copied out of npm packages that are read as archives and never installed. Each file
must have the SHA-256 written here. None is committed. What is made of them (the icons that the
pages use, out of several hundred) is checked too.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, Python knows this file's folder only

from layers import build as layers  # noqa: E402

PAGES = ROOT / "portal"
VENDOR = ROOT / ".local" / "portal" / "vendor"
PREFIX = "portal/"
VENDOR_PREFIX = "portal/vendor/"

_FONTS = "package/dist/fonts"
_TITILLIUM = f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin"
_ROBOTO = f"{_FONTS}/Roboto_Mono/roboto-mono-v13-latin-ext_latin"
SOURCES = {
    "bootstrap-italia@2.18.3": {
        "bootstrap-italia.min.css": "package/dist/css/bootstrap-italia.min.css",
        "bootstrap-italia-LICENSE.txt": "package/LICENSE",
        "icons.svg": "package/dist/svg/sprites.svg",
        "fonts/titillium-web-400.woff2": f"{_TITILLIUM}-regular.woff2",
        "fonts/titillium-web-600.woff2": f"{_TITILLIUM}-600.woff2",
        "fonts/titillium-web-LICENSE.txt": f"{_FONTS}/Titillium_Web/OFL.txt",
        "fonts/roboto-mono-400.woff2": f"{_ROBOTO}-regular.woff2",
        "fonts/roboto-mono-LICENSE.txt": f"{_FONTS}/Roboto_Mono/LICENSE.txt",
    },
    "lit-html@3.3.3": {
        "lit/lit-html.js": "package/lit-html.js",
        "lit/directive.js": "package/directive.js",
        "lit/directive-helpers.js": "package/directive-helpers.js",
        "lit/directives/live.js": "package/directives/live.js",
        "lit/LICENSE.txt": "package/LICENSE",
    },
    "@pagopa/mui-italia@2.7.0": {
        "pagopa.svg": "package/assets/LogoPagoPAProduct/LogoPagoPAProduct.js",
        "pagopa-LICENSE.txt": "package/LICENSE",
    },
}
# The bytes as they are in the packages.
PINS = {
    "bootstrap-italia.min.css": "0f5fc9a092cd008eeee34c1e09b8af72ebdee9b8bd26f2eebaa109cc76115ad8",
    "bootstrap-italia-LICENSE.txt":
        "4facc589de131a7f717775a4253c98a80b5caed429bc1c199eb7a968511f00ae",
    "icons.svg": "751f62fc42c824ff15312e2e9267f71256bd3142d9431385ab3759f208d5c55d",
    "fonts/titillium-web-400.woff2":
        "5daca596c9f07f1735ce65a4ae52fd750a32acfa6e241a3fadaea95de354f4d1",
    "fonts/titillium-web-600.woff2":
        "f00b110dfb2875dcc202f7b685d39705414ab3500b4b13666bc749e17bb670f6",
    "fonts/titillium-web-LICENSE.txt":
        "c0562e066174197902a4a10606673d189f067970ef89c6013943b9cf182aadbc",
    "fonts/roboto-mono-400.woff2":
        "dcaf0edcf553f09ec930bc6b6ce45603bf4df2d920a4c5af7376a78b88bc9397",
    "fonts/roboto-mono-LICENSE.txt":
        "3ddf9be5c28fe27dad143a5dc76eea25222ad1dd68934a047064e56ed2fa40c5",
    "lit/lit-html.js": "b878e7f95dec8a9b6e9b217faca6b6a11bad82ebc44c0caa77419ed83edd81f2",
    "lit/directive.js": "3344c4f41c69cd0701d3937e8f9ef90bd845614bf6456d0b8314b7c51d415b9d",
    "lit/directive-helpers.js":
        "f7fb1154b8f72ed2cc08b05eaeed71c99270e9ad2d48620ed24688a1af4c2b62",
    "lit/directives/live.js": "b305f9066319d838db797abd5a4d871537277e25f35332702bfce4452c020ecf",
    "lit/LICENSE.txt": "2b66f9390afde29edfe4314daff93f01fb182e1178053e228120178987e5db75",
    **layers.MARK_MODULE,
    "pagopa-LICENSE.txt": layers.FONTS["pagopa-LICENSE.txt"],
}  # fmt: skip
# Of Bootstrap Italia's icons those that a page names; a test keeps the list and the pages together.
ICONS = (
    "card", "cart", "check-circle", "clock", "close-circle", "delete", "download", "file-pdf",
    "file-xml", "help-circle", "info-circle", "note", "plus-circle", "refresh", "search",
)  # fmt: skip
_SOURCE_MAP = re.compile(rb"\n?/[/*]# sourceMappingURL=[^\s*]+(?: \*/)?\s*$")
# The font of a video player's buttons, as text: no page plays videos, and the policy refuses it.
_PLAYER_FONT = re.compile(rb"@font-face\{font-family:VideoJS;[^}]*\}")

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


def build(target: Path = VENDOR) -> bool:
    """Fill `target`; False when it was complete already.

    Raises:
        layers.LayerError: a package cannot be had, or a file is not the one that was reviewed.
    """
    made = {name for files in SOURCES.values() for name in files}
    if all((target / name).is_file() for name in made):
        return False
    found: dict[str, bytes] = {}
    for source, files in SOURCES.items():
        with tempfile.TemporaryDirectory() as folder:
            archive = layers.download_npm(Path(folder), source)
            found |= layers.read_members(archive, files, PINS)
    style = "bootstrap-italia.min.css"
    found[style] = _PLAYER_FONT.sub(b"", found[style])
    found["icons.svg"] = chosen_icons(found["icons.svg"])
    found["pagopa.svg"] = layers.mark_svg(found["pagopa.svg"])
    for name, data in found.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # The maps are not there: a browser's tools would ask for them in vain.
        layers.write_atomically(path, _SOURCE_MAP.sub(b"", data))
    return True


def chosen_icons(sprites: bytes) -> bytes:
    """The symbols of ICONS out of the whole set."""
    text = sprites.decode()
    symbols = []
    for name in ICONS:
        found = re.search(rf'<symbol id="it-{re.escape(name)}".*?</symbol>', text)
        if found is None:
            raise layers.LayerError(f"Bootstrap Italia has no icon called {name}")
        symbols.append(found[0])
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'.encode()


def files(vendor: Path = VENDOR) -> dict[str, Path]:
    """Everything that is published, by its key: `portal/app.js`, `portal/vendor/icons.svg`."""
    found = {}
    for prefix, folder in ((PREFIX, PAGES), (VENDOR_PREFIX, vendor)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in TYPES:
                found[prefix + path.relative_to(folder).as_posix()] = path
    return found


def publish(client: Any, bucket: str, vendor: Path = VENDOR) -> list[str]:
    """Puts every file into the bucket and takes away what is no longer one; gives the keys.

    Pages go last: whoever loads one finds what it names.
    """
    wanted = files(vendor)
    for key in sorted(wanted, key=lambda key: (key.endswith(".html"), key)):
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=wanted[key].read_bytes(),
            ContentType=TYPES[wanted[key].suffix],
            CacheControl="no-cache",  # else CloudFront would show the old one for a day
        )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    for page in pages:
        for known in page.get("Contents", []):
            if known["Key"] not in wanted:
                client.delete_object(Bucket=bucket, Key=known["Key"])
    return list(wanted)


def main() -> int:
    parser = argparse.ArgumentParser(description="Complete the portal's pages, and publish them.")
    parser.add_argument("--bucket", help="also put all of it into this bucket")
    bucket = parser.parse_args().bucket
    try:
        made = build()
    except layers.LayerError as error:
        print(f"portal: {error}", file=sys.stderr)
        return 1
    print(f"portal: {VENDOR} {'built' if made else 'is complete'}")
    if bucket:
        import boto3

        print(f"portal: {len(publish(boto3.client('s3'), bucket))} files in {bucket}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
