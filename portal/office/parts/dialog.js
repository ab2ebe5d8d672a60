// A question before something is done: Esc and "no" leave everything as it was, and the focus goes
// back to where it came from.

import { html, nothing } from "../../lit.js";
import { problem } from "../../parts/problem.js";

/**
 * `title(subject)` and `text(subject)` say what is asked, `yes` is what the button says,
 * `act(subject)` does it and may throw an ApiError. `more(subject)`: what else is asked, under the
 * text. `back()`: what has the focus once it is done, where that is not what had it before.
 */
export function makeDialog(context, { id, title, text, yes, act, danger = true, more, back }) {
  const { words } = context;
  const dialog = {};
  let subject = null;
  let from = null;
  let failure = null;
  let isBusy = false;

  const element = () => document.getElementById(id);

  dialog.open = (about) => {
    subject = about;
    failure = null;
    from = document.activeElement;
    context.update();
    element().showModal();
  };

  dialog.isOpen = () => element()?.open ?? false;

  function close(done) {
    element()?.close();
    const place = from?.isConnected ? from : null;
    ((done && back?.()) || place || document.querySelector("h1"))?.focus();
  }

  async function confirm(event) {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    failure = null;
    context.update();
    try {
      await act(subject);
      isBusy = false;
      context.update();
      close(true);
    } catch (error) {
      isBusy = false;
      failure = error;
      context.update();
    }
  }

  dialog.view = () => html`<dialog id=${id} class="ask" aria-labelledby="${id}-title"
      @cancel=${(event) => { event.preventDefault(); if (!isBusy) close(false); }}>
    <form @submit=${confirm} novalidate>
      <h2 id="${id}-title">${subject === null ? nothing : title(subject)}</h2>
      ${subject === null ? nothing : html`<p>${text(subject)}</p>${more?.(subject) ?? nothing}`}
      ${failure ? problem(words, failure) : nothing}
      <p class="buttons">
        <button type="submit" class="btn ${danger ? "btn-danger" : "btn-primary"}"
          aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : yes}</button>
        <button type="button" class="btn btn-outline-primary" @click=${() => close(false)}
          >${words.no}</button>
      </p>
    </form>
  </dialog>`;
  return dialog;
}
