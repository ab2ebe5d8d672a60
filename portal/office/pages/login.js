// Coming in: address and password, then a code; whoever has no second factor yet sets one up here.

import { html, nothing } from "../../lit.js";
import { isMail } from "../../codes.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { enrolment, codesShown } from "../parts/factor.js";
import { load } from "../session.js";

export function open(context) {
  const { words, parameters } = context;
  const text = words.login;
  const ended = sessionStorage.getItem("ended");
  sessionStorage.removeItem("ended");
  let step = "password";
  let token = "";
  let enrolling = null;
  let codes = null;

  async function enter() {
    await load();
    const where = Object.fromEntries(parameters);
    const page = where.page && where.page !== "login" ? where.page : "home";
    await context.go(page, { ...where, page: page === "home" ? "" : page });
  }

  function turn(to) {
    step = to;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const first = makeForm(context, {
    check: ({ mail, password }) => ({
      ...(isMail(mail?.trim() ?? "") ? {} : { mail: words.mailWrong }),
      ...(password ? {} : { password: text.passwordMissing }),
    }),
    act: async (typed) => {
      const begun = await api.logIn(typed.mail.trim(), typed.password);
      typed.password = "";
      token = begun.token;
      if (begun.next === "session") return enter();
      if (begun.next === "enrolment") enrolling = await api.enrol(token);
      turn(begun.next);
    },
  });

  const second = makeForm(context, {
    check: ({ otp }) => (otp?.trim() ? {} : { otp: text.codeMissing }),
    act: async (typed) => {
      try {
        if (step === "code") {
          await api.giveCode(token, typed.otp.trim());
          return await enter();
        }
        codes = (await api.confirmEnrolment(token, typed.otp.trim())).recovery_codes;
        turn("codes");
      } finally {
        typed.otp = "";
      }
    },
  });

  function again() {
    second.failure = null;
    turn("password");
  }

  const views = {
    password: () => html`<h1 tabindex="-1">${text.title}</h1>
      ${ended ? html`<p class="alert alert-warning" role="status">${text.ended}</p>` : nothing}
      <form novalidate @submit=${first.submit} aria-label=${text.title}>
        ${first.summary()}
        ${first.text("mail", words.email, { type: "email", autocomplete: "username", most: 254 })}
        ${first.text("password", text.password, {
          type: "password", autocomplete: "current-password",
        })}
        ${first.button(text.go)}
      </form>
      <p class="hint"><a href=${context.address("forgot")}>${text.forgot}</a></p>`,
    code: () => html`<h1 tabindex="-1">${text.codeTitle}</h1>
      <p>${text.codeText}</p>${codeForm(text.codeHint)}
      <p><button type="button" class="btn btn-link" @click=${again}>${text.again}</button></p>`,
    enrolment: () => html`<h1 tabindex="-1">${text.enrolTitle}</h1>
      ${enrolment(words, enrolling)}${codeForm(text.firstHint)}
      <p><button type="button" class="btn btn-link" @click=${again}>${text.again}</button></p>`,
    codes: () => html`<h1 tabindex="-1">${text.codesTitle}</h1>
      ${codesShown(words, codes)}
      <p><button type="button" class="btn btn-primary" @click=${enter}>${text.codesKept}</button></p>`,
  };

  const codeForm = (hint) => html`<form novalidate @submit=${second.submit} aria-label=${text.code}>
    ${second.summary()}
    ${second.text("otp", text.code, { hint, inputmode: step === "code" ? "text" : "numeric",
      autocomplete: "one-time-code", most: 40 })}
    ${second.button(text.go)}
  </form>`;

  return { title: text.title, view: () => views[step]() };
}
