// Movements of the bank, whole as the bank wrote them, and what each was found to be.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { badge, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { may } from "../../session.js";
import { dayIn } from "./tell.js";

/** What may be said of a movement, the most likely first. */
export function deedsOf(movement) {
  if (movement.link) return ["unlink"];
  if (movement.outcome === "proposed") return ["accept", "link", "aside"];
  return movement.labels.length ? ["link", "aside"] : ["link"];
}

/** Buttons; the name of each says of which movement it is. */
export function deeds({ words, language }, linking, movement, wanted = deedsOf(movement)) {
  if (!may("body:write")) return nothing;
  const text = words.settlements.linking;
  const which = fill(text.of, {
    day: shortDay(movement.day, language), amount: amount(movement.cents, language) });
  return html`<span class="buttons">${wanted.map((deed) => html`<button type="button"
    class="btn btn-outline-primary btn-sm" @click=${() => linking.open(movement.id, deed)}
    >${text.deeds[deed]}<span class="visually-hidden"> ${which}</span></button>`)}</span>`;
}

export function movementsTable(context, caption, movements, act) {
  const { words, language } = context;
  const text = words.settlements.movements;
  const named = (each) => (each.link?.flow
    ? html`<a class="id" href=${context.address("settlement", { id: each.link.flow })}
      >${each.flow_id}</a>`
    : each.flow_id ? html`<a class="id" href=${context.address("settlements",
      { flow_id: each.flow_id })}>${each.flow_id}</a>` : html`<span class="number">${each.iuv}</span>`);
  return table({
    caption,
    columns: [[text.day], [words.amount, "number"], [text.text], [text.outcome],
      ...(may("body:write") ? [[text.acts]] : [])],
    rows: movements,
    cells: (each) => [
      html`${dayIn(each.day, language)}${each.provisional ? html`<small>${text.provisional}
        ${each.provisional}</small>` : nothing}`,
      amount(each.cents, language), html`<span class="whole">${each.text}</span>`,
      html`${badge(text.outcomes, each.outcome)}${each.flow_id || each.iuv
        ? html`<small>${named(each)}</small>` : nothing}${each.labels.length && each.reason
        ? html`<small>${text.reasons[each.reason] ?? each.reason}</small>` : nothing}`,
      ...(may("body:write") ? [act(each)] : []),
    ],
  });
}
