// Back from pagoPA's page. What the address says is no proof: paid is what our own receipt says.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import * as cart from "../cart.js";
import { amount } from "../format.js";
import { lastCart } from "../parts/checkout.js";
import { icon } from "../parts/icon.js";
import { number, state } from "../parts/notice.js";
import { problem, waiting } from "../parts/problem.js";

// Receipts come within seconds, seldom within minutes: ask less and less often, then on demand.
const WAITS_S = [1, 2, 2, 3, 5, 8, 13, 20, 30, 30, 60, 60, 120];
const FINAL = new Set(["paid", "failed", "cancelled"]);
const OUTCOMES = new Set(["ok", "ko", "cancel"]);

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.return;
  const id = parameters.get("cart") || lastCart();
  const outcome = parameters.get("outcome") ?? "";
  let found = null;
  let failure = null;
  let tries = 0;
  let timer = 0;
  let isAsking = false;

  async function ask() {
    clearTimeout(timer);
    if (isAsking) return;
    isAsking = true;
    failure = null;
    context.update();
    const before = found?.state;
    try {
      found = await api.cartOf(id, OUTCOMES.has(outcome) ? outcome : "");
    } catch (error) {
      failure = error;
    }
    isAsking = false;
    if (!context.isOpen()) return;
    for (const each of found?.items ?? []) if (each.state === "paid") cart.remove(each.notice);
    context.update();
    if (found && found.state !== before) context.announce(headline(text, found, outcome));
    if (!isDone() && tries < WAITS_S.length) timer = setTimeout(ask, WAITS_S[tries++] * 1000);
  }

  function isDone() {
    if (!found) return failure !== null && failure.status >= 400 && failure.status < 500;
    // Nothing will come of a payment that somebody left before it was begun.
    return FINAL.has(found.state) || (found.state === "open" && outcome === "cancel");
  }

  const again = () => {
    tries = 0;
    return ask();
  };

  function view() {
    if (!id) {
      return html`<h1 tabindex="-1">${text.title}</h1><p>${text.none}</p>
        <p><a class="btn btn-primary" href=${context.address("search")}>${words.search.find}</a></p>`;
    }
    return html`<h1 tabindex="-1">${text.title}</h1>
      ${failure ? problem(words, failure, again) : nothing}
      ${found ? result() : failure ? nothing : waiting(words)}`;
  }

  function result() {
    const kind = kindOf(found, outcome);
    return html`
      <div class="outcome outcome-${kind}">
        ${icon(SIGNS[kind], "icon-lg")}
        <div><h2>${headline(text, found, outcome)}</h2><p>${text[kind].text}</p></div>
      </div>
      <ul class="items">${found.items.map((each) => html`<li class="sheet">
        <p>${words.noticeNumber} ${number(each.notice)}</p>
        <p class="money"><strong>${amount(each.cents, language)}</strong>
          ${state(words, each.state)}</p>
        ${each.state === "paid" ? html`<p><a
          href=${context.address("receipts", { notice: each.notice })}
          >${words.detail.receipt}<span class="visually-hidden"> ${each.notice}</span></a></p>`
          : nothing}
      </li>`)}</ul>
      <p class="buttons">
        ${kind === "paid" || kind === "cancelled" ? nothing : html`<button type="button" class="btn btn-primary" @click=${again}
          aria-disabled=${isAsking ? "true" : nothing}>
          ${icon("refresh", "icon-sm icon-white")} ${text.check}</button>`}
        ${kind === "paid" || kind === "verifying" ? nothing : html`<a class="btn btn-primary"
          href=${context.address("cart")}>${text.retry}</a>`}
        <a class="btn btn-outline-primary" href=${context.address("search")}>${text.another}</a>
      </p>`;
  }

  if (id) ask();
  return { title: text.title, view, leave: () => clearTimeout(timer) };
}

const SIGNS = {
  paid: "check-circle", verifying: "clock", failed: "close-circle", cancelled: "info-circle",
};

/** An open cart whose payment may have begun is in verification. */
function kindOf(found, outcome) {
  if (found.state !== "open") return found.state;
  return outcome === "cancel" ? "cancelled" : "verifying";
}

function headline(text, found, outcome) {
  return text[kindOf(found, outcome)].title;
}
