// One file of dues: its dry run, what is wrong by row and column, and the dues made of it.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import { facts } from "../../parts/notice.js";
import * as api from "../api.js";
import { makeDialog } from "../parts/dialog.js";
import { badge, count, moment, progress } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeActs, makeData, watch } from "../parts/work.js";
import { may } from "../session.js";

const OVER = new Set(["checked", "imported", "failed"]);

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.import;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  let faults = null;
  const data = makeData(context, async () => {
    const batch = await api.importOf(id);
    if (OVER.has(batch.state) && batch.faulty && !faults) faults = await api.faultsOf(id);
    return batch;
  });
  const watching = watch(context, data, (batch) => OVER.has(batch.state),
    (batch) => context.announce(words.dues.states[batch.state]));

  async function commit(skip) {
    data.value = await api.commitImport(id, skip);
    watching.begin();
  }
  const skip = makeDialog(context, {
    id: "skip", title: () => text.skipTitle, yes: text.skip,
    text: (batch) => fill(text.skipText, {
      good: count(batch.good, language), faulty: count(batch.faulty, language),
    }),
    act: () => commit(true),
  });

  const next = (batch) => {
    if (!may("body:write") || batch.state !== "checked" || !batch.good) return nothing;
    return html`<p class="buttons">${batch.faulty ? html`<button type="button"
        class="btn btn-outline-primary" @click=${() => skip.open(batch)}>${text.skip}</button>`
      : acts.button(text.commit, () => commit(false), { look: "btn-primary" })}
      <a class="btn btn-outline-primary" href=${context.address("dues")}>${text.another}</a></p>`;
  };

  /** Behind the code stand the fields without a column. */
  function failed(batch) {
    const [code, fields = ""] = batch.code.split(":");
    const names = fields.split(",").filter(Boolean).map((each) => text.fields[each] ?? each);
    return html`<div class="alert alert-danger" role="alert">
        <p>${words.codes[code] ?? fill(words.codes.other, { code })}</p>
        ${names.length ? html`<p>${fill(text.lacking, { names: names.join(", ") })}</p>` : nothing}
      </div>
      ${may("body:write") ? html`<p class="buttons">${code === "dues_headers" ? html`
          <a class="btn btn-primary" href=${context.address("layout", { import: id })}
            >${text.columns}</a>` : nothing}
        <a class="btn btn-outline-primary" href=${context.address("dues")}>${text.another}</a></p>`
        : nothing}`;
  }

  const draw = (batch) => html`
    <p>${badge(words.dues.states, batch.state)}</p>
    ${batch.state === "checking" || batch.state === "awaited" ? html`<p class="waiting">
      <span class="spinner" aria-hidden="true"></span> ${text.checking}
      ${batch.done ? html`<strong>${fill(text.read, { done: count(batch.done, language) })}</strong>`
        : nothing}</p>` : nothing}
    ${batch.state === "importing" ? progress(fill(text.importing, {
      done: count(batch.done, language), good: count(batch.good, language),
    }), batch.done, batch.good) : nothing}
    ${batch.state === "failed" ? failed(batch) : nothing}
    ${batch.rows && batch.state !== "checking" ? html`<section class="sheet" aria-label=${text.result}>${facts([
      [words.dues.rows, count(batch.rows, language)],
      [text.good, `${count(batch.good, language)} (${amount(batch.cents, language)})`],
      [words.dues.faulty, count(batch.faulty, language)],
      ...(batch.state === "imported" ? [
        [text.new, count(batch.counts.new, language)],
        [text.updated, count(batch.counts.updated, language)],
        [text.unchanged, count(batch.counts.unchanged, language)],
        [text.locked, count(batch.counts.locked, language)],
      ] : []),
      [words.dues.at, moment(batch.created_at, language)],
    ])}</section>` : nothing}
    ${batch.faulty && batch.state === "checked" ? html`<p class="alert alert-warning">${text.correct}</p>`
      : nothing}
    ${batch.state === "checked" && !batch.faulty && batch.rows ? html`<p class="alert alert-success">
      ${text.clean}</p>` : nothing}
    ${next(batch)}
    ${batch.state === "imported" ? html`<p class="alert alert-success" role="status">${text.made}</p>
      <p class="buttons"><a class="btn btn-primary" href=${context.address("flows", { batch: id })}
        >${text.toFlow}</a></p>` : nothing}
    ${faults && batch.faulty ? html`<h2>${text.faults}</h2>
      ${faults.faults.length < faults.faulty ? html`<p>${fill(text.some, {
        n: count(faults.faults.length, language) })}</p>` : nothing}
      ${table({
        caption: text.faults,
        columns: [[text.row], [text.column], [text.field], [text.problem]],
        rows: faults.faults,
        cells: (each) => [
          each.row, each.column || "–", text.fields[each.field] ?? each.field,
          html`${text.problems[each.code] ?? each.code}${each.other_row ? html`<small>
            ${fill(text.otherRow, { n: each.other_row })}</small>` : nothing}`,
        ],
      })}` : nothing}`;

  const view = () => html`<p><a href=${context.address("dues")}>${words.dues.title}</a></p>
    <h1 tabindex="-1">${data.value?.file_name ?? text.title}</h1>
    ${acts.problem()}${data.view(draw)}${skip.view()}`;
  return { title: text.title, view, leave: watching.leave };
}
