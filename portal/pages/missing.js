import { html } from "../lit.js";

export function open(context) {
  const { words } = context;
  const view = () => html`<h1 tabindex="-1">${words.missing.title}</h1>
    <p>${words.missing.text}</p>
    <p><a class="btn btn-primary" href=${context.address("search")}>${words.missing.back}</a></p>`;
  return { title: words.missing.title, view };
}
