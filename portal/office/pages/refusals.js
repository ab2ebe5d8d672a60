// Positions that pagoPA would not take: what it answered, and telling it once more.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import * as api from "../api.js";
import { makeDialog } from "../parts/dialog.js";
import { done, moment } from "../parts/show.js";
import { more, table } from "../parts/table.js";
import { toldWords } from "../parts/told.js";
import { makeActs, makeList } from "../parts/work.js";
import { may } from "../session.js";

export function open(context) {
  const { words, language } = context;
  const text = words.refusals;
  const acts = makeActs(context);
  const list = makeList(context, async (cursor) => {
    const found = await api.refusals(cursor);
    return { items: found.refusals, cursor: found.cursor };
  });
  let once = "";
  const all = makeDialog(context, {
    id: "all", title: () => text.allTitle, text: () => text.allText, yes: text.all, danger: false,
    act: async () => {
      once ||= api.onceKey();
      await api.retellAll(once);
      once = "";
      acts.said = text.planned;
    },
  });

  const again = (each) => acts.run(async () => {
    await api.retell(each.position);
    list.items = list.items.filter((one) => one !== each);
  }, words.told.again);

  const rows = (items) => (items.length ? html`
    ${may("body:write") ? html`<p class="buttons"><button type="button"
      class="btn btn-outline-primary" @click=${() => all.open(true)}>${text.all}</button></p>` : nothing}
    ${table({
      caption: text.title,
      columns: [[words.positions.debtor], [words.amount, "number"], [text.at], [text.why], [text.said],
        ...(may("body:write") ? [[text.act]] : [])],
      rows: items,
      cells: (each) => [
        html`<a href=${context.address("position", { id: each.position })}>${each.name}</a>
          <small>${each.subject}</small>`,
        amount(each.cents, language), moment(each.at, language), toldWords(words, each),
        html`<span class="answer">${each.said || "–"}</span>${each.answered
          ? html`<small>HTTP ${each.answered}</small>` : nothing}`,
        ...(may("body:write") ? [html`<button type="button" class="btn btn-outline-primary btn-sm"
          @click=${() => again(each)}>${words.told.tell}<span class="visually-hidden">
          ${each.name}</span></button>`] : []),
      ],
    })}${more(words, list)}` : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    ${list.view(rows)}${all.view()}`;
  return { title: text.title, view };
}
