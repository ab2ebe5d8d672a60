// The inbox of reconciliation: what does not agree, in plain words, with what to do about it.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { count, done } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import * as calls from "../calls.js";
import { makeFilters } from "../parts/filters.js";
import { makeLinking } from "../parts/linking.js";
import { deeds } from "../parts/movements.js";
import { makeReopening } from "../parts/reopening.js";
import { dayIn, meaning } from "../parts/tell.js";

const AGAIN_MS = 1_500; // what a link means is worked out a moment later

export function open(context) {
  const { words, language } = context;
  const text = words.settlements.anomalies;
  const labels = words.settlements.labels;
  const filters = makeFilters(context, "anomalies", ["kind", "label"]);
  let said = "";
  const list = makeList(context, async (cursor) => {
    const found = await calls.inbox({ ...filters.wanted, cursor });
    return { items: found.entries, cursor: found.cursor };
  });
  const sums = makeData(context, calls.summary);
  const changed = (told) => {
    said = told;
    list.load();
    setTimeout(() => {
      if (!context.isOpen()) return;
      list.load();
      sums.load();
    }, AGAIN_MS);
  };
  const linking = makeLinking(context, changed);
  const reopening = makeReopening(context, changed);

  const counts = ({ anomalies }) => {
    const found = Object.entries(anomalies).sort(([, one], [, other]) => other - one);
    return found.length ? html`<h2>${text.byLabel}</h2><p class="hint">${text.period}</p>
      <ul class="numbers">${found.map(([label, many]) => html`<li>
        <a href=${context.address("anomalies", { label })} aria-current=${filters.asked.label === label
          ? "true" : nothing}>${meaning(words, label)}</a>
        <strong>${count(many, language)}</strong></li>`)}</ul>` : nothing;
  };

  const about = (each) => {
    if (each.kind === "movement") return html`<span class="whole">${each.text || "–"}</span>`;
    if (each.kind === "flow") return html`<a class="id" href=${context.address("settlement",
      { id: each.flow })}>${each.flow_id}</a>`;
    const iuv = html`<span class="number">${each.id}</span>`;
    return html`${each.name || words.settlements.collections.nobody}<small>${each.tax_code}</small>
      <small>${each.position ? html`<a href=${context.address("position", { id: each.position })}
        >${iuv}</a>` : iuv}</small>`;
  };
  const actsOf = (each) => {
    if (each.kind === "movement") return deeds(context, linking, each,
      each.labels.includes("TES_PROPOSED") ? ["accept", "link", "aside"] : ["link", "aside"]);
    const where = each.kind === "flow" ? ["settlement", { id: each.flow }]
      : ["collections", { iuv: each.id }];
    return html`<span class="buttons"><a class="btn btn-outline-primary btn-sm"
      href=${context.address(...where)}
      >${text.see}<span class="visually-hidden"> ${each.flow_id || each.id}</span></a>
      ${reopening.button({ ...each, iuv: each.id })}</span>`;
  };

  const rows = (items) => (items.length ? html`${table({
    caption: text.title,
    columns: [[text.day], [text.what], [words.amount, "number"], [text.todo], [text.acts]],
    rows: items,
    cells: (each) => [
      html`${dayIn(each.day, language)}<small>${text.kinds[each.kind]}</small>`, about(each),
      amount(each.cents, language),
      html`${each.labels.map((label) => html`<p>${meaning(words, label)}
        <small>${labels[label]?.[1]}</small></p>`)}${each.overdue
        ? html`<small>${words.settlements.checks.overdue}</small>` : nothing}`,
      actsOf(each),
    ],
  })}${more(words, list)}` : html`<p class=${filters.isAny || list.cursor ? nothing : "alert alert-success"}
    >${filters.isAny ? text.noneSuch : text.none}</p>${more(words, list)}`);

  const own = () => html`
    ${filters.choice("kind", text.kind, Object.entries(text.kinds), text.allKinds)}
    ${filters.choice("label", text.why,
      Object.entries(labels).map(([name, [means]]) => [name, means]), text.allLabels)}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${sums.view(counts)}
    ${filters.view({ first: own() })}
    ${list.view(rows)}${linking.view()}${reopening.view()}`;
  return { title: text.title, view };
}
