// The shell: which page, in which language, and what moves between them.

import { render } from "./lit.js";
import { languageOf, remember, wordsOf } from "./language.js";
import { shell } from "./parts/shell.js";

const PAGES = new Set([
  "search", "detail", "cart", "return", "services", "service", "receipts", "help",
  "accessibility", "privacy", "missing",
]);
const HOME = "/portal/";

let current = null;
let shown = "";

/** The address of a page: `search` is the portal's own, all others name themselves. */
export function address(page, parameters = {}) {
  const query = new URLSearchParams();
  if (page !== "search") query.set("page", page);
  const asked = new URLSearchParams(location.search).get("lang");
  for (const [name, value] of Object.entries({ lang: asked, ...parameters })) {
    if (value) query.set(name, value);
  }
  const text = query.toString();
  return HOME + (text ? `?${text}` : "");
}

function pageOf(parameters) {
  // Two files have a page of their own: where Checkout sends people back to, and what is not there.
  const own = location.pathname === HOME ? "search" : document.body.dataset.page;
  const wanted = parameters.get("page") ?? own;
  return PAGES.has(wanted) ? wanted : "missing";
}

async function open({ first = false } = {}) {
  const parameters = new URLSearchParams(location.search);
  const name = pageOf(parameters);
  const language = languageOf(parameters, navigator.languages);
  current?.leave?.();
  const opened = { name, language, parameters };
  current = opened;
  shown = location.pathname + location.search;
  let words, module;
  try {
    [words, module] = await Promise.all([wordsOf(language), import(`./pages/${name}.js`)]);
  } catch {
    // The browser's own page says best that there is no network; nobody is left before nothing.
    if (first) document.body.textContent = "Ricarica la pagina. – Please reload the page.";
    else location.reload();
    return;
  }
  if (current !== opened) return; // somebody was faster
  document.documentElement.lang = language;
  const context = {
    words, language, parameters, address, go,
    // A page may begin to work before it is there to be shown.
    update: () => current === opened && opened.view && draw(opened),
    /** Told to who does not see the page change. */
    announce: (text) => say(text),
    isOpen: () => current === opened,
  };
  const { title, view, leave } = module.open(context);
  Object.assign(opened, { context, title, view, leave });
  draw(opened);
  say("");
  document.title = `${title} – ${words.portal}`;
  if (!first) {
    window.scrollTo(0, 0);
    document.querySelector("h1")?.focus({ preventScroll: true });
  }
}

function draw(opened) {
  render(shell(opened.context, opened.name, opened.view()), document.body);
}

function say(text) {
  const place = document.getElementById("status");
  if (place && place.textContent !== text) place.textContent = text;
}

/** Goes to another page without loading this one anew. */
export function go(page, parameters = {}) {
  history.pushState(null, "", address(page, parameters));
  return open();
}

function isPlainClick(event) {
  const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !other && !event.defaultPrevented;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || !isPlainClick(event) || link.target || link.hasAttribute("download")) return;
  if (link.dataset.language) remember(link.dataset.language);
  const wanted = new URL(link.href);
  if (wanted.origin !== location.origin || wanted.pathname !== HOME || wanted.hash) return;
  event.preventDefault();
  history.pushState(null, "", wanted);
  open();
});
window.addEventListener("popstate", () => {
  // Going to a place within the page is told here too, and changes nothing.
  if (location.pathname + location.search !== shown) open();
});
for (const change of ["online", "offline"]) {
  window.addEventListener(change, () => current?.context?.update());
}

document.querySelector("noscript")?.remove();
open({ first: true });
