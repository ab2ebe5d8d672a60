// A file that somebody chooses, as a field of a form.

import { html, nothing } from "../../../lit.js";

// As much as one call may bring to a Lambda behind API Gateway, which makes four characters of three
// bytes. What is greater is dropped in the body's folder.
export const FILE_BYTES = 4_000_000;

/** `form.values[name]` is the file; `chosen(file)` is told of another one. */
export function fileField(form, words, name, label, hint, accept, chosen = () => {}) {
  const error = form.errors[name];
  const take = (file) => {
    form.set(name, file ?? null);
    chosen(file ?? null);
  };
  return html`<div class="row-field drop ${error ? "is-wrong" : ""}" @dragover=${over}
      @dragleave=${out} @drop=${(event) => { out(event); dropped(event, name, take); }}>
    <label for=${name}>${label}</label>
    <p class="hint" id="${name}-hint">${hint}</p>
    ${error ? html`<p class="wrong" id="${name}-error">${error}</p>` : nothing}
    <input class="form-control" type="file" id=${name} name=${name} accept=${accept}
      aria-describedby="${name}-hint${error ? ` ${name}-error` : ""}" aria-required="true"
      aria-invalid=${error ? "true" : nothing} @change=${(event) => take(event.target.files[0])}>
  </div>`;
}

function over(event) {
  event.preventDefault();
  event.currentTarget.classList.add("is-over");
}

function out(event) {
  event.preventDefault();
  event.currentTarget.classList.remove("is-over");
}

function dropped(event, name, take) {
  const { files } = event.dataTransfer;
  if (!files.length) return;
  // The field shows its name, as if it had been chosen there.
  document.getElementById(name).files = files;
  take(files[0]);
}
