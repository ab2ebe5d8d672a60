// A payment that came past the node, while the body's transition lasts: how much, when, in which way.

import { html } from "../../lit.js";
import { amount, centsOf } from "../../format.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { shortDay } from "./show.js";

/** `saved(position)` is told of the position as it is then; `until`: the last day of the switch. */
export function makeOutside(context, id, saved) {
  const { words, language } = context;
  const text = words.outside;
  const form = makeForm(context, {
    check: (typed) => ({
      ...(typed.day ? {} : { day: text.dayMissing }),
      ...(!typed.cents || centsOf(typed.cents) ? {} : { cents: words.service.amountWrong }),
      ...(typed.sure ? {} : { sure: text.sureMissing }),
    }),
    refused: (error) => ({
      outside_day: { day: words.codes.outside_day },
      outside_amount: { cents: fill(text.otherSum, {
        amount: amount(error.details?.asked_cents ?? 0, language) }) },
      amount_out_of_range: { cents: words.codes.amount_out_of_range },
    })[error.code] ?? {},
    act: async (typed) => {
      const paid = { day: typed.day, how: typed.how ?? "", note: (typed.note ?? "").trim() };
      if (typed.cents) paid.cents = centsOf(typed.cents);
      saved(await api.payOutside(id, paid));
    },
  });

  const view = (until) => html`<details class="box"><summary>${text.title}</summary>
    <form novalidate @submit=${form.submit} aria-label=${text.title}>
      <p>${fill(text.lead, { day: shortDay(until, language) })}</p>
      ${form.summary()}
      <div class="filters">
        ${form.text("day", text.day, { type: "date" })}
        ${form.text("cents", words.service.amount, { optional: true, inputmode: "decimal", most: 15,
          hint: text.centsHint })}
        ${form.choice("how", text.how, Object.entries(text.hows), { optional: true })}
      </div>
      ${form.text("note", text.note, { optional: true, most: 140 })}
      <div class="tick-row"><input type="checkbox" class="tick-box" id="sure"
        .checked=${Boolean(form.values.sure)} aria-invalid=${form.errors.sure ? "true" : "false"}
        @change=${(event) => form.set("sure", event.target.checked)}>
        <label for="sure">${text.sure}</label></div>
      ${form.button(text.save)}
    </form></details>`;
  return { view };
}
