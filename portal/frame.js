// What moves between pages: their addresses, the language, the focus, and what is said to those who
// do not see a page change.

import { render } from "./lit.js";
import { languageOf, remember } from "./language.js";

/**
 * Opens the page that the address names and goes on from there. `home`: the path of all pages;
 * `pages`: their names, the first of them being the address without a name; `load(name)` and
 * `wordsOf(language)` bring a page's module and the texts; `shell(context, name, view)` is drawn
 * around each. `guard(name, parameters)`, where not all is for everybody, may name another page.
 */
export function start({ home, pages, load, wordsOf, shell, guard = null }) {
  let current = null;
  let shown = "";

  /** The address of a page; the first one is the bare path. */
  function address(page, parameters = {}) {
    const query = new URLSearchParams();
    if (page !== pages[0]) query.set("page", page);
    const asked = new URLSearchParams(location.search).get("lang");
    for (const [name, value] of Object.entries({ lang: asked, ...parameters })) {
      if (value) query.set(name, value);
    }
    const text = query.toString();
    return home + (text ? `?${text}` : "");
  }

  function pageOf(parameters) {
    // Some files have a page of their own: where Checkout sends people back to, what is not there.
    const own = location.pathname === home ? pages[0] : document.body.dataset.page;
    const wanted = parameters.get("page") ?? own;
    return pages.includes(wanted) ? wanted : "missing";
  }

  async function open({ first = false } = {}) {
    const parameters = new URLSearchParams(location.search);
    const language = languageOf(parameters, navigator.languages);
    current?.leave?.();
    const opened = { name: pageOf(parameters), language, parameters };
    current = opened;
    shown = location.pathname + location.search;
    let words, module;
    try {
      opened.name = (await guard?.(opened.name, parameters)) ?? opened.name;
      [words, module] = await Promise.all([wordsOf(language), load(opened.name)]);
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
  function go(page, parameters = {}) {
    history.pushState(null, "", address(page, parameters));
    return open();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !isPlainClick(event) || link.target || link.hasAttribute("download")) return;
    if (link.dataset.language) remember(link.dataset.language);
    const wanted = new URL(link.href);
    if (wanted.origin !== location.origin || wanted.pathname !== home || wanted.hash) return;
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
  return { update: () => current?.context?.update(), go, address };
}

function isPlainClick(event) {
  const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  return event.button === 0 && !other && !event.defaultPrevented;
}
