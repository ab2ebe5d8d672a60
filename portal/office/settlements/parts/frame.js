// A dialog that holds a form of its own: Esc and "no" leave everything as it was, and the focus goes
// back to where it came from.

import { html } from "../../../lit.js";

/** `left()` is told when it closes. */
export function makeFrame(context, id, left) {
  let from = null;
  const element = () => document.getElementById(id);

  function open() {
    from = document.activeElement;
    context.update();
    element().showModal();
    focus();
  }

  /** The first thing to be filled in; more may come while it is open. */
  function focus() {
    element()?.querySelector("select, textarea, input")?.focus();
  }

  function close() {
    element()?.close();
    left();
    (from?.isConnected ? from : document.querySelector("h1"))?.focus();
    context.update();
  }

  /** `content`: null while it is closed; `buttons`: those before "no". */
  const view = (form, title, content, buttons) => html`<dialog id=${id} class="ask"
      aria-labelledby="${id}-title"
      @cancel=${(event) => { event.preventDefault(); if (!form.isBusy) close(); }}>
    ${content === null ? html`<h2 id="${id}-title" class="visually-hidden">${title}</h2>`
      : html`<form @submit=${form.submit} novalidate>
        <h2 id="${id}-title">${title}</h2>
        ${content}
        <p class="buttons">${buttons}
          <button type="button" class="btn btn-outline-primary" @click=${close}
            >${context.words.no}</button></p>
      </form>`}
  </dialog>`;
  return { open, close, focus, view };
}
