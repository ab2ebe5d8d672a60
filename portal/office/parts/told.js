// How a position stands with pagoPA: what was told, what was answered, and telling it once more.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { facts } from "../../parts/notice.js";
import { badge, moment } from "./show.js";

/** Why, in words; what has none shows its code. */
export const toldWords = (words, { code }) => (code
  ? words.told.codes[code] ?? words.codes[code] ?? fill(words.codes.other, { code }) : "");

/** `again`: a button, where somebody may tell it once more. */
export function toldView(context, found, again) {
  const { words, language } = context;
  const text = words.told;
  if (found.state === "none") return html`<p>${text.states.none}</p>`;
  return html`<section class="sheet" aria-label=${text.title}>
    <p>${badge(text.states, found.state)}</p>
    ${facts([
      [text.status, found.status ? text.statuses[found.status] ?? found.status : ""],
      [text.at, found.at ? moment(found.at, language) : ""],
      [text.attempts, found.attempts || ""],
      [text.why, toldWords(words, found)],
      [text.answered, found.answered ? `HTTP ${found.answered}` : ""],
    ])}
    ${found.said ? html`<p>${text.said}</p><p class="said">${found.said}</p>` : nothing}
    ${found.state === "refused" ? html`<p>${text.hint}</p>${again}` : nothing}
  </section>`;
}
