// The orders that a posting would make, before anything is written.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import { count, shortDay } from "../parts/show.js";
import { table } from "../parts/table.js";
import { chapterOf, counterpart, problemsTable } from "./shown.js";

const SHOWN = 200;

/** `post()` asks whether they are to be made. */
export function draftsView(context, { drafts, problems, cents }, post) {
  const { words, language } = context;
  const text = words.accounts.drafts;
  return html`<section aria-labelledby="preview">
    <h2 id="preview" tabindex="-1">${text.title}</h2>
    ${drafts.length ? html`
      <p>${fill(text.sum, { n: count(drafts.length, language), sum: amount(cents, language) })}</p>
      ${table({
        caption: text.title,
        columns: [[text.number], [text.day], [text.counterpart], [words.position.chapter],
          [text.account], [text.payments, "number"], [words.amount, "number"]],
        rows: drafts.slice(0, SHOWN),
        cells: (each) => [
          each.number, shortDay(each.day, language), counterpart(words, each),
          chapterOf(words, each), each.account || "–", count(each.lines.length, language),
          amount(each.cents, language),
        ],
      })}
      ${drafts.length > SHOWN ? html`<p>${fill(text.some, { n: count(SHOWN, language) })}</p>` : nothing}
      <p class="buttons"><button type="button" class="btn btn-primary" @click=${post}>${text.post}</button></p>`
    : html`<p class="alert alert-warning">${text.none}</p>`}
    ${problems.length ? html`<h3>${text.problems}</h3>
      <p>${text.problemsText}</p>
      ${problemsTable(words, text.problems, problems)}` : nothing}
  </section>`;
}
