// An assessment (accertamento), and the orders that brought its money.

import { html } from "../../../lit.js";
import { amount } from "../../../format.js";
import { facts } from "../../../parts/notice.js";
import { shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import * as api from "../calls.js";
import { orderLink } from "../shown.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.assessment;
  const data = makeData(context, () => api.assessmentOf(parameters.get("id") ?? ""));

  const draw = (found) => html`
    <section class="sheet" aria-label=${text.title}>${facts([
      [words.position.chapter, found.chapter],
      [words.flows.provenance, words.flows.provenances[found.provenance] ?? found.provenance],
      [words.position.year, found.year || ""],
      [text.assessed, amount(found.cents, language)],
      [text.collected, amount(found.collected_cents, language)],
      [text.left, amount(found.cents - found.collected_cents, language)],
    ])}</section>
    <h2>${text.orders}</h2>
    ${found.collected.length ? table({
      caption: text.orders,
      columns: [[words.accounts.orders.number], [words.accounts.orders.day], ["IUV"],
        [words.accounts.order.entry], [words.amount, "number"]],
      rows: found.collected,
      cells: (each) => [
        orderLink(context, each.order), shortDay(each.day, language), each.payment.split("#")[0],
        each.entry, html`${amount(each.cents, language)}${each.cents < 0
          ? html`<small>${text.takenBack}</small>` : ""}`,
      ],
    }) : html`<p>${text.none}</p>`}`;

  const view = () => html`<p><a href=${context.address("orders")}>${words.accounts.orders.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    ${data.view(draw)}`;
  return { title: text.title, view };
}
