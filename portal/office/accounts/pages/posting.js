// What has come and is not posted yet, by bank statement or by settlement flow; what was posted.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { badge, count, moment, shortDay } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import * as api from "../calls.js";
import { orderLink, sums } from "../shown.js";

export function open(context) {
  const { words, language } = context;
  const text = words.accounts.posting;
  const balance = makeData(context, api.balance);
  const statements = makeData(context, api.statements);
  const flows = makeList(context, async (cursor) => {
    const found = await api.readyFlows(cursor);
    return { items: found.flows, cursor: found.cursor };
  });
  const runs = makeData(context, api.runs);

  const standing = (found) => html`${sums(context, [
    [text.open, found.open_cents], [text.anomalous, found.anomalous_cents],
    [text.posted, found.posted_cents],
  ])}
    ${found.open_cents ? html`<p><a class="btn btn-outline-primary"
      href=${context.address("postable", { mode: "payments" })}>${text.all}</a></p>` : nothing}`;

  const statementRows = (items) => (items.length ? table({
    caption: text.statements,
    columns: [[text.file], [text.account], [words.dues.at], [text.movements, "number"],
      [words.amount, "number"]],
    rows: items,
    cells: (each) => [
      each.state === "read" ? html`<a href=${context.address("postable",
        { mode: "statement", name: each.id })}>${each.file_name}</a>`
        : html`${each.file_name}<small>${text.notRead}</small>`,
      each.account || "–", moment(each.created_at, language), count(each.movements, language),
      amount(each.cents, language),
    ],
  }) : html`<p>${text.noStatements}
    <a href=${context.address("statement")}>${words.menuOf.statement}</a></p>`);

  const flowRows = (items) => html`${items.length ? table({
    caption: text.flows,
    columns: [[text.flow], [text.settled], [text.credited], [text.payments, "number"],
      [words.amount, "number"]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("postable", { mode: "flow", name: each.id })}>${each.flow_id}</a>
        <small>${each.psp}</small>`,
      shortDay(each.settled, language), shortDay(each.bank_day, language) || "–",
      count(each.lines - each.posted_lines, language),
      amount(each.matched_cents - each.posted_cents, language),
    ],
  }) : html`<p>${text.noFlows}</p>`}${more(words, flows)}`;

  const runRows = (items) => (items.length ? table({
    caption: text.runs,
    columns: [[text.when], [text.what], [words.state], [text.orders], [words.amount, "number"],
      [text.left, "number"]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("run", { id: each.id })}>${moment(each.created_at, language)}</a>`,
      text.modes[each.mode], badge(text.states, each.state),
      each.first ? html`${orderLink(context, each.first)}${each.last === each.first ? nothing
        : html` – ${orderLink(context, each.last)}`}<small>${fill(text.made, {
          n: count(each.orders, language) })}</small>` : "–",
      amount(each.cents, language), count(each.left, language),
    ],
  }) : html`<p>${text.noRuns}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${balance.view(standing)}
    <h2>${text.statements}</h2>
    <p>${text.statementsText}</p>
    ${statements.view(statementRows)}
    <h2>${text.flows}</h2>
    <p>${text.flowsText}</p>
    ${flows.view(flowRows)}
    <h2>${text.runs}</h2>
    ${runs.view(runRows)}`;
  return { title: text.title, view };
}
