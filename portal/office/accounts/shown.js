// What several pages of this room show: orders, days, why something stays open.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { badge } from "../parts/show.js";
import { table } from "../parts/table.js";

/** The year in Italy, which may be another one here. */
export const yearNow = () =>
  Number(new Intl.DateTimeFormat("en", { year: "numeric", timeZone: "Europe/Rome" }).format(new Date()));

/** Today in Italy as 2026-06-30. */
export const today = () =>
  new Intl.DateTimeFormat("sv", { dateStyle: "short", timeZone: "Europe/Rome" }).format(new Date());

/** The financial years that an office looks at, the present one first. */
export const years = () => Array.from({ length: 6 }, (_, back) => String(yearNow() - back));

/** "2026-0000012" as people write it. */
export function orderName(id) {
  const [year, number] = id.split("-");
  return `${Number(number)}/${year}`;
}

export const orderLink = (context, id) => html`<a href=${context.address("order", { id })}
  >${orderName(id)}</a>`;

/** Who an order names: somebody, or each line's own debtor. */
export const counterpart = (words, order) => order.counterpart || words.accounts.shared.debtors;

/** What an order is of: chapter, and of which year where it is residual. */
export const chapterOf = (words, order) => html`${order.chapter}<small>${
  words.flows.provenances[order.provenance] ?? order.provenance}${
  order.residual_year ? ` ${order.residual_year}` : ""}</small>`;

/** The order's own state, and how it stands with the treasurer. */
export const orderState = (words, order) => html`${badge(words.accounts.shared.orderStates, order.state)}
  ${order.treasury ? badge(words.accounts.shared.treasury, order.treasury.state) : nothing}`;

/** The words for a code of the API, else the code itself. */
export const reason = (words, code) => words.accounts.shared.problems[code] ?? words.codes[code] ?? code;

/** Payments that stay open with why, by key. */
export const problemsTable = (words, caption, problems) => table({
  caption,
  columns: [["IUV"], [words.accounts.shared.why]],
  rows: problems,
  // The name of a payment begins with its IUV.
  cells: (each) => [each.payment.split("#")[0], reason(words, each.code)],
});

/** Sums that stand above a page: [label, cents, how many or ""]. */
export const sums = (context, rows) => html`<ul class="numbers">${rows.map(([label, cents, note]) =>
  html`<li>${label}<strong>${amount(cents, context.language)}</strong>${note ?? nothing}</li>`)}</ul>`;

/** A choice in a dialog: what was chosen is told to `set`. */
export const select = (id, label, choices, value, set) => html`<div class="row-field">
  <label for=${id}>${label}</label>
  <select class="form-select" id=${id} @change=${(event) => set(event.target.value)}>
    ${choices.map(([each, text]) => html`<option value=${each} ?selected=${each === value}>${text}
    </option>`)}</select></div>`;

/** A small button of a row, which says by `name` what it is of. */
export const rowButton = (label, name, work) => html`<button type="button"
  class="btn btn-outline-primary btn-sm" @click=${work}>${label}<span class="visually-hidden"> ${name}</span></button>`;
