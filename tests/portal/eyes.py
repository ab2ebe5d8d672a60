"""A page of the portal as a person has it, with what a person does not see: errors, refusals of the
security policy, and what axe finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from infra.browser import TARGET

AXE = TARGET / "axe.min.js"
# The policy forbids to run texts: axe comes in by the browser's own door, as an extension would.
RUN_AXE = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map((each) =>
    `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html).join(" | ")}`);
}"""
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const inside = (node) => node.closest(".visually-hidden, .skip");
  const wide = [...document.body.querySelectorAll("*")].filter((node) =>
    !inside(node) && node.getBoundingClientRect().right > width + 0.5);
  return {scroll: document.documentElement.scrollWidth - width,
          wide: wide.map((node) => node.outerHTML.slice(0, 120))};
}"""
# Pages look again after a while.
_PACE = """(() => {
  const wait = window.setTimeout.bind(window);
  window.setTimeout = (done, ms = 0, ...more) => wait(done, ms * %s, ...more);
})();"""


def hurried(context: BrowserContext) -> BrowserContext:
    """A while is a tenth of itself."""
    context.add_init_script(_PACE % 0.1)
    return context


def patient(context: BrowserContext) -> BrowserContext:
    """Pages look again when somebody presses, and not before him."""
    context.add_init_script(_PACE % 100)
    return context


@dataclass
class Eyes:
    page: Page
    site: str
    trouble: list[str] = field(default_factory=list)
    # A failed call is told in the console by the browser itself; tests that want one say so.
    expected: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", self._failed)

    def leave(self) -> None:
        """The tab is as new for the next one."""
        self.page.remove_listener("console", self._heard)
        self.page.remove_listener("pageerror", self._failed)
        if self.page.url == "about:blank":  # somebody has left it before
            return
        self.page.evaluate("sessionStorage.clear()")
        self.page.emulate_media(media="screen")
        # What a page still waits for is no trouble of whoever comes next.
        self.page.goto("about:blank")

    def _failed(self, error: Any) -> None:
        self.trouble.append(f"error: {error}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.trouble.append(f"{message.type}: {message.text}")

    def open(self, where: str = "") -> None:
        """`where`: a query of the portal's page, or a file and its query."""
        self.page.goto(f"{self.site}/portal/{where}")
        expect(self.h1).to_be_visible()

    @property
    def h1(self) -> Locator:
        return self.page.locator("h1")

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str, **more: Any) -> None:
        self.page.get_by_role("link", name=name, **more).first.click()

    def at(self, title: str) -> None:
        expect(self.h1).to_have_text(title)

    def sees(self, text: str) -> None:
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()

    def require_accessible(self) -> None:
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        assert self.page.evaluate(RUN_AXE) == []

    def require_narrow(self) -> None:
        """Nothing is wider than the window."""
        assert self.page.evaluate(WIDER) == {"scroll": 0, "wide": []}

    def require_clean(self) -> None:
        rest = [one for one in self.trouble if not any(known in one for known in self.expected)]
        assert rest == [], "\n".join(rest)
