// Payments as reconciliation knows them: who paid what and when, by which way, in which flow.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { badge } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { dayIn, labelsOf } from "./tell.js";

/** `reopening`: asks anew for what was revoked. `ofOne`: all of one flow, which need not be named. */
export function paymentsTable(context, caption, payments, reopening, ofOne = false) {
  const { words, language } = context;
  const text = words.settlements.collections;
  const iuv = (each) => html`<span class="number">${each.iuv}</span>`;
  return table({
    caption,
    columns: [[text.payer], [text.paidOn], [words.amount, "number"], [text.way],
      [text.fee, "number"], ...(ofOne ? [] : [[text.flow]]), [text.bankedOn], [words.state]],
    rows: payments,
    cells: (each) => [
      html`${each.name || text.nobody}<small>${each.tax_code}</small>
        <small>${each.position ? html`<a href=${context.address("position", { id: each.position })}
          >${iuv(each)}</a>` : iuv(each)}</small>`,
      dayIn(each.paid_day, language), amount(each.cents, language),
      html`${text.ways[each.channel.toLowerCase()] ?? (each.channel || "–")}<small class="keep"
        >${each.psp}</small>`,
      each.fee_cents === null ? "–" : amount(each.fee_cents, language),
      ...(ofOne ? [] : [each.flow ? html`<a class="id" href=${context.address("settlement",
        { id: each.flow })}>${each.flow_id}</a>` : "–"]),
      dayIn(each.bank_day, language),
      html`${badge(text.states, each.state)}${labelsOf(words, each)}${each.origin === "spontaneous"
        ? html`<small>${words.position.origins.spontaneous}</small>` : nothing}${reopening.button(each)}`,
    ],
  });
}

export const sumOf = (payments) => payments.reduce((sum, each) => sum + each.cents, 0);
