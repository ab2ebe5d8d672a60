// The chapters of the budget in the treasurer's words: a row each, added and taken off in place.

import { html, live, nothing } from "../../lit.js";
import { rowButton } from "./shown.js";

// Field, most signs, whether it must be there.
const FIELDS = [["chapter", 20, true], ["code", 7, true], ["article", 3, false], ["siope", 10, false],
  ["text", 140, false]];
const FORMS = { chapter: /^\S.{0,19}$/, code: /^[1-9]\d{0,6}$/, article: /^(\d{1,3})?$/, siope: /^(\d{4,10})?$/ };

export function chaptersOf(context) {
  const { words } = context;
  const text = words.accounts.books;
  let rows = [];
  let errors = {};

  function add() {
    rows = [...rows, {}];
    context.update();
    document.getElementById(`chapter-${rows.length - 1}`)?.focus();
  }
  function drop(row) {
    rows = rows.filter((each) => each !== row);
    errors = {};
    context.update();
    document.getElementById("chapters")?.focus();
  }

  const cell = (row, at, [field, most, needed]) => {
    const id = `${field}-${at}`;
    return html`<div class="row-field ${errors[id] ? "is-wrong" : ""}">
      <label for=${id}>${text.columns[field]}</label>
      ${errors[id] ? html`<p class="wrong" id="${id}-error">${errors[id]}</p>` : nothing}
      <input class="form-control" id=${id} maxlength=${most} autocomplete="off" spellcheck="false"
        inputmode=${["code", "article", "siope"].includes(field) ? "numeric" : nothing}
        .value=${live(row[field] ?? "")} aria-required=${needed ? "true" : nothing}
        aria-invalid=${errors[id] ? "true" : nothing} aria-describedby=${errors[id] ? `${id}-error` : nothing}
        @input=${(event) => { row[field] = event.target.value; }}></div>`;
  };

  return {
    take(known) {
      rows = Object.entries(known).map(([chapter, one]) => ({
        chapter, code: String(one.code), article: one.article === null ? "" : String(one.article),
        siope: one.siope, text: one.text,
      }));
      errors = {};
    },
    /** What is wrong, by the ids of the fields. */
    check() {
      errors = {};
      rows.forEach((row, at) => {
        for (const [field, form] of Object.entries(FORMS)) {
          if (!form.test((row[field] ?? "").trim())) errors[`${field}-${at}`] = text.wrong[field];
        }
        const first = rows.findIndex((each) => each.chapter?.trim() === row.chapter?.trim());
        if (first < at) errors[`chapter-${at}`] = text.twice;
      });
      return errors;
    },
    given: () => Object.fromEntries(rows.map((row) => [row.chapter.trim(), {
      code: Number(row.code), article: row.article?.trim() ? Number(row.article) : null,
      siope: (row.siope ?? "").trim(), text: (row.text ?? "").trim(),
    }])),
    view: () => html`<h3 id="chapters" tabindex="-1">${text.chapters}</h3>
      <p>${text.chaptersText}</p>
      ${rows.map((row, at) => html`<fieldset class="row-set"><legend class="visually-hidden">
          ${text.columns.chapter} ${row.chapter || at + 1}</legend>
        <div class="filters">${FIELDS.map((field) => cell(row, at, field))}</div>
        <p>${rowButton(text.drop, row.chapter || String(at + 1), () => drop(row))}</p></fieldset>`)}
      <p><button type="button" class="btn btn-outline-primary" @click=${add}>${text.add}</button></p>`,
  };
}
