// Fields that settings have beside those of forms.

import { html, live, nothing } from "../../../lit.js";

export const tick = (form, name, label, hint) => html`<div class="tick-row">
  <input type="checkbox" class="tick-box" id=${name} .checked=${live(Boolean(form.values[name]))}
    aria-describedby=${hint ? `${name}-hint` : nothing}
    @change=${(event) => form.set(name, event.target.checked)}>
  <div><label for=${name}>${label}</label>${hint
    ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}</div></div>`;

/** Several of a list; the values are the form's `name-value`. */
export const ticks = (form, name, legend, choices) => html`<fieldset class="group">
  <legend>${legend}</legend>
  ${choices.map(([value, text]) => tick(form, `${name}-${value}`, text))}</fieldset>`;

export const ticked = (typed, name, values) => values.filter((each) => typed[`${name}-${each}`]);

/** What is written and never read. */
export const secret = (words, form, name, label, isSet, most = 256) => form.text(name, label, {
  type: "password", autocomplete: "new-password", optional: true, unsaid: true, most,
  hint: isSet ? words.settings.secretSet : words.settings.secretHint,
});

/** A small button of a row; `about` says of which one to who does not see the row. */
export const small = (label, about, work, look = "btn-outline-primary") => html`<button
  type="button" class="btn ${look} btn-sm" @click=${work}>${label}<span
  class="visually-hidden"> ${about}</span></button>`;

/** A code out of what people read: "Diritti di segreteria" as diritti-di-segreteria. */
export const slug = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
  .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40).replace(/-+$/, "");

/** As `slug`, and none of those that are taken. */
export function freeCode(text, taken) {
  const stem = slug(text) || "voce";
  let found = stem;
  for (let n = 2; taken.has(found); n += 1) found = `${stem.slice(0, 36)}-${n}`;
  taken.add(found);
  return found;
}
