// A request to a body's office.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { cleanNotice, isMail, isNotice } from "../codes.js";
import { fill } from "../language.js";
import { makeForm } from "../parts/form.js";
import { problem, waiting } from "../parts/problem.js";

const TEXT_CHARS_MAX = 2000;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.help;
  let bodies = null;
  let failure = null;
  let ticket = "";
  const form = makeForm(context, {
    values: {
      notice: cleanNotice(parameters.get("notice") ?? ""), body: parameters.get("body") ?? "",
    },
    check: (typed) => {
      const wrong = {};
      if (!typed.body) wrong.body = text.bodyMissing;
      if (!typed.name?.trim()) wrong.name = words.service.nameMissing;
      if (!isMail(typed.email ?? "")) wrong.email = words.mailWrong;
      const notice = cleanNotice(typed.notice ?? "");
      if (notice && !isNotice(notice)) wrong.notice = words.search.noticeWrong;
      if (!typed.text?.trim()) wrong.text = text.textMissing;
      return wrong;
    },
    act: async (typed) => {
      const request = {
        body: typed.body, name: typed.name.trim(), email: typed.email, text: typed.text.trim(),
        language,
      };
      const notice = cleanNotice(typed.notice ?? "");
      if (notice) request.notice = notice;
      ticket = (await api.help(request)).ticket;
      context.update();
      document.querySelector("h1")?.focus();
    },
  });

  async function load() {
    failure = null;
    context.update();
    try {
      bodies = await api.bodies();
      if (bodies.length === 1) form.values.body = bodies[0].code;
    } catch (error) {
      failure = error;
    }
    context.update();
  }

  function view() {
    if (ticket) {
      return html`<h1 tabindex="-1">${text.sent}</h1>
        <p class="alert alert-success">${fill(text.sentText, { ticket })}</p>
        <p><a class="btn btn-outline-primary" href=${context.address("search")}
          >${words.return.another}</a></p>`;
    }
    return html`<h1 tabindex="-1">${text.title}</h1>
      <p class="lead">${text.lead}</p>
      ${failure ? problem(words, failure, load) : nothing}
      ${bodies ? fields() : failure ? nothing : waiting(words)}`;
  }

  const fields = () => html`<form class="narrow" novalidate @submit=${form.submit}
    aria-label=${text.title}>
    ${form.summary()}
    ${bodies.length > 1 ? form.choice("body", words.search.body,
      bodies.map((each) => [each.code, each.name])) : nothing}
    ${form.text("name", words.service.name, { autocomplete: "name", most: 70 })}
    ${form.text("email", words.email, { type: "email", autocomplete: "email", most: 254 })}
    ${form.text("notice", words.noticeNumber, { optional: true, inputmode: "numeric", most: 30 })}
    ${form.area("text", text.text, { hint: text.textHint, most: TEXT_CHARS_MAX })}
    ${form.button(text.send)}
  </form>`;

  load();
  return { title: text.title, view };
}
