// What is dangerous wants a code given lately: asked for here, whatever page it happens on, and then
// what was wanted goes on.

import { html, nothing } from "../../lit.js";
import { problem } from "../../parts/problem.js";
import * as api from "../api.js";

let asked = null;

/** True when a right code was given, false when the person thought better of it. */
export function askCode(update) {
  const from = document.activeElement;
  return new Promise((resolve) => {
    asked = {
      update, failure: null, isBusy: false, code: "",
      end: (given) => {
        document.getElementById("step-up").close();
        asked = null;
        update();
        from?.focus?.();
        resolve(given);
      },
    };
    update();
    document.getElementById("step-up").showModal();
    document.getElementById("step-up-code").focus();
  });
}

async function give(event) {
  event.preventDefault();
  const one = asked;
  if (!one || one.isBusy || !one.code.trim()) return;
  one.isBusy = true;
  one.failure = null;
  one.update();
  try {
    await api.stepUp(one.code.trim());
    one.end(true);
  } catch (error) {
    one.isBusy = false;
    one.failure = error;
    one.code = "";
    one.update();
    document.getElementById("step-up-code").value = "";
    document.getElementById("step-up-code").focus();
  }
}

export const codeDialog = ({ words }) => html`<dialog id="step-up" class="ask"
    aria-labelledby="step-up-title"
    @cancel=${(event) => { event.preventDefault(); asked?.end(false); }}>
  ${asked ? html`<form @submit=${give} novalidate>
    <h2 id="step-up-title">${words.stepUp.title}</h2>
    <p id="step-up-text">${words.stepUp.text}</p>
    ${asked.failure ? problem(words, asked.failure) : nothing}
    <div class="row-field"><label for="step-up-code">${words.login.code}</label>
      <input class="form-control code" id="step-up-code" inputmode="numeric" maxlength="40"
        autocomplete="one-time-code" aria-required="true" aria-describedby="step-up-text"
        @input=${(event) => { if (asked) asked.code = event.target.value; }}></div>
    <p class="buttons">
      <button type="submit" class="btn btn-primary" aria-disabled=${asked.isBusy ? "true" : nothing}
        >${asked.isBusy ? words.wait : words.stepUp.go}</button>
      <button type="button" class="btn btn-outline-primary" @click=${() => asked?.end(false)}
        >${words.no}</button>
    </p>
  </form>` : html`<h2 id="step-up-title" class="visually-hidden">${words.stepUp.title}</h2>`}
</dialog>`;
