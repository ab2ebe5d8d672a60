// The inbox of reconciliation: what does not agree, in plain words, with what to do about it.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { cleanTaxCode, isTaxCode } from "../../../codes.js";
import { makeForm } from "../../../parts/form.js";
import { count, done } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import * as calls from "../calls.js";
import { makeLinking } from "../parts/linking.js";
import { deeds } from "../parts/movements.js";
import { makeReopening } from "../parts/reopening.js";
import { dayIn, meaning } from "../parts/tell.js";

const FILTERS = ["kind", "label", "paid_from", "paid_until", "banked_from", "banked_until", "iuv", "flow"];
const AGAIN_MS = 1_500; // what a link means is worked out a moment later
// A person's code is in no address: it lives as long as the page does.
let taxCode = "";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settlements.anomalies;
  const labels = words.settlements.labels;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  let said = "";
  const list = makeList(context, async (cursor) => {
    const found = await calls.inbox({ ...asked, tax_code: taxCode, cursor });
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
  const form = makeForm(context, {
    values: { ...asked, code: taxCode },
    check: ({ code }) => (!code?.trim() || isTaxCode(cleanTaxCode(code)) ? {}
      : { code: words.taxCodeWrong }),
    act: ({ code, iuv, flow, ...typed }) => {
      taxCode = cleanTaxCode(code ?? "");
      return context.go("anomalies",
        { ...typed, iuv: (iuv ?? "").replace(/\s/g, ""), flow: (flow ?? "").trim() });
    },
  });
  const isFiltered = () => taxCode || FILTERS.some((each) => asked[each]);
  function clear() {
    taxCode = "";
    return context.go("anomalies");
  }

  const counts = ({ anomalies }) => {
    const found = Object.entries(anomalies).sort(([, one], [, other]) => other - one);
    return found.length ? html`<h2>${text.byLabel}</h2><p class="hint">${text.period}</p>
      <ul class="numbers">${found.map(([label, many]) => html`<li>
        <a href=${context.address("anomalies", { label })} aria-current=${asked.label === label
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
  })}${more(words, list)}` : html`<p class=${isFiltered() || list.cursor ? nothing : "alert alert-success"}
    >${isFiltered() ? text.noneSuch : text.none}</p>${more(words, list)}`);

  const free = { optional: true, unsaid: true };
  const date = (name, label) => form.text(name, label, { ...free, type: "date" });
  const other = words.settlements.collections;
  const filters = () => html`<form class="box" novalidate @submit=${form.submit}
      aria-label=${words.filter}>
    ${form.summary()}
    <div class="filters">
      ${form.choice("kind", text.kind, Object.entries(text.kinds), { ...free, none: text.allKinds })}
      ${form.choice("label", text.why, Object.entries(labels).map(([name, [means]]) => [name, means]),
        { ...free, none: text.allLabels })}
      ${date("paid_from", other.paidFrom)}${date("paid_until", other.paidUntil)}
      ${date("banked_from", words.settlements.settlements.bankedFrom)}
      ${date("banked_until", words.settlements.settlements.bankedUntil)}
      ${form.text("code", words.position.taxCode, { ...free, capitals: true, most: 20 })}
      ${form.text("iuv", "IUV", { ...free, most: 40 })}
      ${form.text("flow", words.settlements.settlements.flowId, { ...free, most: 70 })}
    </div>
    <p class="buttons">${form.button(words.find)}
      ${isFiltered() ? html`<button type="button" class="btn btn-outline-primary" @click=${clear}
        >${words.clear}</button>` : nothing}</p>
  </form>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${sums.view(counts)}
    ${filters()}
    ${list.view(rows)}${linking.view()}${reopening.view()}`;
  return { title: text.title, view };
}
