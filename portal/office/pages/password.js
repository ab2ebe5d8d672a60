// The first password, or a new one, by the link of a mail.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { takeToken, useUp } from "../parts/token.js";

const LEAST = 12;

export function open(context) {
  const { words } = context;
  const text = words.password;
  const token = takeToken();
  let isSet = false;
  const form = makeForm(context, {
    check: ({ fresh, again }) => {
      if ((fresh ?? "").length < LEAST) return { fresh: fill(text.short, { n: LEAST }) };
      return fresh === again ? {} : { again: text.differ };
    },
    act: async ({ fresh }) => {
      await api.setPassword(token, fresh);
      useUp();
      isSet = true;
      context.update();
      document.querySelector("h1")?.focus();
    },
    refused: (error) => (error.code === "password_too_short"
      ? { fresh: fill(text.short, { n: error.details.chars ?? LEAST }) } : {}),
  });
  const toLogin = html`<p><a class="btn btn-primary" href=${context.address("home")}
    >${words.login.title}</a></p>`;

  function view() {
    if (isSet) return html`<h1 tabindex="-1">${text.doneTitle}</h1><p>${text.done}</p>${toLogin}`;
    if (!token) {
      return html`<h1 tabindex="-1">${text.title}</h1>
        <p class="alert alert-warning">${words.codes.link_invalid}</p>
        <p><a class="btn btn-primary" href=${context.address("forgot")}>${words.forgot.title}</a></p>`;
    }
    return html`<h1 tabindex="-1">${text.title}</h1>
      <p>${fill(text.lead, { n: LEAST })}</p>
      <form novalidate @submit=${form.submit} aria-label=${text.title}>
        ${form.summary()}
        ${form.text("fresh", text.fresh, { type: "password", autocomplete: "new-password" })}
        ${form.text("again", text.again, { type: "password", autocomplete: "new-password" })}
        ${form.button(text.save)}
      </form>
      ${form.failure ? html`<p><a href=${context.address("forgot")}>${words.forgot.title}</a></p>`
        : nothing}`;
  }
  return { title: text.title, view };
}
