// "Controlla versamenti con estratto conto": a statement is dropped, its first rows are shown as they
// are read, its columns are said once and remembered; then it is read in the background.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { problem, waiting } from "../../../parts/problem.js";
import { badge, count, moment } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { columnFields, columnsOf, columnsWrong, typedOf } from "../parts/columns.js";
import { FILE_BYTES, fileField } from "../parts/files.js";
import { cellsTable, rowsTable } from "../parts/preview.js";

// The first rows of a text are in its first bytes; a workbook or an XML is only whole a file.
const HEAD_BYTES = 262_144;

export function open(context) {
  const { words, language } = context;
  const text = words.settlements.statement;
  const columnText = words.settlements.columns;
  const made = makeData(context, calls.statements);
  const setting = may("body:write") ? makeData(context, async () => {
    const [columns, ibans] = await Promise.all([calls.columns(), calls.ibans()]);
    if (columns.length && !form.values.layout) form.values.layout = columns[0].name;
    return { columns, ibans };
  }) : null;
  let shown = null; // how the first rows of the file are read
  let failure = null;
  let isReading = false;
  let asked = 0;
  let isChanged = false; // other columns than those that are remembered

  const form = makeForm(context, {
    values: { layout: "", name: "banca", account: "", ...typedOf({ amount: 0 }), amount: "" },
    check: (typed) => {
      if (!typed.file) return { file: words.settlements.files.none };
      if (typed.file.size > FILE_BYTES) return { file: words.settlements.files.tooLarge };
      if (!shown || !isTable()) return {};
      return {
        ...columnsWrong(columnText, typed),
        ...(/^[A-Za-z0-9_.-]{1,64}$/.test(typed.name) ? {} : { name: columnText.nameWrong }),
        ...(typed.account ? {} : { account: columnText.accountMissing }),
      };
    },
    act: async (typed) => {
      if (!shown) return preview();
      const layout = isTable() ? await remembered(typed) : "";
      const statement = await calls.handInStatement(typed.file, typed.file.name, layout);
      await context.go("movements", { id: statement.id });
    },
    refused: (error) => ({
      iban_unknown: { account: words.codes.iban_unknown },
      statement_columns: { day: words.codes.statement_columns },
    })[error.code] ?? {},
  });
  const isTable = () => shown?.kind === "table";
  const known = () => setting?.value?.columns.find((each) => each.name === form.values.layout);

  /** The name under which the columns are kept now. */
  async function remembered(typed) {
    const old = setting.value.columns.find((each) => each.name === typed.name);
    if (old && !isChanged && old.account === typed.account) return old.name;
    const kept = await calls.saveColumns(typed.name, {
      account: typed.account, columns: columnsOf(typed), version: old?.version ?? 0 });
    setting.value.columns = [...setting.value.columns.filter((each) => each !== old), kept];
    isChanged = false;
    return kept.name;
  }

  // ---------------------------------------------------------------- the preview
  /** By the columns in the form; `fresh`: a file or a layout was chosen, these say the columns. */
  async function preview(fresh = false) {
    const { file } = form.values;
    const mine = (asked += 1);
    failure = null;
    if (!file || file.size > FILE_BYTES) {
      shown = null;
      form.errors = form.values.file ? { file: words.settlements.files.tooLarge } : {};
      return context.update();
    }
    form.errors = {};
    if (fresh) isChanged = false;
    // Half of the columns says nothing: what is shown stays until they are whole.
    else if (Object.keys(columnsWrong(columnText, form.values)).length) return context.update();
    const layout = fresh ? known() : null;
    const wanted = layout ? { columns: layout.name } : fresh ? {}
      : { ...columnsOf(form.values), texts: form.values.texts.join(",") };
    isReading = true;
    context.announce(words.wait);
    context.update();
    try {
      const found = await calls.preview(headOf(file), wanted);
      if (mine !== asked) return;
      shown = found;
      if (fresh) suggest(found, layout);
    } catch (error) {
      if (mine !== asked) return;
      failure = error;
      if (fresh) shown = null;
    }
    isReading = false;
    context.announce(failure ? "" : text.read);
    context.update();
  }

  function suggest(found, layout) {
    const { ibans } = setting.value;
    Object.assign(form.values, typedOf(found.columns ?? { amount: 0 }), {
      name: layout?.name ?? form.values.name,
      account: layout?.account ?? (ibans.length === 1 ? ibans[0] : form.values.account),
    });
    if (!found.columns) form.values.amount = "";
  }

  const chosen = () => preview(true);
  function changed() {
    isChanged = true;
    preview();
  }

  function reading({ columns, ibans }) {
    const isSure = Boolean(shown?.columns) || !isTable();
    const names = columns.map((each) => [each.name, `${each.name} – ${each.account}`]);
    return html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.title}>
      <h2>${text.upload}</h2>
      ${form.summary()}
      ${fileField(form, words, "file", text.file, text.fileHint, ".csv,.txt,.xlsx,.xml", chosen)}
      ${names.length ? html`<div @change=${chosen}>${form.choice("layout", text.layout, names,
        { optional: true, none: text.suggested })}</div>` : nothing}
      ${failure ? problem(words, failure, () => preview(true)) : nothing}
      ${isReading && !shown ? waiting(words) : nothing}
      ${shown ? html`
        ${isTable() ? html`
          ${isSure ? nothing : html`<p class="alert alert-warning">${text.unsure}</p>`}
          <details class="box" ?open=${!isSure || isChanged}><summary>${columnText.title}</summary>
            <p>${text.cellsText}</p>${cellsTable(context, shown.rows)}
            ${columnFields(words, form, shown.rows, changed)}
          </details>` : html`<p class="alert alert-info">${text.journal}</p>`}
        ${isSure || shown.rows.some((each) => each.day) ? html`<h3>${text.rows}</h3>
          <p>${fill(text.rowsText, { n: count(shown.rows.length, language) })}</p>${rowsTable(context, shown.rows)}` : nothing}
        ${isTable() ? html`<div class="filters">
          ${form.text("name", columnText.name, { hint: columnText.nameHint, most: 64 })}
          ${form.choice("account", columnText.account, ibans.map((each) => [each, each]))}
        </div>` : nothing}
        ${form.button(text.go)}` : nothing}
    </form>`;
  }

  // ---------------------------------------------------------------- those that came before
  const rows = (items) => (items.length ? table({
    caption: text.made,
    columns: [[text.file], [words.state], [text.at], [text.readRows, "number"],
      [text.ignored, "number"], [text.found, "number"], [words.amount, "number"]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("movements", { id: each.id })}>${each.file_name}</a>
        <small>${each.account}</small>`,
      badge(text.states, each.state), moment(each.created_at, language),
      count(each.counts.read ?? 0, language), count(each.ignored, language),
      html`${count(each.movements, language)}<small>${fill(text.fresh, {
        n: count(each.fresh, language) })}</small>`, amount(each.cents, language),
    ],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${setting ? setting.view(reading) : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.made}</h2>
    ${made.view(rows)}`;
  return { title: text.title, view };
}

/** What is enough of a file to show its first rows. */
function headOf(file) {
  return /\.(csv|txt)$/i.test(file.name) ? file.slice(0, HEAD_BYTES) : file;
}
