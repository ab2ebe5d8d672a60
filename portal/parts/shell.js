// What every page has around it: skip link, header, languages, navigation, status line, footer.

import { html, nothing } from "../lit.js";
import { items } from "../cart.js";
import { LANGUAGES } from "../language.js";
import { icon } from "./icon.js";

const MENU = [
  ["search", "search", ["search", "detail", "return"]],
  ["services", "note", ["services", "service"]],
  ["receipts", "file-pdf", ["receipts"]],
  ["cart", "cart", ["cart"]],
];
const FOOT = ["help", "accessibility", "privacy"];

export function shell(context, name, view) {
  const { words } = context;
  return html`
    <a class="skip" href="#main">${words.skip}</a>
    <header>
      <div class="head-slim">
        <div class="container">
          <span>${words.slim}</span>
          <nav aria-label=${words.languages}>${languages(context)}</nav>
        </div>
      </div>
      <div class="head-main">
        <div class="container">
          <a class="brand" href=${context.address("search")}>
            <img src="/portal/icon.svg" alt="" width="40" height="40">
            <span>${words.portal}</span>
          </a>
          <img class="mark" src="/portal/vendor/pagopa.svg" alt="pagoPA" width="49" height="33">
        </div>
      </div>
      <nav class="head-menu" aria-label=${words.menu}>
        <div class="container"><ul>
          ${MENU.map(([page, sign, within]) => entry(context, page, sign, within.includes(name)))}
        </ul></div>
      </nav>
    </header>
    ${navigator.onLine ? nothing : html`<p class="offline" role="alert">${words.offline}</p>`}
    <div id="status" class="visually-hidden" role="status" aria-live="polite"></div>
    <main id="main" tabindex="-1" class="container" data-page=${name}>${view}</main>
    <footer>
      <div class="container">
        <nav aria-label=${words.footer}>
          <ul>
            ${FOOT.map((page) => html`<li>
              <a href=${context.address(page)} aria-current=${name === page ? "page" : nothing}
                >${words.menuOf[page]}</a>
            </li>`)}
          </ul>
        </nav>
        <p>${words.about}</p>
      </div>
    </footer>
  `;
}

function entry(context, page, sign, isHere) {
  const count = page === "cart" ? items().length : 0;
  return html`<li>
    <a href=${context.address(page)} aria-current=${isHere ? "page" : nothing}>
      ${icon(sign, "icon-sm")}<span>${context.words.menuOf[page]}</span>
      ${count ? html`<span class="count">${count}<span class="visually-hidden">
        ${context.words.cartCount}</span></span>` : nothing}
    </a>
  </li>`;
}

export function languages({ language }) {
  const link = (code) => {
    const query = new URLSearchParams(location.search);
    query.set("lang", code);
    return `${location.pathname}?${query}`;
  };
  return html`<ul>
    ${Object.entries(LANGUAGES).map(([code, name]) => html`<li>
      <a href=${link(code)} lang=${code} hreflang=${code} data-language=${code}
        aria-current=${code === language ? "true" : nothing}
        ><abbr aria-hidden="true">${code}</abbr><span class="visually-hidden">${name}</span></a>
    </li>`)}
  </ul>`;
}
