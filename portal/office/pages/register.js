// Registration by the link of a mail: the practice or company, and the person who registers.

import { html } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { takeToken, useUp } from "../parts/token.js";

export function open(context) {
  const { words } = context;
  const text = words.register;
  const token = takeToken();
  let made = null;
  const form = makeForm(context, {
    check: (typed) => Object.fromEntries(["name", "person", "password"]
      .filter((each) => !typed[each]?.trim()).map((each) => [each, text.missing])),
    act: async ({ name, person, password }) => {
      made = await api.register({ token, name: name.trim(), person: person.trim(), password });
      useUp();
      context.update();
      document.querySelector("h1")?.focus();
    },
  });
  const toLogin = html`<p><a class="btn btn-primary" href=${context.address("home")}
    >${words.login.title}</a></p>`;

  function view() {
    if (made) {
      return html`<h1 tabindex="-1">${text.doneTitle}</h1>
        <p>${made.known ? text.known : text.done}</p>${toLogin}`;
    }
    if (!token) {
      return html`<h1 tabindex="-1">${text.title}</h1>
        <p class="alert alert-warning">${words.codes.link_invalid}</p>${toLogin}`;
    }
    return html`<h1 tabindex="-1">${text.title}</h1>
      <form novalidate @submit=${form.submit} aria-label=${text.title}>
        ${form.summary()}
        ${form.text("name", text.name, { most: 80, autocomplete: "organization" })}
        ${form.text("person", text.person, { most: 80, autocomplete: "name" })}
        ${form.text("password", words.login.password, {
          hint: text.passwordHint, type: "password", autocomplete: "new-password",
        })}
        ${form.button(text.go)}
      </form>`;
  }
  return { title: text.title, view };
}
