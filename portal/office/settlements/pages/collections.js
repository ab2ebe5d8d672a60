// "Rendicontazioni Riscossioni", payment by payment: who paid what, when, by which channel, in which
// flow, and when the money came.

import { html } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { count, done } from "../../parts/show.js";
import { more } from "../../parts/table.js";
import { makeList } from "../../parts/work.js";
import * as calls from "../calls.js";
import { makeFilters } from "../parts/filters.js";
import { makeLooking } from "../parts/looking.js";
import { paymentsTable, sumOf } from "../parts/payments.js";
import { makeReopening } from "../parts/reopening.js";
import { views } from "../parts/views.js";

// Those that a payment may carry; of the others there is the page of anomalies.
const LABELS = ["RT_NO_IUF", "RT_IUF", "IUV_NO_RT", "NO_RECEIPT_YET", "DOPPI", "DUPLICATE",
  "AMOUNT_DIFFERS", "REVOKED", "CANCELLED_PAID", "STAMP", "ELSEWHERE"];

export function open(context) {
  const { words, language } = context;
  const text = words.settlements.collections;
  const filters = makeFilters(context, "collections", ["label"]);
  const list = makeList(context, async (cursor) => {
    const found = await calls.collections({ ...filters.wanted, cursor });
    return { items: found.collections, cursor: found.cursor };
  });
  const looking = makeLooking(context, () => list.load());
  let said = "";
  const reopening = makeReopening(context, (told) => {
    said = told;
    list.load();
  });

  const rows = (items) => (items.length ? html`
    <p>${fill(list.cursor ? text.sumSoFar : text.sum, {
      n: count(items.length, language), amount: amount(sumOf(items), language) })}</p>
    ${paymentsTable(context, text.title, items, reopening)}${more(words, list)}`
    : html`<p>${filters.isAny ? text.noneSuch : text.none}</p>${more(words, list)}`);

  const own = () => filters.choice("label", words.state,
    LABELS.map((each) => [each, words.settlements.labels[each][0]]), words.positions.allStates);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${looking.view()}
    ${views(context, "collections")}
    ${filters.view({ last: own() })}
    ${list.view(rows)}${reopening.view()}`;
  return { title: text.title, view };
}
