// What may go with letters: a covering letter, another communication. PDF files.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { problem } from "../../../parts/problem.js";
import { makeDialog } from "../../parts/dialog.js";
import { done, moment } from "../../parts/show.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { slug, small } from "./fields.js";

export function makeEnclosures(context) {
  const { words, language } = context;
  const text = words.settings.enclosures;
  const data = makeData(context, calls.enclosures);
  let said = "";
  let wrong = "";
  let failure = null;
  let isBusy = false;

  async function add(event) {
    event.preventDefault();
    if (isBusy) return;
    const input = event.target.elements.enclosure;
    const file = input.files[0];
    wrong = file ? "" : words.dues.noFile;
    failure = null;
    if (wrong) {
      context.update();
      return input.focus();
    }
    isBusy = true;
    context.announce(words.wait);
    context.update();
    try {
      await calls.saveEnclosure(slug(file.name.replace(/\.pdf$/i, "")) || "allegato", file);
      input.value = "";
      said = fill(text.added, { name: file.name });
      await data.load();
    } catch (error) {
      failure = error;
    }
    isBusy = false;
    context.announce("");
    context.update();
  }

  const removal = makeDialog(context, {
    id: "drop-enclosure", yes: words.settings.remove, text: () => text.removeText,
    title: (one) => fill(text.removeTitle, { name: one.file_name }),
    act: async (one) => {
      await calls.removeEnclosure(one.code);
      said = fill(text.removed, { name: one.file_name });
      await data.load();
    },
  });

  const draw = (items) => (items.length ? html`<ul class="items">${items.map((each) => html`<li class="sheet">
      <div><p class="creditor">${each.file_name}</p><p class="hint">${moment(each.added_at, language)}</p></div>
      ${may("body:write") ? small(words.settings.remove, each.file_name, () => removal.open(each)) : nothing}
    </li>`)}</ul>` : html`<p>${text.none}</p>`);

  return {
    view: () => html`<section class="box" aria-labelledby="enclosures-title">
      <h2 id="enclosures-title">${text.title}</h2><p>${text.lead}</p>
      ${done(said)}${data.view(draw)}${failure ? problem(words, failure) : nothing}
      ${may("body:write") ? html`<form novalidate @submit=${add} aria-label=${text.title}>
        <div class="row-field ${wrong ? "is-wrong" : ""}"><label for="enclosure">${text.file}</label>
          ${wrong ? html`<p class="wrong" id="enclosure-error" role="alert">${wrong}</p>` : nothing}
          <input class="form-control" type="file" id="enclosure" name="enclosure" accept=".pdf"
            aria-describedby=${wrong ? "enclosure-error" : nothing}
            aria-invalid=${wrong ? "true" : nothing}></div>
        <p><button class="btn btn-outline-primary" type="submit" aria-disabled=${isBusy ? "true" : nothing}
          >${isBusy ? words.wait : text.add}</button></p></form>` : nothing}</section>${removal.view()}`,
  };
}
