// Dues come in as a file: the layout to fill in, the file to hand in, what was brought so far.

import { html, nothing } from "../../lit.js";
import { icon } from "../../parts/icon.js";
import { problem } from "../../parts/problem.js";
import * as api from "../api.js";
import { badge, count, done, follow, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeActs, makeData } from "../parts/work.js";
import { may } from "../session.js";

// As much as one call may bring (API Gateway in front of Lambda).
const FILE_BYTES = 5_900_000;

export function open(context) {
  const { words, language } = context;
  const text = words.dues;
  const acts = makeActs(context);
  const data = makeData(context, api.imports);
  const layouts = makeData(context, api.mappings);
  let mapping = "standard";
  let wrong = "";
  let isBusy = false;
  let failure = null;
  // One file handed in twice is one import; another file is another.
  let once = { key: "", of: "" };

  async function handIn(event) {
    event.preventDefault();
    if (isBusy) return;
    const file = event.target.elements.file.files[0];
    failure = null;
    wrong = !file ? text.noFile : file.size > FILE_BYTES ? text.tooLarge : "";
    if (wrong) {
      context.update();
      return document.getElementById("file").focus();
    }
    isBusy = true;
    context.announce(words.wait);
    context.update();
    const of = [file.name, file.size, file.lastModified, mapping].join();
    if (once.of !== of) once = { key: api.onceKey(), of };
    try {
      const made = await api.handIn(file, file.name, mapping, once.key);
      isBusy = false;
      await context.go("import", { id: made.id });
    } catch (error) {
      isBusy = false;
      failure = error;
      context.announce("");
      context.update();
    }
  }

  const upload = () => html`<form class="box" novalidate @submit=${handIn} aria-label=${text.upload}>
    <h2>${text.upload}</h2>
    ${failure ? problem(words, failure) : nothing}
    <div class="row-field ${wrong ? "is-wrong" : ""}">
      <label for="file">${text.file}</label>
      <p class="hint" id="file-hint">${text.fileHint}</p>
      ${wrong ? html`<p class="wrong" id="file-error" role="alert">${wrong}</p>` : nothing}
      <input class="form-control" type="file" id="file" name="file" accept=".xlsx,.csv"
        aria-describedby="file-hint${wrong ? " file-error" : ""}"
        aria-invalid=${wrong ? "true" : nothing} aria-required="true">
    </div>
    ${layouts.value?.length ? html`<div class="row-field"><label for="mapping">${text.layout}</label>
      <select class="form-select" id="mapping" @change=${(event) => { mapping = event.target.value; }}>
        <option value="standard">${text.standard}</option>
        ${layouts.value.map((each) => html`<option value=${each.name}>${each.name}</option>`)}
      </select></div>` : nothing}
    <p class="buttons"><button class="btn btn-primary" type="submit"
      aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : text.check}</button></p>
  </form>`;

  const rows = (items) => (items.length ? table({
    caption: text.imports,
    columns: [[text.file], [words.state], [text.rows, "number"], [text.faulty, "number"], [text.at]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("import", { id: each.id })}>${each.file_name}</a>`,
      badge(text.states, each.state), count(each.rows, language), count(each.faulty, language),
      moment(each.created_at, language),
    ],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    <p class="buttons">${acts.button(text.template, async () => follow(await api.template()),
      { said: words.saved, sign: icon("download", "icon-sm icon-primary") })}</p>
    ${may("body:write") ? upload() : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.imports}</h2>
    ${data.view(rows)}`;
  return { title: text.title, view };
}
