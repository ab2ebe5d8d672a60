// How settlements are told of: labels in plain words with what to do, what a flow's checks found.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { count, shortDay } from "../../parts/show.js";

/** A day that is not broken over two lines; a dash where there is none. */
export const dayIn = (text, language) => (text
  ? html`<span class="day">${shortDay(text, language)}</span>` : "–");

/** What a label means; of one without words its code, so that whoever helps knows it. */
export const meaning = (words, label) => words.settlements.labels[label]?.[0] ?? label;

/** Labels with what they mean and what to do about them. */
export function advice(words, labels) {
  return html`<dl class="facts">${labels.map((each) => {
    const [means, todo] = words.settlements.labels[each] ?? [each, ""];
    return html`<div><dt>${means}</dt><dd>${todo || "–"}</dd></div>`;
  })}</dl>`;
}

/** In a list: what does not agree with a flow, or that all does. */
export function shortChecks({ words, language }, flow) {
  const text = words.settlements.checks;
  const cents = (name, value) => value && fill(text[name], { amount: amount(value, language) });
  const found = [
    ...flow.labels.map((each) => meaning(words, each)),
    flow.state === "differs" && cents("off", flow.difference_cents),
    cents("unreceipted", flow.unreceipted_cents), cents("anomalous", flow.anomalous_cents),
    cents("elsewhere", flow.elsewhere_cents),
    flow.overdue && text.overdue, !flow.complete && text.incomplete,
    flow.posted_lines && fill(text.posted, {
      n: count(flow.posted_lines, language), of: count(flow.lines, language) }),
  ].filter(Boolean);
  if (!found.length) return text.fine;
  return found.length === 1 ? found[0] : html`<ul class="plain">${found.map((each) => html`
    <li>${each}</li>`)}</ul>`;
}

/** A payment's labels in a cell; nothing where all agrees. */
export function labelsOf(words, payment) {
  const odd = payment.labels.filter((each) => !QUIET.has(each));
  return html`${odd.map((each) => html`<small class="keep">${meaning(words, each)}</small>`)}${payment.overdue
    ? html`<small class="keep">${words.settlements.checks.overdue}</small>` : nothing}`;
}
const QUIET = new Set(["RT_IUF", "RT_IUF_TES", "RT_TES"]);

/** Of 0 lines nothing can be said. A whole hundred only when nothing is missing. */
export function shareOf({ lines, elsewhere, matched }) {
  const mine = lines - elsewhere;
  return mine > 0 ? Math.floor((matched * 100) / mine) : null;
}
