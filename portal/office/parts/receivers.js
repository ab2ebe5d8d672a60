// Who would get a notice and who would not, asked before anything is begun.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import * as api from "../api.js";
import { count } from "./show.js";
import { table } from "./table.js";
import { makeActs } from "./work.js";

const NAMED = 100; // of those that lack something; the others are counted

/** Why a notice does not go, in words; a code that has none is shown. */
export const whyNot = (words, code) => words.deliveries.codes[code] ?? words.codes[code] ?? code;

/** `order()`: what would be begun, as the API wants it, or null while something is missing, which
 * `complain()` says. */
export function makeReceivers(context, order, complain) {
  const { words, language } = context;
  const text = words.receivers;
  const acts = makeActs(context);
  let found = null; // what was counted, and of which order
  let said = "";

  const same = () => found !== null && JSON.stringify(order()) === found.of;

  async function look() {
    if (!order()) return complain();
    said = "";
    await acts.run(add);
    context.announce(said);
  }

  async function add() {
    const wanted = order();
    const mine = {
      of: JSON.stringify(wanted), positions: 0, going: 0, reasons: new Map(), lacking: [], isWhole: false,
    };
    found = mine;
    let cursor = "";
    do {
      const page = await api.previewDelivery(wanted, cursor);
      if (found !== mine || !context.isOpen()) return;
      mine.positions += page.positions;
      mine.going += page.going;
      for (const { code, count: n } of page.reasons) mine.reasons.set(code, (mine.reasons.get(code) ?? 0) + n);
      mine.lacking = [...mine.lacking, ...page.lacking].slice(0, NAMED);
      cursor = page.cursor;
      context.update();
    } while (cursor);
    mine.isWhole = true;
    said = sum(mine);
  }

  const sum = ({ going, positions }) => fill(text.sum, {
    going: count(going, language), positions: count(positions, language) });

  const lacking = (items) => table({
    caption: text.lacking,
    columns: [[words.positions.debtor], [text.why]],
    rows: items,
    cells: (each) => [html`<a href=${context.address("position", { id: each.position })}>${each.name}</a>`,
      html`${whyNot(words, each.code)}${each.leg ? html`<small>${words.deliveries.legs[each.leg] ?? each.leg}</small>`
        : nothing}`],
  });

  const counted = (mine) => {
    const off = [...mine.reasons].sort(([one], [other]) => one.localeCompare(other));
    const all = off.reduce((total, [, n]) => total + n, 0);
    return html`<div class="sheet" id="receivers">
      <p><strong>${sum(mine)}</strong>${mine.isWhole ? nothing : html` <span class="hint">${words.wait}</span>`}</p>
      ${off.length ? html`<p>${text.off}</p><ul>${off.map(([code, n]) => html`<li>${whyNot(words, code)}:
        ${count(n, language)}</li>`)}</ul>
        <details><summary>${text.lacking}</summary>${lacking(mine.lacking)}
        ${all > mine.lacking.length ? html`<p class="hint">${fill(text.others, {
          n: count(all - mine.lacking.length, language) })}</p>` : nothing}</details>` : nothing}
      ${mine.isWhole && !mine.going ? html`<p class="alert alert-warning">${text.nobody}</p>` : nothing}
    </div>`;
  };

  return {
    button: () => html`<button type="button" class="btn btn-outline-primary" @click=${look}
      aria-disabled=${acts.isBusy ? "true" : nothing}>${acts.isBusy ? words.wait : text.look}</button>`,
    view: () => html`${acts.problem()}${same() ? counted(found) : nothing}`,
  };
}
