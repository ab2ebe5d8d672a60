// The one place that names the vendor's files, which infra/portal.py puts beside these pages.
export { html, nothing, render } from "./vendor/lit/lit-html.js";
export { live } from "./vendor/lit/directives/live.js";
