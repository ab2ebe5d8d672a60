// The archive: every debt position, paid and not.

import { html, nothing } from "../../lit.js";
import { amount, centsOf } from "../../format.js";
import { cleanTaxCode, isTaxCode } from "../../codes.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import { number } from "../../parts/notice.js";
import * as api from "../api.js";
import { makeExport } from "../parts/export.js";
import { badge, count, moment } from "../parts/show.js";
import { more, table } from "../parts/table.js";
import { makeData, makeList } from "../parts/work.js";

const RARE = ["origin", "service", "least", "most", "created_from", "created_until"];
const FILTERS = [
  "state", "flow", "iuv", "year", "due_from", "due_until", "paid_from", "paid_until", ...RARE,
];
// A person's code is in no address: it lives as long as the page does.
let taxCode = "";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.positions;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  const flows = makeData(context, api.flows);
  const services = makeData(context, api.services);
  const sums = makeData(context, api.summary);
  const { least, most, iuv, ...plain } = asked;
  const filters = {
    ...plain, tax_code: taxCode, least_cents: centsOf(least), most_cents: centsOf(most),
  };
  const list = makeList(context, async (cursor) => {
    const wanted = { ...filters, iuv: iuvOf(iuv), cursor };
    const found = await api.positions(wanted);
    return { items: found.positions, cursor: found.cursor };
  });
  const exporting = makeExport(context, () => {
    const wanted = Object.entries(filters).filter(([, value]) => value);
    return { ...Object.fromEntries(wanted), ...(filters.year ? { year: Number(filters.year) } : {}) };
  });
  const form = makeForm(context, {
    values: { ...asked, code: taxCode },
    check: ({ iuv, code, year, least: from, most: until }) => ({
      ...(!from || centsOf(from) ? {} : { least: words.service.amountWrong }),
      ...(!until || centsOf(until) ? {} : { most: words.service.amountWrong }),
      ...(!iuv || /^\d{17,18}$/.test(clean(iuv)) ? {} : { iuv: text.iuvWrong }),
      ...(!code?.trim() || isTaxCode(cleanTaxCode(code)) ? {} : { code: words.taxCodeWrong }),
      ...(!year || /^(19[5-9]\d|20\d\d)$/.test(year) ? {} : { year: words.flows.yearWrong }),
    }),
    act: ({ iuv, code, ...typed }) => {
      taxCode = cleanTaxCode(code ?? "");
      return context.go("positions", { ...typed, iuv: clean(iuv) });
    },
  });

  const rows = (items) => (items.length ? html`${table({
    caption: text.title,
    columns: [[text.debtor], [text.notice], [text.subject], [words.state], [words.amount, "number"],
      [text.made]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("position", { id: each.id })}>${each.name}</a>
        <small>${each.tax_code}</small>`,
      html`${number(each.payments[0].notice)}${each.payments.length > 1
        ? html`<small>${fill(text.rates, { n: each.payments.length - 1 })}</small>` : nothing}`,
      each.subject, badge(text.states, each.state), amount(each.cents, language),
      moment(each.created_at, language),
    ],
  })}${more(words, list)}` : html`<p>${text.none}${list.cursor ? more(words, list) : nothing}</p>`);

  // ---------------------------------------------------------------- how all stand
  const sum = (state, name, found) => html`<li><a href=${context.address("positions", { state })}
    aria-current=${asked.state === state ? "true" : nothing}>${name}
    <strong>${amount(found.cents, language)}</strong>
    ${fill(words.home.count, { n: count(found.count, language) })}</a></li>`;
  function standing({ states }) {
    const there = Object.entries(states).filter(([, found]) => found.count);
    if (!there.length) return nothing;
    const all = there.reduce((so, [, found]) => ({
      cents: so.cents + found.cents, count: so.count + found.count }), { cents: 0, count: 0 });
    return html`<nav aria-label=${text.byState}><ul class="numbers standing">
      ${sum("", text.allStates, all)}
      ${Object.keys(text.states).filter((each) => states[each]?.count).map((each) => sum(each,
        text.states[each], states[each]))}
    </ul></nav>`;
  }

  function clear() {
    taxCode = "";
    return context.go("positions");
  }
  const free = { optional: true, unsaid: true };

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    ${sums.view(standing)}
    <form class="box" novalidate @submit=${form.submit} aria-label=${words.filter}>
      ${form.summary()}
      <div class="filters">
        ${form.text("iuv", text.iuv, { optional: true, unsaid: true, inputmode: "numeric", most: 30 })}
        ${form.text("code", words.position.taxCode, { ...free, capitals: true, most: 20 })}
        ${form.choice("state", words.state, Object.entries(text.states),
          { none: text.allStates, optional: true, unsaid: true })}
        ${form.choice("flow", text.flow, (flows.value ?? []).map((each) => [
          each.id, each.parameters.description || moment(each.created_at, language)]),
          { none: text.allFlows, optional: true, unsaid: true })}
        ${form.text("year", words.position.year, { ...free, inputmode: "numeric", most: 4 })}
        ${form.text("due_from", words.flows.dueFrom, { ...free, type: "date" })}
        ${form.text("due_until", words.flows.dueUntil, { ...free, type: "date" })}
        ${form.text("paid_from", text.paidFrom, { ...free, type: "date" })}
        ${form.text("paid_until", text.paidUntil, { ...free, type: "date" })}
      </div>
      <details ?open=${RARE.some((each) => asked[each] || form.errors[each])}>
        <summary>${text.others}</summary>
        <div class="filters">
          ${form.choice("service", words.flows.service, (services.value ?? []).map((each) => [
            each.code, each.subject]), { none: words.flows.all, optional: true, unsaid: true })}
          ${form.choice("origin", words.position.origin, Object.entries(words.position.origins),
            { none: text.allOrigins, optional: true, unsaid: true })}
          ${form.text("least", words.flows.least, { ...free, inputmode: "decimal", most: 15 })}
          ${form.text("most", words.flows.most, { ...free, inputmode: "decimal", most: 15 })}
          ${form.text("created_from", text.madeFrom, { ...free, type: "date" })}
          ${form.text("created_until", text.madeUntil, { ...free, type: "date" })}
        </div>
      </details>
      <p class="buttons">${form.button(words.find)}
        ${taxCode || FILTERS.some((each) => asked[each]) ? html`<button type="button"
          class="btn btn-outline-primary" @click=${clear}>${words.clear}</button>` : nothing}</p>
    </form>
    ${list.view(rows)}
    ${list.items?.length && !iuv ? exporting.view() : nothing}`;
  return { title: text.title, view, leave: exporting.leave };
}

const clean = (text) => (text ?? "").replace(/\D/g, "");
/** The notice's 18 figures have the way of application before the 17 of the IUV. */
const iuvOf = (text) => (text.length === 18 ? text.slice(1) : text);
