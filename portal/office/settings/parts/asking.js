// What a service asks of whoever pays: fields in their order, each with its label in four languages.

import { html, nothing } from "../../../lit.js";
import { LANGUAGES, fill } from "../../../language.js";
import { freeCode, small, tick } from "./fields.js";
import { makeRows } from "./rows.js";

const OTHERS = Object.keys(LANGUAGES).filter((each) => each !== "it");
const TYPES = ["text", "number", "date", "choice"];
const FIELD = ["it", ...OTHERS, "type", "required", "choices", "most", "name"];
const MOST_FIELDS = 30;
const MOST_CHARS = 500;

/** Choices as somebody writes them: one in a line, translations after a stroke. */
const linesOf = (choices) => choices.map(({ label }) => ["it", ...OTHERS]
  .map((each) => label[each] ?? "").join(" | ").replace(/[\s|]+$/, "")).join("\n");

function choicesOf(lines, known) {
  // What is called as before keeps its code.
  const codes = new Map(known.map((each) => [each.label.it, each.code]));
  const taken = new Set(codes.values());
  return lines.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const parts = line.split("|").map((each) => each.trim());
    const label = Object.fromEntries(["it", ...OTHERS].map((each, at) => [each, parts[at] ?? ""]));
    return { code: codes.get(label.it) ?? freeCode(label.it, taken), label };
  });
}

export function makeAsking(context, form, fields) {
  const { words } = context;
  const text = words.settings.asking;
  const rows = makeRows(context, form, "field", FIELD);
  const known = new Map(fields.map((each) => [each.name, each.choices ?? []]));
  for (const each of fields) {
    rows.add({
      ...each.label, type: each.type, required: each.required, name: each.name,
      choices: linesOf(each.choices ?? []), most: each.most_chars < MOST_CHARS ? String(each.most_chars) : "",
    });
  }

  function check() {
    const wrong = {};
    for (const key of rows.keys) {
      const own = rows.read(key);
      if (!own.it.trim()) wrong[rows.name(key, "it")] = words.settings.missing;
      if (!own.type) wrong[rows.name(key, "type")] = words.settings.missing;
      if (own.type === "choice" && !own.choices.trim()) {
        wrong[rows.name(key, "choices")] = text.choicesMissing;
      }
      if (own.most && !(/^\d{1,3}$/.test(own.most) && Number(own.most) >= 1 && Number(own.most) <= MOST_CHARS)) {
        wrong[rows.name(key, "most")] = fill(text.mostWrong, { n: MOST_CHARS });
      }
    }
    return wrong;
  }

  function wanted() {
    const all = rows.all();
    const taken = new Set(all.map((each) => each.name).filter(Boolean));
    return all.map((each) => ({
      name: each.name || freeCode(each.it, taken), type: each.type, required: Boolean(each.required),
      label: Object.fromEntries(["it", ...OTHERS].map((code) => [code, each[code].trim()])),
      choices: each.type === "choice" ? choicesOf(each.choices, known.get(each.name) ?? []) : [],
      most_chars: each.type === "text" && each.most ? Number(each.most) : MOST_CHARS,
    }));
  }

  const one = (key, at) => {
    const own = rows.read(key);
    const name = (field) => rows.name(key, field);
    const about = own.it || fill(text.nth, { n: at + 1 });
    return html`<fieldset class="group"><legend>${about}</legend>
      <div class="filters">
        ${form.text(name("it"), text.label, { most: 120 })}
        ${form.choice(name("type"), text.type, TYPES.map((each) => [each, text.types[each]]))}
        ${own.type === "text" ? form.text(name("most"), text.most, {
          optional: true, inputmode: "numeric", most: 3 }) : nothing}
      </div>
      ${own.type === "choice" ? form.area(name("choices"), text.choices, { hint: text.choicesHint, most: 8000 })
        : nothing}
      <details><summary>${text.translations}</summary><div class="filters">
        ${OTHERS.map((each) => form.text(name(each), LANGUAGES[each], { optional: true, unsaid: true, most: 120 }))}
      </div></details>
      ${tick(form, name("required"), text.required)}
      <p class="buttons">
        ${at ? small(text.up, about, () => rows.move(key, -1)) : nothing}
        ${at < rows.keys.length - 1 ? small(text.down, about, () => rows.move(key, 1)) : nothing}
        ${small(words.settings.remove, about, () => rows.drop(key, "more-fields"))}</p></fieldset>`;
  };

  return {
    check, wanted, place: (at) => rows.place(at, "it"),
    /** The place of the field of that name, for what the API refuses of it. */
    named: (field) => rows.place(Math.max(0, wanted().findIndex((each) => each.name === field)), "it"),
    view: () => html`<p>${text.lead}</p>
      ${rows.keys.map(one)}
      ${rows.keys.length < MOST_FIELDS ? html`<p><button type="button" id="more-fields"
        class="btn btn-outline-primary btn-sm" @click=${rows.more}>${text.more}</button></p>`
        : html`<p class="hint" id="more-fields" tabindex="-1">${fill(text.full, { n: MOST_FIELDS })}</p>`}`,
  };
}
