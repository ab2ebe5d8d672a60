// How a notice is shown, wherever it is.

import { html, nothing } from "../lit.js";
import { amount, day, grouped } from "../format.js";

const COLOURS = {
  payable: "primary", open: "primary", verifying: "warning", paid: "success",
  closed: "secondary", not_payable: "danger", failed: "danger", cancelled: "secondary",
};

export function state(words, name) {
  return html`<span class="badge state-${COLOURS[name] ?? "secondary"}"
    >${words.states[name] ?? name}</span>`;
}

export const number = (notice) => html`<span class="number">${grouped(notice)}</span>`;

/** Terms with what they are; those without a value are left out. */
export function facts(rows) {
  const kept = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return html`<dl class="facts">${kept.map(([term, value]) => html`<div>
    <dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function sum(context, cents, due) {
  const { words, language } = context;
  return html`<p class="sum"><span class="visually-hidden">${words.amount}</span>
    <strong>${amount(cents, language)}</strong>
    ${due ? html`<span>${words.by} ${day(due, language)}</span>` : nothing}</p>`;
}
