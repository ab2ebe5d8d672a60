// The first rows of a statement: as they stand in the file, and as they are read.

import { html } from "../../../lit.js";
import { amount } from "../../../format.js";
import { table } from "../../parts/table.js";
import { letter } from "./columns.js";
import { dayIn } from "./tell.js";

const CELLS = 12;
const ROWS = 12;

export function rowsTable({ words, language }, rows) {
  const text = words.settlements.statement;
  return table({
    caption: text.rows,
    columns: [[text.row], [text.day], [words.amount, "number"], [text.text], [text.outcome]],
    rows,
    cells: (each) => [
      each.row, dayIn(each.day, language), each.cents === null ? "–" : amount(each.cents, language),
      html`<span class="whole">${each.text || "–"}</span>`,
      each.reason ? text.reasons[each.reason] ?? each.reason : text.taken,
    ],
  });
}

export function cellsTable({ words }, rows) {
  const text = words.settlements.statement;
  const many = Math.min(CELLS, Math.max(1, ...rows.map((each) => each.cells.length)));
  const places = Array.from({ length: many }, (_, place) => place);
  return table({
    caption: text.cells,
    columns: [[text.row], ...places.map((place) => [letter(place)])],
    rows: rows.slice(0, ROWS),
    cells: (each) => [each.row, ...places.map((place) => each.cells[place] || "–")],
  });
}
