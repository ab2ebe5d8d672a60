// The code of pagoPA's taxonomy: searched in the official list, with the days on which it holds.

import { html, nothing } from "../../../lit.js";
import { day } from "../../../format.js";
import { problem } from "../../../parts/problem.js";
import { table } from "../../parts/table.js";
import * as calls from "../calls.js";
import { small } from "./fields.js";

const SHOWN = 50;

/** The field `taxonomy` of a form. */
export function makeTaxonomy(context, form) {
  const { words, language } = context;
  const text = words.settings.taxonomy;
  let chosen = null; // the entry of the code that stands in the form; undefined: it holds no longer
  let found = null;
  let failure = null;
  let isBusy = false;
  let asked = "";

  /** Looks up the code that a service has already. */
  async function know(code) {
    if (!code) return;
    try {
      chosen = (await calls.taxonomy(code)).find((each) => each.code === code);
    } catch {
      return; // the code stands there all the same
    }
    context.update();
  }

  async function search() {
    if (isBusy) return;
    isBusy = true;
    failure = null;
    context.update();
    try {
      found = await calls.taxonomy(asked.trim());
      context.announce(`${text.found}: ${found.length}`);
    } catch (error) {
      failure = error;
    }
    isBusy = false;
    context.update();
  }

  function choose(entry) {
    chosen = entry;
    found = null;
    form.values.taxonomy = entry.code;
    delete form.errors.taxonomy;
    context.update();
    document.getElementById("taxonomy")?.focus();
  }

  const days = (entry) => `${day(entry.first, language)} – ${day(entry.last, language)}`;

  const list = () => (found.length ? html`${table({
    caption: text.found,
    columns: [[text.code], [text.service], [text.area], [text.valid], [text.acts]],
    rows: found,
    cells: (each) => [each.code, html`${each.service}<small>${each.description}</small>`,
      html`${each.area}<small>${each.body}</small>`, days(each),
      small(text.choose, each.code, () => choose(each))],
  })}${found.length === SHOWN ? html`<p class="hint">${text.many}</p>` : nothing}`
    : html`<p>${text.none}</p>`);

  return {
    know,
    view: () => html`
      ${form.text("taxonomy", text.title, { capitals: true, most: 20, hint: text.hint })}
      ${chosen && chosen.code === form.values.taxonomy ? html`<p class="hint">${chosen.service}:
        ${chosen.description}<br>${text.valid}: ${days(chosen)}</p>` : nothing}
      ${chosen === undefined ? html`<p class="alert alert-warning">${text.over}</p>` : nothing}
      <div class="row-field"><label for="taxonomy-words">${text.search}</label>
        <p class="hint" id="taxonomy-words-hint">${text.searchHint}</p>
        <input class="form-control" id="taxonomy-words" maxlength="100" autocomplete="off"
          aria-describedby="taxonomy-words-hint" @input=${(event) => { asked = event.target.value; }}
          @keydown=${(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            search();
          }}></div>
      <p><button type="button" class="btn btn-outline-primary btn-sm" @click=${search}
        aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : text.find}</button></p>
      ${failure ? problem(words, failure, search) : nothing}
      ${found ? list() : nothing}`,
  };
}
