import { html } from "../../lit.js";

export function open(context) {
  const { words } = context;
  return {
    title: words.missing.title,
    view: () => html`<h1 tabindex="-1">${words.missing.title}</h1>
      <p>${words.missing.text}</p>
      <p><a class="btn btn-primary" href=${context.address("home")}>${words.missing.back}</a></p>`,
  };
}
