// One posting: how far it is, the orders that it made, what stayed open and why.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { facts } from "../../../parts/notice.js";
import { badge, count, moment } from "../../parts/show.js";
import { makeData, watch } from "../../parts/work.js";
import * as api from "../calls.js";
import { orderLink, problemsTable } from "../shown.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.run;
  const shared = words.accounts.posting;
  const id = parameters.get("id") ?? "";
  const data = makeData(context, () => api.runOf(id));
  const watching = watch(context, data, (run) => run.state === "posted",
    (run) => context.announce(shared.states[run.state]));

  const draw = (run) => html`
    <p>${badge(shared.states, run.state)}</p>
    ${run.state === "posting" ? html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>
      ${fill(text.posting, { n: count(run.orders, language) })}</p>` : nothing}
    ${run.state === "posted" ? html`<p class="alert ${run.orders ? "alert-success" : "alert-warning"}"
      role="status">${run.orders ? text.posted : text.nothing}</p>` : nothing}
    <section class="sheet" aria-label=${text.title}>${facts([
      [shared.what, shared.modes[run.mode]],
      [text.orders, count(run.orders, language)],
      [text.first, run.first ? orderLink(context, run.first) : ""],
      [text.last, run.last && run.last !== run.first ? orderLink(context, run.last) : ""],
      [shared.payments, count(run.payments, language)],
      [words.amount, amount(run.cents, language)],
      [shared.left, count(run.left, language)],
      [shared.when, moment(run.created_at, language)],
    ])}</section>
    <p class="buttons">
      ${run.first ? html`<a class="btn btn-primary" href=${context.address("orders",
        { year: run.first.slice(0, 4) })}>${text.toOrders}</a>` : nothing}
      <a class="btn btn-outline-primary" href=${context.address("posting")}>${text.another}</a></p>
    ${run.problems.length ? html`<h2>${words.accounts.drafts.problems}</h2>
      <p>${words.accounts.drafts.problemsText}</p>
      ${run.problems.length < run.left ? html`<p>${fill(words.import.some, {
        n: count(run.problems.length, language) })}</p>` : nothing}
      ${problemsTable(words, words.accounts.drafts.problems, run.problems)}` : nothing}`;

  const view = () => html`<p><a href=${context.address("posting")}>${shared.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    ${data.view(draw)}`;
  return { title: text.title, view, leave: watching.leave };
}
