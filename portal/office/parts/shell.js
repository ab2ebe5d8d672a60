// What every page of the office has around it.

import { html, nothing } from "../../lit.js";
import { languages } from "../../parts/shell.js";
import { may, session } from "../session.js";
import { codeDialog } from "./code.js";

const MENU = [
  ["home", "body:read", ["home"]],
  ["positions", "body:read", ["positions", "position"]],
  ["dues", "body:read", ["dues", "import"]],
  ["flows", "body:read", ["flows", "flow"]],
  ["deliveries", "body:read", ["deliveries", "delivery"]],
  ["mail", "body:read", ["mail"]],
  ["access", "grants:read", ["access"]],
];

export function shell(context, name, view) {
  const { words } = context;
  const who = session();
  const menu = MENU.filter(([, scope]) => may(scope));
  return html`
    <a class="skip" href="#main">${words.skip}</a>
    <header class="office">
      <div class="head-slim">
        <div class="container">
          <span>${words.slim}</span>
          <nav aria-label=${words.languages}>${languages(context)}</nav>
        </div>
      </div>
      <div class="head-main">
        <div class="container">
          <a class="brand" href=${context.address("home")}>
            <img src="/portal/icon.svg" alt="" width="40" height="40">
            <span>${words.portal}</span>
          </a>
          ${who ? html`<a class="who" href=${context.address("account")}
            aria-current=${name === "account" ? "page" : nothing}>${who.name || who.mail}<span
            class="visually-hidden">: ${words.menuOf.account}</span></a>` : nothing}
        </div>
      </div>
      ${who && menu.length ? html`<nav class="head-menu" aria-label=${words.menu}>
        <div class="container"><ul>${menu.map(([page, , within]) => html`<li>
          <a href=${context.address(page)} aria-current=${within.includes(name) ? "page" : nothing}
            >${words.menuOf[page]}</a></li>`)}</ul></div>
      </nav>` : nothing}
    </header>
    ${navigator.onLine ? nothing : html`<p class="offline" role="alert">${words.offline}</p>`}
    <div id="status" class="visually-hidden" role="status" aria-live="polite"></div>
    <main id="main" tabindex="-1" class="container" data-page=${name}>${view}</main>
    <footer><div class="container"><p>${words.about}</p></div></footer>
    ${codeDialog(context)}`;
}
