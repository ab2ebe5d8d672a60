// What every page of the office has around it.

import { html, nothing } from "../../lit.js";
import { languages } from "../../parts/shell.js";
import { may, session } from "../session.js";
import { codeDialog } from "./code.js";

// A group of the menu, and its entries: the page, the scope it wants, the pages that belong to it.
const MENU = [
  ["home", [["home", "body:read", ["home"]]]],
  ["collect", [
    ["positions", "body:read", ["positions", "position"]],
    ["entry", "body:write", ["entry"]],
    ["dues", "body:read", ["dues", "import", "layout"]],
    ["flows", "body:read", ["flows", "flow"]],
    ["deliveries", "body:read", ["deliveries", "delivery"]],
    ["letters", "body:read", ["letters", "letter"]],
    ["refusals", "body:read", ["refusals"]],
  ]],
  ["settle", [
    ["settlements", "body:read", ["settlements", "collections", "settlement"]],
    ["anomalies", "body:read", ["anomalies"]],
  ]],
  ["post", [
    ["posting", "body:read", ["posting", "postable", "run"]],
    ["orders", "body:read", ["orders", "order", "assessment"]],
    ["treasury", "body:read", ["treasury"]],
    ["journal", "body:read", ["journal"]],
    ["closing", "body:read", ["closing"]],
    ["books", "body:read", ["books"]],
  ]],
  ["tools", [
    ["statement", "body:read", ["statement", "movements"]],
    ["registers", "body:read", ["registers", "writebacks"]],
    ["training", "body:read", ["training", "event", "fiscal"]],
    ["help", "body:read", ["help", "request"]],
    ["audit", "audit:read", ["audit"]],
  ]],
  ["set", [
    ["body", "body:read", ["body"]],
    ["ibans", "body:read", ["ibans"]],
    ["services", "body:read", ["services", "service"]],
    ["pagopa", "body:read", ["pagopa"]],
    ["enrolment", "body:read", ["enrolment"]],
    ["channels", "body:read", ["channels", "channel"]],
    ["mail", "body:read", ["mail"]],
    ["webhook", "settings:read", ["webhook"]],
    ["access", "grants:read", ["access"]],
  ]],
];

/** What somebody may open, group by group. */
function menuOf() {
  return MENU.map(([group, entries]) => [group, entries.filter(([, scope]) => may(scope))])
    .filter(([, entries]) => entries.length);
}

const entry = (context, name, [page, , within]) => html`<li><a href=${context.address(page)}
  aria-current=${within.includes(name) ? "page" : nothing}>${context.words.menuOf[page]}</a></li>`;

/** A group with one entry is that entry. Those of one name close each other: the browser does it. */
const group = (context, name, [title, entries]) => (entries.length === 1
  ? entry(context, name, entries[0])
  : html`<li><details name="menu" @keydown=${closeByEscape} @click=${closeAfterChoice}>
    <summary data-current=${entries.some(([, , within]) => within.includes(name)) || nothing}
      >${context.words.groupOf[title]}</summary>
    <ul>${entries.map((each) => entry(context, name, each))}</ul>
  </details></li>`);

function closeByEscape(event) {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary").focus();
}

function closeAfterChoice(event) {
  if (event.target.closest("a")) event.currentTarget.open = false;
}

export function shell(context, name, view) {
  const { words } = context;
  const who = session();
  const menu = who ? menuOf() : [];
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
      ${menu.length ? html`<nav class="head-menu" aria-label=${words.menu}>
        <div class="container"><ul>${menu.map((each) => group(context, name, each))}</ul></div>
      </nav>` : nothing}
    </header>
    ${navigator.onLine ? nothing : html`<p class="offline" role="alert">${words.offline}</p>`}
    <div id="status" class="visually-hidden" role="status" aria-live="polite"></div>
    <main id="main" tabindex="-1" class="container" data-page=${name}>${view}</main>
    <footer><div class="container"><p>${words.about}</p></div></footer>
    ${codeDialog(context)}`;
}
