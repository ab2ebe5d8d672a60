// "Rendicontazioni Riscossioni", payment by payment: who paid what, when, by which channel, in which
// flow, and when the money came.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { cleanTaxCode, isTaxCode } from "../../../codes.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { count, done } from "../../parts/show.js";
import { more } from "../../parts/table.js";
import { makeList } from "../../parts/work.js";
import * as calls from "../calls.js";
import { makeLooking } from "../parts/looking.js";
import { paymentsTable, sumOf } from "../parts/payments.js";
import { makeReopening } from "../parts/reopening.js";
import { views } from "../parts/views.js";

const FILTERS = ["paid_from", "paid_until", "banked_from", "banked_until", "iuv", "flow", "label"];
// Those that a payment may carry; of the others there is the page of anomalies.
const LABELS = ["RT_NO_IUF", "RT_IUF", "IUV_NO_RT", "NO_RECEIPT_YET", "DOPPI", "DUPLICATE",
  "AMOUNT_DIFFERS", "REVOKED", "CANCELLED_PAID", "STAMP", "ELSEWHERE"];
// A person's code is in no address: it lives as long as the page does.
let taxCode = "";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settlements.collections;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  const list = makeList(context, async (cursor) => {
    const found = await calls.collections({ ...asked, tax_code: taxCode, cursor });
    return { items: found.collections, cursor: found.cursor };
  });
  const looking = makeLooking(context, () => list.load());
  let said = "";
  const reopening = makeReopening(context, (told) => {
    said = told;
    list.load();
  });
  const form = makeForm(context, {
    values: { ...asked, code: taxCode },
    check: ({ code }) => (!code?.trim() || isTaxCode(cleanTaxCode(code)) ? {}
      : { code: words.taxCodeWrong }),
    act: ({ code, iuv, flow, ...typed }) => {
      taxCode = cleanTaxCode(code ?? "");
      return context.go("collections",
        { ...typed, iuv: (iuv ?? "").replace(/\s/g, ""), flow: (flow ?? "").trim() });
    },
  });
  const isFiltered = () => taxCode || FILTERS.some((each) => asked[each]);
  function clear() {
    taxCode = "";
    return context.go("collections");
  }

  const rows = (items) => (items.length ? html`
    <p>${fill(list.cursor ? text.sumSoFar : text.sum, {
      n: count(items.length, language), amount: amount(sumOf(items), language) })}</p>
    ${paymentsTable(context, text.title, items, reopening)}${more(words, list)}`
    : html`<p>${isFiltered() ? text.noneSuch : text.none}</p>${more(words, list)}`);

  const free = { optional: true, unsaid: true };
  const date = (name, label) => form.text(name, label, { ...free, type: "date" });
  const filters = () => html`<form class="box" novalidate @submit=${form.submit}
      aria-label=${words.filter}>
    ${form.summary()}
    <div class="filters">
      ${date("paid_from", text.paidFrom)}${date("paid_until", text.paidUntil)}
      ${date("banked_from", words.settlements.settlements.bankedFrom)}
      ${date("banked_until", words.settlements.settlements.bankedUntil)}
      ${form.text("code", words.position.taxCode, { ...free, capitals: true, most: 20 })}
      ${form.text("iuv", "IUV", { ...free, most: 40 })}
      ${form.text("flow", words.settlements.settlements.flowId, { ...free, most: 70 })}
      ${form.choice("label", words.state, LABELS.map((each) => [each,
        words.settlements.labels[each][0]]), { ...free, none: words.positions.allStates })}
    </div>
    <p class="buttons">${form.button(words.find)}
      ${isFiltered() ? html`<button type="button" class="btn btn-outline-primary" @click=${clear}
        >${words.clear}</button>` : nothing}</p>
  </form>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${looking.view()}
    ${views(context, "collections")}
    ${filters()}
    ${list.view(rows)}${reopening.view()}`;
  return { title: text.title, view };
}
