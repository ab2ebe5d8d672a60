import { html } from "../lit.js";

/** A decoration: what it means is always said in words beside it. */
export function icon(name, more = "") {
  return html`<svg class="icon ${more}" aria-hidden="true" focusable="false">
    <use href="/portal/vendor/icons.svg#it-${name}"></use>
  </svg>`;
}
