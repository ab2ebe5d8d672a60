// Asks for the mail that sets a new password. The answer is the same for every address.

import { html } from "../../lit.js";
import { isMail } from "../../codes.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";

export function open(context) {
  const { words } = context;
  const text = words.forgot;
  let sent = "";
  const form = makeForm(context, {
    check: ({ mail }) => (isMail(mail?.trim() ?? "") ? {} : { mail: words.mailWrong }),
    act: async ({ mail }) => {
      await api.askReset(mail.trim());
      sent = mail.trim();
      context.update();
      document.querySelector("h1")?.focus();
    },
  });
  const back = html`<p><a href=${context.address("home")}>${words.login.title}</a></p>`;
  const view = () => (sent ? html`<h1 tabindex="-1">${text.sentTitle}</h1>
    <p>${fill(text.sent, { mail: sent })}</p>${back}` : html`<h1 tabindex="-1">${text.title}</h1>
    <p>${text.lead}</p>
    <form novalidate @submit=${form.submit} aria-label=${text.title}>
      ${form.summary()}
      ${form.text("mail", words.email, { type: "email", autocomplete: "username", most: 254 })}
      ${form.button(text.send)}
    </form>${back}`);
  return { title: text.title, view };
}
