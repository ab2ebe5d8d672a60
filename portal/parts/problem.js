// What went wrong, in words a person can act on.

import { html, nothing } from "../lit.js";
import { ApiError } from "../wire.js";
import { fill } from "../language.js";
import { icon } from "./icon.js";

const AGAIN = new Set(["offline", "unreachable", "timeout", "unreadable", "internal"]);

/** Whether the same call may work later, without changing anything. */
export const mayRepeat = (error) => AGAIN.has(error.code) || error.status >= 500;

/** The words for the stable code, else for the kind of answer. */
export function explain(words, error) {
  if (!(error instanceof ApiError)) throw error; // a fault of ours: not to be dressed up
  const { codes } = words;
  const known = Object.hasOwn(codes, error.code) ? codes[error.code] : null;
  const kind = error.status >= 500 ? codes.internal : fill(codes.other, { code: error.code });
  const text = known ?? (error.status === 429 ? codes.too_many_tries : kind);
  if (!error.waitS) return text;
  const minutes = Math.ceil(error.waitS / 60);
  const wait = minutes > 1 ? fill(words.waitMinutes, { n: minutes }) : words.waitMinute;
  return `${text} ${wait}`;
}

export function problem(words, error, again) {
  return html`<div class="alert alert-danger" role="alert">
    <p>${explain(words, error)}</p>
    ${again && mayRepeat(error) ? html`<button type="button"
      class="btn btn-outline-primary btn-sm" @click=${again}>
      ${icon("refresh", "icon-sm icon-primary")} ${words.again}</button>` : nothing}
  </div>`;
}

export function waiting(words) {
  return html`<p class="waiting"><span class="spinner" aria-hidden="true"></span> ${words.wait}</p>`;
}
