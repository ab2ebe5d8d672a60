// What an office looks at first: what is to do, what is under way, where the rest is.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import * as api from "../api.js";
import { badge, count, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeData } from "../parts/work.js";
import { may, session } from "../session.js";
import { makeMatched } from "../settlements/parts/matched.js";

const SHOWN = 5;

export function open(context) {
  const { words, language } = context;
  const text = words.home;
  const data = may("body:read") ? makeData(context, async () => {
    const [imports, flows, deliveries] = await Promise.all([
      api.imports(), api.flows(), api.deliveries(),
    ]);
    return { imports, flows, deliveries };
  }) : null;

  const sums = may("body:read") ? makeData(context, api.summary) : null;
  const matched = may("body:read") ? makeMatched(context) : null;
  const standing = (found) => html`<ul class="numbers">${["due", "paid", "open", "overdue"].map(
    (each) => html`<li>${text.sums[each]}<strong>${amount(found[each].cents, language)}</strong>
      ${fill(text.count, { n: count(found[each].count, language) })}</li>`)}</ul>`;

  const link = (page, id, label) => html`<a href=${context.address(page, { id })}>${label}</a>`;

  function latest({ imports, flows, deliveries }) {
    if (!imports.length && !flows.length) {
      return html`<h2>${text.begin}</h2><ol>${text.steps.map((each) => html`<li>${each}</li>`)}</ol>
        <p><a class="btn btn-primary" href=${context.address("dues")}>${words.menuOf.dues}</a></p>`;
    }
    const waiting = imports.filter((each) => each.state === "checked");
    const open = flows.filter((each) => each.state === "listed");
    const halted = deliveries.filter((each) => each.state === "halted" || each.failed);
    return html`
      ${waiting.length || open.length || halted.length ? html`<h2>${text.todo}</h2><ul>
        ${waiting.map((each) => html`<li>${link("import", each.id,
          fill(text.toCommit, { name: each.file_name }))}</li>`)}
        ${open.map((each) => html`<li>${link("flow", each.id,
          fill(text.toGenerate, { n: count(each.dues, language) }))}</li>`)}
        ${halted.map((each) => html`<li>${link("delivery", each.id,
          fill(text.toResend, { n: count(each.failed, language), at: moment(each.created_at, language) }))}</li>`)}
      </ul>` : nothing}
      <h2>${words.menuOf.flows}</h2>
      ${flows.length ? table({
        caption: words.menuOf.flows,
        columns: [[words.flows.name], [words.state], [words.flows.dues, "number"],
          [words.flows.positions, "number"], [words.amount, "number"]],
        rows: flows.slice(0, SHOWN),
        cells: (each) => [
          link("flow", each.id, each.parameters.description || moment(each.created_at, language)),
          badge(words.flows.states, each.state), count(each.dues, language),
          count(each.made, language), amount(each.cents, language),
        ],
      }) : html`<p>${words.flows.none}</p>`}
      ${deliveries.length ? html`<h2>${words.menuOf.deliveries}</h2>
        ${table({
          caption: words.menuOf.deliveries,
          columns: [[words.deliveries.begun], [words.state], [words.deliveries.sent, "number"],
            [words.deliveries.failed, "number"], [words.deliveries.queued, "number"]],
          rows: deliveries.slice(0, SHOWN),
          cells: (each) => [
            link("delivery", each.id, moment(each.created_at, language)),
            badge(words.deliveries.states, each.state), count(each.sent, language),
            count(each.failed, language), count(each.queued, language),
          ],
        })}` : nothing}`;
  }

  const view = () => html`<h1 tabindex="-1">${fill(text.title, { name: session().name })}</h1>
    ${data ? html`
      <form class="narrow" role="search" aria-label=${text.find} @submit=${find} novalidate>
        <div class="row-field"><label for="iuv">${text.find}</label>
          <input class="form-control" id="iuv" name="iuv" inputmode="numeric" maxlength="30"
            autocomplete="off" spellcheck="false"></div>
        <p><button class="btn btn-primary" type="submit">${words.find}</button></p>
      </form>
      <h2>${text.standing}</h2>${sums.view(standing)}
      ${matched.view()}
      ${data.view(latest)}` : html`<p class="alert alert-warning">${text.notBody}</p>`}`;

  function find(event) {
    event.preventDefault();
    const iuv = event.target.elements.iuv.value;
    if (iuv.trim()) context.go("positions", { iuv: iuv.replace(/\D/g, "") });
  }
  return { title: words.menuOf.home, view };
}
