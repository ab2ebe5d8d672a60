// Dues come in as a file: the layout to fill in, the file to hand in, what was brought so far.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { icon } from "../../parts/icon.js";
import { problem } from "../../parts/problem.js";
import * as api from "../api.js";
import { badge, count, done, follow, moment, progress } from "../parts/show.js";
import { table } from "../parts/table.js";
import { send } from "../parts/upload.js";
import { makeActs, makeData } from "../parts/work.js";
import { may } from "../session.js";

// As much as one call may bring to a Lambda behind API Gateway, which makes four characters of three
// bytes; what is greater goes to the bucket, up to what is read there.
const CALL_BYTES = 4_000_000;
const FILE_BYTES = 64 * 1024 * 1024;
const NEW = "+"; // no layout has such a name

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
  let sent = null; // of a great file, in percent
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
    const layout = mapping === NEW ? "standard" : mapping;
    try {
      const made = file.size > CALL_BYTES ? await handOver(file, layout)
        : await api.handIn(file, file.name, layout, once.key);
      isBusy = false;
      await (mapping === NEW ? context.go("layout", { import: made.id })
        : context.go("import", { id: made.id }));
    } catch (error) {
      sent = null;
      isBusy = false;
      failure = error;
      context.announce("");
      context.update();
    }
  }

  /** Straight to the bucket; then the API is told to look. */
  async function handOver(file, layout) {
    const begun = await api.beginImport(file.name, layout, once.key);
    const percent = (bytes, all) => Math.floor((bytes / Math.max(all, 1)) * 100);
    let told = 0;
    await send(begun, file, (bytes, all) => {
      sent = percent(bytes, all);
      if (sent >= told + 25) context.announce(fill(text.sending, { n: (told = sent) }));
      context.update();
    });
    sent = null;
    return api.checkImport(begun.batch.id);
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
    <div class="row-field"><label for="mapping">${text.layout}</label>
      <select class="form-select" id="mapping" @change=${(event) => { mapping = event.target.value; }}>
        <option value="standard">${text.standard}</option>
        ${own().map((each) => html`<option value=${each.name}>${each.name}</option>`)}
        <option value=${NEW}>${text.newLayout}</option>
      </select></div>
    ${sent === null ? nothing : progress(fill(text.sending, { n: sent }), sent, 100)}
    <p class="buttons"><button class="btn btn-primary" type="submit"
      aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : text.check}</button></p>
  </form>`;

  const own = () => (layouts.value ?? []).filter((each) => each.name !== "standard");
  const remembered = () => (own().length ? html`<h2>${text.layouts}</h2>${table({
    caption: text.layouts,
    columns: [[text.layout], [words.layout.found], [words.layout.constants]],
    rows: own(),
    cells: (each) => [
      html`<a href=${context.address("layout", { name: each.name })}>${each.name}</a>`,
      Object.values(each.columns).join(", "), Object.values(each.constants).join(", ") || "–",
    ],
  })}` : nothing);

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
    ${data.view(rows)}
    ${remembered()}`;
  return { title: text.title, view };
}
