// What registers were told: paid, taken back, notices; what failed and is told again.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { badge, count, done, moment, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { orderLink, reason, rowButton } from "../shown.js";

const SHOWN = 100;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.writebacks;
  const states = Object.keys(text.states);
  const state = states.includes(parameters.get("state")) ? parameters.get("state") : "";
  const acts = makeActs(context);
  const data = makeData(context, () => api.reports(state));

  const again = (report) => acts.run(async () => {
    const told = await api.retryReport(report.id);
    data.value = data.value.map((each) => (each.id === told.id ? told : each));
  }, fill(text.begun, { code: report.register_code }));

  const lines = (report) => html`<details><summary>${fill(text.lines, {
      n: count(report.lines.length, language),
      bad: count(report.lines.filter((each) => each.state === "failed").length, language) })}
    <span class="visually-hidden">${moment(report.created_at, language)}</span></summary>
    ${table({
      caption: text.dues,
      columns: [[text.source], ["IUV"], [text.number], [words.amount, "number"], [text.day], [words.state]],
      rows: report.lines.slice(0, SHOWN),
      cells: (each) => [
        each.source, each.iuv || "–",
        report.kind !== "notices" && /^\d{4}-\d{7}$/.test(each.number) ? orderLink(context, each.number)
          : each.number || "–",
        amount(each.cents, language), shortDay(each.day, language) || "–",
        html`${badge(text.states, each.state)}${each.words ? html`<small lang="it">${each.words}</small>` : nothing}`,
      ],
    })}
    ${report.lines.length > SHOWN ? html`<p>${fill(words.import.some, { n: count(SHOWN, language) })}</p>` : nothing}
  </details>`;

  const one = (report) => html`<li class="sheet"><div>
      <p class="title-row"><span class="creditor">${report.register_code}
        <span class="hint">${text.kinds[report.kind]}</span></span> ${badge(text.states, report.state)}</p>
      <p class="hint">${text.at} ${moment(report.created_at, language)}${report.tries ? html` ·
        ${fill(text.tries, { n: count(report.tries, language), at: moment(report.tried_at, language) })}` : nothing}</p>
      ${report.code ? html`<p>${reason(words, report.code)}</p>` : nothing}
      ${report.words ? html`<p>${text.said}</p><p class="said">${report.words}</p>` : nothing}
      ${lines(report)}
    </div>
    ${may("body:write") && report.state === "failed" ? html`<p class="buttons">${rowButton(text.again,
      `${report.register_code} ${moment(report.created_at, language)}`, () => again(report))}</p>` : nothing}</li>`;

  const draw = (reports) => (reports.length ? html`<ul class="items stacked">${reports.map(one)}</ul>`
    : html`<p>${state ? text.noneOfState : text.none}</p>`);

  const view = () => html`<p><a href=${context.address("registers")}>${words.accounts.registers.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    <nav aria-label=${words.filter}><p class="buttons">${["", ...states].map((each) => html`<a
      class="btn btn-sm ${each === state ? "btn-primary" : "btn-outline-primary"}"
      aria-current=${each === state ? "page" : nothing}
      href=${context.address("writebacks", { state: each })}>${each ? text.states[each] : text.all}</a>`)}</p></nav>
    ${data.view(draw)}`;
  return { title: text.title, view };
}
