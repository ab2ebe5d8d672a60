// Lists: a table where there is room, one card for each row where there is not. The roles are said,
// because a table that is drawn as cards is none for the browser.

import { html, nothing } from "../../lit.js";

/**
 * `columns` are [label, kind], kind "number" stands to the right; `cells(row)` gives one content for
 * each column, the first of which names the row. `select`: {all, has(row), toggle(row, event),
 * toggleAll(), label(row), name} puts a box before each.
 */
export function table({ caption, columns, rows, cells, select }) {
  const [[first], ...rest] = columns;
  return html`<table class="list" role="table" aria-label=${caption}>
    <thead role="rowgroup"><tr role="row">
      ${select ? html`<th role="columnheader" scope="col" class="tick"
        data-label=${select.name}><input type="checkbox"
        class="tick-box" id="all" .checked=${select.all} aria-label=${select.name}
        @change=${select.toggleAll}></th>` : nothing}
      <th role="columnheader" scope="col">${first}</th>
      ${rest.map(([label, kind]) => html`<th role="columnheader" scope="col"
        class=${kind ?? nothing}>${label}</th>`)}
    </tr></thead>
    <tbody role="rowgroup">${rows.map((row) => line(columns, cells(row), row, select))}</tbody>
  </table>`;
}

function line(columns, [name, ...others], row, select) {
  return html`<tr role="row" class=${select?.has(row) ? "chosen" : nothing}>
    ${select ? html`<td role="cell" class="tick"><input type="checkbox" class="tick-box"
      .checked=${select.has(row)} aria-label=${select.label(row)} data-row=${row.id}
      @click=${(event) => select.toggle(row, event)}></td>` : nothing}
    <th role="rowheader" scope="row">${name}</th>
    ${others.map((content, at) => html`<td role="cell" class=${columns[at + 1][1] ?? nothing}
      data-label=${columns[at + 1][0]}>${content}</td>`)}
  </tr>`;
}

/** "more" under a list that goes on. */
export const more = (words, list) => (list.cursor ? html`<p><button type="button"
  class="btn btn-outline-primary" @click=${list.next} aria-disabled=${list.isBusy ? "true" : nothing}
  >${list.isBusy ? words.wait : words.more}</button></p>` : nothing);
