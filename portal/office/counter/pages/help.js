// Requests for help that citizens wrote on the portal: those that wait for an answer come first.

import { html, nothing } from "../../../lit.js";
import { grouped } from "../../../format.js";
import { badge, moment } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeList } from "../../parts/work.js";
import * as calls from "../calls.js";

const CHARS = 120; // of what was written, in the list
export const COLOURS = { open: "warning", answered: "success", closed: "secondary" };

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.counter.help;
  const state = parameters.get("state") ?? "open";
  const list = makeList(context, async (cursor) => {
    const found = await calls.requests({ state: state === "all" ? "" : state, cursor });
    return { items: found.requests, cursor: found.cursor };
  });
  const choose = (event) => context.go("help", { state: event.target.value });

  const beginning = ({ text: written }) => {
    const line = written.replace(/\s+/g, " ");
    return line.length > CHARS ? `${line.slice(0, CHARS)}…` : line;
  };
  const rows = (items) => (items.length ? html`${table({
    caption: text.title,
    columns: [[text.at], [text.name], [text.asked], [text.notice], [words.state]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("request", { id: each.id })}>${moment(each.at, language)}</a>`,
      each.name, beginning(each),
      each.notice ? html`<a href=${context.address("positions", { iuv: each.notice })}>${grouped(each.notice)}</a>`
        : "–",
      badge(text.states, each.state, COLOURS[each.state]),
    ],
  })}${more(words, list)}` : html`<p>${text.none[state] ?? text.none.all}</p>${list.cursor
    ? more(words, list) : nothing}`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <div class="row-field narrow"><label for="state">${words.state}</label>
      <select class="form-select" id="state" @change=${choose}>
        ${[...Object.entries(text.states), ["all", text.all]].map(([value, name]) => html`<option
          value=${value} ?selected=${value === state}>${name}</option>`)}
      </select></div>
    ${list.view(rows)}`;
  return { title: text.title, view };
}
