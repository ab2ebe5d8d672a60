// The picture that notices carry. It is shown as an image, where what is in an SVG can do nothing.

import { html, nothing } from "../../../lit.js";
import { problem } from "../../../parts/problem.js";
import { makeDialog } from "../../parts/dialog.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";

const MOST_BYTES = 1024 * 1024;

/**
 * `named()`: whether there is a picture; `changed(body)`: the setting has another version now;
 * `said(text)` tells that it is done.
 */
export function makeLogo(context, named, changed, said) {
  const { words } = context;
  const text = words.settings.logo;
  const data = makeData(context, async () => ({
    picture: named() ? await calls.logo() : null,
  }));
  let wrong = "";
  let failure = null;
  let isBusy = false;

  async function keep(event) {
    event.preventDefault();
    if (isBusy) return;
    const input = event.target.elements.logo;
    const file = input.files[0];
    failure = null;
    wrong = !file ? text.none : file.size > MOST_BYTES ? words.codes.logo_too_large : "";
    if (wrong) {
      context.update();
      return input.focus();
    }
    isBusy = true;
    context.announce(words.wait);
    context.update();
    try {
      changed(await calls.saveLogo(file));
      input.value = "";
      said(text.kept);
      await data.load();
    } catch (error) {
      failure = error;
    }
    isBusy = false;
    context.announce(failure ? "" : text.kept);
    context.update();
  }

  const removal = makeDialog(context, {
    id: "drop-logo", title: () => text.dropTitle, text: () => text.dropText, yes: text.drop,
    act: async () => {
      changed(await calls.dropLogo());
      said(text.dropped);
      await data.load();
    },
  });

  const draw = ({ picture }) => (picture ? html`<img class="logo" alt=${text.alt}
      src="data:${picture.type};base64,${picture.data}">`
    : html`<p>${text.nothing}</p>`);

  const change = () => html`<form novalidate @submit=${keep} aria-label=${text.title}>
    ${failure ? problem(words, failure) : nothing}
    <div class="row-field ${wrong ? "is-wrong" : ""}"><label for="logo">${text.file}</label>
      <p class="hint" id="logo-hint">${text.hint}</p>
      ${wrong ? html`<p class="wrong" id="logo-error" role="alert">${wrong}</p>` : nothing}
      <input class="form-control" type="file" id="logo" name="logo" accept=".png,.jpg,.jpeg,.svg"
        aria-describedby="logo-hint${wrong ? " logo-error" : ""}"
        aria-invalid=${wrong ? "true" : nothing}></div>
    <p class="buttons"><button class="btn btn-primary" type="submit"
        aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : text.keep}</button>
      ${data.value?.picture ? html`<button type="button" class="btn btn-outline-primary"
        @click=${() => removal.open("logo")}>${text.drop}</button>` : nothing}</p>
  </form>`;

  return {
    view: () => html`<section class="box" aria-labelledby="logo-title">
      <h2 id="logo-title">${text.title}</h2>
      ${data.view(draw)}${may("body:write") ? change() : nothing}</section>${removal.view()}`,
  };
}
