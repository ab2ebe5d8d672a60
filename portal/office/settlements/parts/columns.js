// Where the columns of a statement are: said once, remembered by a name. Numbers from 0, as the API
// has them; a person sees the letters of a spreadsheet with what stands in the heading.

import { html, nothing } from "../../../lit.js";

const ONE = ["amount", "sign"];
const TWO = ["debit", "credit"];
const NUMBERS = ["day", ...ONE, ...TWO, "provisional", "value_day"];

/** 0 as A, 26 as AA. */
export function letter(place) {
  const last = String.fromCharCode(65 + (place % 26));
  return place < 26 ? last : letter(Math.floor(place / 26) - 1) + last;
}

/** What the form holds of the API's columns. */
export function typedOf(columns) {
  const found = { kind: columns.amount === null || columns.amount === undefined ? "two" : "one" };
  for (const name of NUMBERS) found[name] = String(columns[name] ?? "");
  const texts = (columns.texts ?? []).map(String);
  return { ...found, texts, first_row: String(columns.first_row ?? 1), mark: columns.mark ?? "",
    delimiter: columns.delimiter ?? "", sheet: columns.sheet ?? "" };
}

/** The API's columns of what the form holds; what stays empty is left out. */
export function columnsOf(typed) {
  const wanted = ["day", "provisional", "value_day", ...(typed.kind === "two" ? TWO : ONE)];
  const found = { texts: typed.texts.map(Number).sort((one, other) => one - other) };
  for (const name of wanted) if (typed[name]) found[name] = Number(typed[name]);
  found.first_row = Number(typed.first_row) || 1;
  for (const name of ["mark", "delimiter", "sheet"]) if (typed[name]) found[name] = typed[name];
  return found;
}

export function columnsWrong(text, typed) {
  const wrong = {};
  if (!typed.day) wrong.day = text.dayMissing;
  if (!typed.texts.length) wrong.texts = text.textsMissing;
  if (typed.kind === "one" && !typed.amount) wrong.amount = text.amountMissing;
  if (typed.kind === "two" && !typed.debit && !typed.credit) wrong.credit = text.sidesMissing;
  if (!/^[1-9]\d{0,3}$/.test(typed.first_row)) wrong.first_row = text.firstRowWrong;
  return wrong;
}

/** The columns that there are, each with its heading: what stands above the first row. */
function named(rows, firstRow) {
  const many = Math.max(0, ...rows.map((each) => each.cells.length));
  const heading = rows.find((each) => each.row === Number(firstRow) - 1);
  return Array.from({ length: many }, (_, place) => {
    const said = heading?.cells[place]?.trim() ?? "";
    return [String(place), said ? `${letter(place)} – ${said.slice(0, 40)}` : letter(place)];
  });
}

/** `changed()`: a choice was made, read the rows anew. */
export function columnFields(words, form, rows, changed) {
  const text = words.settlements.columns;
  const columns = named(rows, form.values.first_row);
  const choose = (name, label, more = {}) => form.choice(name, label, columns, more);
  const free = { optional: true, none: text.none };
  const { texts, kind } = form.values;
  const tick = (place) => {
    form.values.texts = texts.includes(place) ? texts.filter((each) => each !== place)
      : [...texts, place];
    changed();
  };
  return html`<div @change=${changed}>
    <div class="filters">
      ${choose("day", text.day)}
      ${form.choice("kind", text.kind, Object.entries(text.kinds))}
      ${kind === "one" ? html`${choose("amount", text.amount)}${choose("sign", text.sign, free)}`
        : html`${choose("debit", text.debit, free)}${choose("credit", text.credit, free)}`}
    </div>
    <fieldset class="ticks" id="texts" tabindex="-1"
      aria-describedby=${form.errors.texts ? "texts-error" : nothing}>
      <legend>${text.texts}</legend>
      <p class="hint">${text.textsHint}</p>
      ${form.errors.texts ? html`<p class="wrong" id="texts-error">${form.errors.texts}</p>` : nothing}
      ${columns.map(([place, name]) => html`<div class="tick-row"><input type="checkbox"
        class="tick-box" id="text-${place}" .checked=${texts.includes(place)}
        @change=${(event) => { event.stopPropagation(); tick(place); }}>
        <label for="text-${place}">${name}</label></div>`)}
    </fieldset>
    <div class="filters">
      ${choose("value_day", text.valueDay, free)}
      ${choose("provisional", text.provisional, free)}
      ${form.text("first_row", text.firstRow, { inputmode: "numeric", most: 4 })}
      ${form.choice("mark", text.mark, Object.entries(text.marks), { optional: true, none: text.auto })}
    </div>
  </div>`;
}
