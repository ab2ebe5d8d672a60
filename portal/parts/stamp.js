// The document that a digital stamp ("marca da bollo") is bought for: only its SHA-256 leaves the
// page, the document itself never does.

import { html, nothing } from "../lit.js";
import { fill } from "../language.js";

const PROVINCE = /^[A-Z]{2}$/;
const MOST_BYTES = 100_000_000; // read at once into memory

/** `typed.stampDocument` is {name, digest} once a file was read. */
export function stampFields(context, form) {
  const { words } = context;
  const text = words.service;
  const error = form.errors.stampDocument;
  const chosen = form.values.stampDocument;

  async function choose(event) {
    const [file] = event.target.files;
    form.errors.stampDocument = undefined;
    form.values.stampDocument = null;
    if (file && file.size > MOST_BYTES) form.errors.stampDocument = text.stampTooLarge;
    else if (file) form.values.stampDocument = { name: file.name, digest: await digestOf(file) };
    context.update();
  }

  return html`<fieldset><legend>${text.stamp}</legend>
    <div class="row-field ${error ? "is-wrong" : ""}">
      <label for="stampDocument">${text.stampDocument}</label>
      <p class="hint" id="stampDocument-hint">${text.stampHint}</p>
      ${error ? html`<p class="wrong" id="stampDocument-error">${error}</p>` : nothing}
      <input class="form-control" type="file" id="stampDocument" aria-required="true"
        aria-invalid=${error ? "true" : nothing}
        aria-describedby="stampDocument-hint${error ? " stampDocument-error" : ""}"
        @change=${choose}>
      <p class="hint" role="status">${chosen ? fill(text.stampRead, { name: chosen.name }) : nothing}</p>
    </div>
    ${form.text("stampProvince", text.stampProvince, {
      hint: text.stampProvinceHint, capitals: true, most: 2,
    })}
  </fieldset>`;
}

export function checkStamp(words, typed) {
  const wrong = {};
  if (!typed.stampDocument) wrong.stampDocument = words.service.stampMissing;
  if (!PROVINCE.test(provinceOf(typed))) wrong.stampProvince = words.service.stampProvinceWrong;
  return wrong;
}

/** As the API wants it. */
export const stampOf = (typed) => ({
  document: typed.stampDocument.digest, province: provinceOf(typed),
});

const provinceOf = (typed) => (typed.stampProvince ?? "").trim().toUpperCase();

async function digestOf(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
