// A layout of dues: which column of a file is what. From an uploaded file its columns are shown with
// examples and guessed; a remembered layout is changed by the names of its headers.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { makeData, watch } from "../parts/work.js";
import { table } from "../parts/table.js";
import { may } from "../session.js";

// What a field's choice says: the same for all rows; a column that is named beside it; otherwise ":"
// and the header of a column that was found.
const SAME = "=";
const NAMED = "#";
const NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const READ = new Set(["checked", "failed", "imported"]);

export function open(context) {
  const { words, parameters } = context;
  const text = words.layout;
  const [id, wanted, sheet] = ["import", "name", "sheet"].map((each) => parameters.get(each) ?? "");
  let known = []; // {field, needed}
  let form = null;

  const data = makeData(context, async () => {
    const [batch, { mappings, known: fields }, services] = await Promise.all([
      id ? api.importOf(id) : null, api.layouts(), api.services(),
    ]);
    known = fields;
    if (id && !READ.has(batch.state)) return { batch, mappings, services };
    const columns = id ? await api.columnsOf(id, sheet) : null;
    return { batch, mappings, services, columns };
  });
  const watching = watch(context, data, ({ batch }) => !batch || READ.has(batch.state));

  function begin({ mappings, columns }) {
    const before = mappings.find((each) => each.name === (wanted || "standard"));
    const values = { name: wanted, decimal: wanted ? before.decimal : ",", sheet: before.sheet || sheet };
    for (const { field } of known) values[`in-${field}`] = "";
    for (const [field, header] of Object.entries(columns ? columns.fields : before.columns)) {
      Object.assign(values, columns ? { [`in-${field}`]: `:${header}` }
        : { [`in-${field}`]: NAMED, [`hd-${field}`]: header });
    }
    if (wanted && !columns) {
      for (const [field, said] of Object.entries(before.constants)) {
        Object.assign(values, { [`in-${field}`]: SAME, [`eq-${field}`]: said });
      }
    }
    return makeForm(context, { values, check, refused, act });
  }

  function check(typed) {
    const wrong = NAME.test(typed.name ?? "") && typed.name !== "standard" ? {}
      : { name: text.nameWrong };
    for (const { field, needed } of known) {
      const said = typed[`in-${field}`];
      if (needed && !said) wrong[`in-${field}`] = fill(text.needed, { field: label(field) });
      if (said === NAMED && !typed[`hd-${field}`]?.trim()) wrong[`hd-${field}`] = text.headerMissing;
      if (said === SAME && !typed[`eq-${field}`]?.trim()) wrong[`eq-${field}`] = text.sameMissing;
    }
    return wrong;
  }
  const refused = (error) => ({
    mapping_name: () => ({ name: text.nameWrong }),
    mapping_missing: () => Object.fromEntries((error.details?.fields ?? []).map((each) => [
      `in-${each}`, fill(text.needed, { field: label(each) })])),
    mapping_header: () => Object.fromEntries((error.details?.fields ?? []).map((each) => [
      `in-${each}`, words.codes.mapping_header])),
  })[error.code]?.() ?? {};

  async function act(typed) {
    const columns = {};
    const constants = {};
    for (const { field } of known) {
      const said = typed[`in-${field}`] ?? "";
      if (said === SAME) constants[field] = typed[`eq-${field}`].trim();
      else if (said === NAMED) columns[field] = typed[`hd-${field}`].trim();
      else if (said) columns[field] = said.slice(1);
    }
    const there = data.value.mappings.find((each) => each.name === typed.name);
    await api.saveMapping(typed.name, {
      columns, constants, sheet: typed.sheet ?? "", decimal: typed.decimal || ",",
      delimiter: there?.delimiter ?? "", version: there?.version ?? 0,
    });
    if (!id) return context.go("dues");
    await api.checkImport(id, typed.name);
    return context.go("import", { id });
  }

  const label = (field) => words.import.fields[field] ?? field;

  function row({ field, needed }, columns, services) {
    const name = `in-${field}`;
    const choices = [
      ...(columns ?? []).map((each) => [`:${each.header}`, fill(text.column, each)]),
      ...(columns ? [] : [[NAMED, text.named]]), [SAME, text.same],
    ];
    return html`<div class="map-row">
      ${form.choice(name, label(field), choices, { optional: !needed, none: text.nowhere })}
      ${form.values[name] === NAMED ? form.text(`hd-${field}`, fill(text.headerOf,
        { field: label(field) }), { most: 140 }) : nothing}
      ${form.values[name] === SAME ? same(field, services) : nothing}</div>`;
  }
  function same(field, services) {
    const said = {
      service: () => services.filter((each) => each.active).map((each) => [each.code, each.subject]),
      category: () => ["professionista", "società", "praticante"].map((each) => [each, each]),
      provenance: () => ["competenza", "residui"].map((each) => [each, each]),
    }[field]?.();
    const name = `eq-${field}`;
    const named = fill(text.sameOf, { field: label(field) });
    return said ? form.choice(name, named, said) : form.text(name, named, { most: 140 });
  }

  function draw({ batch, mappings, services, columns }) {
    if (batch && !READ.has(batch.state)) {
      return html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>
        ${words.import.checking}</p>`;
    }
    form ??= begin({ mappings, columns });
    return html`
      ${columns ? html`<h2>${text.found}</h2>
        <p>${fill(text.foundText, { name: batch.file_name, row: columns.row })}</p>
        ${table({
          caption: text.found,
          columns: [[words.import.column], [text.header], [text.examples]],
          rows: columns.columns,
          cells: (each) => [each.column, each.header, each.examples.join(" · ") || "–"],
        })}` : nothing}
      ${may("body:write") ? html`<form class="sheet" novalidate @submit=${form.submit} aria-label=${text.which}>
        <h2>${text.which}</h2>
        <p>${columns ? text.whichText : text.changeText}</p>
        ${form.summary()}
        <div class="filters">${known.map((each) => row(each, columns?.columns, services))}</div>
        <h2>${text.remember}</h2>
        <div class="filters">
          ${form.text("name", text.name, { hint: text.nameHint, most: 40 })}
          ${form.choice("decimal", text.decimal, [[",", "1.234,56"], [".", "1,234.56"]])}
          ${form.text("sheet", text.sheet, { optional: true, hint: text.sheetHint, most: 31 })}
        </div>
        <p class="buttons">${form.button(id ? text.saveAndCheck : text.save)}
          ${id ? html`<button type="button" class="btn btn-outline-primary" @click=${otherSheet}
            >${text.otherSheet}</button>` : nothing}</p>
      </form>` : html`<p class="alert alert-info">${words.readOnly}</p>`}`;
  }
  const otherSheet = () => context.go("layout", { import: id, sheet: form.values.sheet });

  const view = () => html`<p><a href=${context.address("dues")}>${words.dues.title}</a></p>
    <h1 tabindex="-1">${wanted || text.title}</h1>
    ${data.view(draw)}`;
  return { title: text.title, view, leave: watching.leave };
}
