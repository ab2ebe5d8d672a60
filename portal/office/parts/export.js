// The archive as a file: written in the background, fetched when it is there.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { icon } from "../../parts/icon.js";
import * as api from "../api.js";
import { badge, count, follow, moment } from "./show.js";
import { table } from "./table.js";
import { makeActs, watch } from "./work.js";

const OVER = new Set(["written", "failed"]);

/** `filters()`: what the archive shows at this moment, as the API wants it. */
export function makeExport(context, filters) {
  const { words, language } = context;
  const text = words.exports;
  const acts = makeActs(context);
  let once = "";
  let made = null; // earlier ones, once somebody wants to see them

  const data = {
    value: null,
    first: Promise.resolve(),
    load: async () => {
      try {
        data.value = await api.exportOf(data.value.id);
      } catch (error) {
        acts.failure = { error, again: () => watching.begin() };
      }
      context.update();
    },
  };
  const watching = watch(context, data, ({ state }) => OVER.has(state), ended);

  const fetchIt = (id) => acts.run(async () => follow(await api.exportFile(id)), words.saved);
  function ended({ id, state, rows }) {
    if (state === "written") fetchIt(id);
    else if (state === "failed") context.announce(text.states.failed);
    else context.announce(fill(text.rows, { n: count(rows, language) }));
  }

  async function begin(format) {
    once ||= api.onceKey(); // the same wish until it is heard
    data.value = await api.beginExport({ ...filters(), format }, once);
    once = "";
    made = null;
    watching.begin();
  }

  async function show(event) {
    if (!event.target.open || made) return;
    await acts.run(async () => { made = await api.exported(); });
  }

  const get = (each) => html`<button type="button" class="btn btn-outline-primary btn-sm"
    @click=${() => fetchIt(each.id)}>${text.fetch}<span class="visually-hidden">
    ${moment(each.created_at, language)}</span></button>`;
  const earlier = () => (made.length ? table({
    caption: text.earlier,
    columns: [[words.dues.at], [text.form], [text.of], [words.dues.rows, "number"], [words.state],
      [text.file]],
    rows: made,
    cells: (each) => [moment(each.created_at, language), each.format.toUpperCase(),
      filterWords(words, each.filter), count(each.rows, language), badge(text.states, each.state),
      each.state === "written" ? get(each) : "–"],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<section class="box" aria-label=${text.title}>
    <h2>${text.title}</h2>
    <p>${text.lead}</p>
    ${acts.problem()}
    <p class="buttons">
      ${acts.button(text.xlsx, () => begin("xlsx"), { sign: icon("download", "icon-sm icon-primary") })}
      ${acts.button(text.csv, () => begin("csv"), { sign: icon("download", "icon-sm icon-primary") })}
    </p>
    ${data.value ? standing(data.value) : nothing}
    <details @toggle=${show}><summary>${text.earlier}</summary>${made ? earlier() : nothing}</details>
  </section>`;

  function standing(found) {
    if (found.state === "failed") {
      return html`<p class="alert alert-danger" role="alert">
        ${words.codes[found.code] ?? fill(words.codes.other, { code: found.code })}</p>`;
    }
    if (found.state === "written") {
      return html`<p class="alert alert-success" role="status">${icon("check-circle",
        "icon-sm icon-success")} ${fill(text.done, { n: count(found.rows, language) })} ${get(found)}</p>`;
    }
    return html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>
      ${fill(text.rows, { n: count(found.rows, language) })}</p>`;
  }
  return { view, leave: watching.leave };
}

/** What an export was asked by; of a debtor only that one was named. */
function filterWords(words, said) {
  const names = {
    ...words.exports.filters, state: words.state, flow: words.positions.flow,
    service: words.flows.service, year: words.position.year, origin: words.position.origin,
  };
  const values = { state: words.positions.states, origin: words.position.origins };
  const shown = Object.entries(said).map(([name, value]) => {
    if (name === "flow" || value === true) return names[name];
    const cents = name.endsWith("_cents") ? (value / 100).toFixed(2) : value;
    return `${names[name] ?? name}: ${values[name]?.[value] ?? cents}`;
  });
  return shown.join("; ") || words.exports.all;
}
