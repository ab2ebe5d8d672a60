// One spontaneous service: who asks, its own questions, what it costs. The position is made first,
// then it is paid or printed.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { found } from "../cart.js";
import { cleanTaxCode, isMail, isTaxCode } from "../codes.js";
import { amount } from "../format.js";
import { fill, said } from "../language.js";
import { makeForm } from "../parts/form.js";
import { logo } from "../parts/logo.js";
import { problem, waiting } from "../parts/problem.js";
import { checkPrice, chosenOf, priceFields, totalOf } from "../parts/price.js";
import { checkStamp, stampFields, stampOf } from "../parts/stamp.js";

export function open(context) {
  const { words, language, parameters } = context;
  const code = parameters.get("body") ?? "";
  const name = parameters.get("service") ?? "";
  let body = null;
  let service = null;
  let failure = null;
  let form = null;
  const once = crypto.randomUUID();

  async function load() {
    failure = null;
    context.update();
    try {
      body = await api.bodyOf(code);
      service = body.services.find((each) => each.code === name) ?? null;
      if (!service) throw new api.ApiError("not_found", 404);
      form = makeForm(context, { check, act, refused });
      document.title = `${service.subject} – ${words.portal}`;
    } catch (error) {
      failure = error;
    }
    context.update();
  }

  function check(typed) {
    const wrong = {};
    if (!typed.name?.trim()) wrong.name = words.service.nameMissing;
    const taxCode = cleanTaxCode(typed.taxCode ?? "");
    if (!isTaxCode(taxCode)) wrong.taxCode = words.taxCodeWrong;
    if (typed.email && !isMail(typed.email)) wrong.email = words.mailWrong;
    for (const each of service.form?.fields ?? []) {
      const value = (typed[`f-${each.name}`] ?? "").trim();
      if (each.required && !value) wrong[`f-${each.name}`] = words.service.missing;
      else if (value && each.type === "number" && !/^-?\d+([.,]\d+)?$/.test(value)) {
        wrong[`f-${each.name}`] = words.service.notNumber;
      }
    }
    if (service.stamp_cents) Object.assign(wrong, checkStamp(words, typed));
    return { ...wrong, ...checkPrice(words, language, service.price, typed) };
  }

  /** What the server says of single fields, by field. */
  function refused(error) {
    if (error.code === "payer_malformed") return { taxCode: words.service.payerWrong };
    const found = (error.details.problems ?? []).map(({ field, problem }) => [
      `f-${field}`, problem === "missing" ? words.service.missing : words.service.valueWrong,
    ]);
    return error.code === "form_values" ? Object.fromEntries(found) : {};
  }

  async function act(typed) {
    const taxCode = cleanTaxCode(typed.taxCode);
    const order = {
      person: { name: typed.name.trim(), tax_code: taxCode },
      values: valuesOf(service, typed),
      language,
    };
    if (typed.email) order.person.email = typed.email;
    if (service.stamp_cents) order.stamp = stampOf(typed);
    Object.assign(order, chosenOf(service.price, typed));
    const made = await api.ask(code, name, order, once);
    found.result = {
      ...made, full: true, creditor: { code: body.code, name: body.name }, state: "payable",
      subject: service.subject, debtor_name: order.person.name,
    };
    found.taxCode = taxCode;
    await context.go("detail");
  }

  function view() {
    if (!service || !form) {
      return html`<h1 tabindex="-1">${words.services.title}</h1>
        ${failure ? problem(words, failure, load) : waiting(words)}`;
    }
    const price = totalOf(service.price, form.values);
    const total = price === null ? null : price + (service.stamp_cents ?? 0);
    const text = said(service.description, language);
    return html`<h1 tabindex="-1">${service.subject}</h1>
      <p class="lead with-logo">${logo(context, body.code, body.name)}
        <span>${body.name}</span></p>
      ${text && text !== service.subject ? html`<p>${text}</p>` : nothing}
      <form novalidate @submit=${form.submit} aria-label=${service.subject}>
        ${form.summary()}
        <fieldset><legend>${words.service.you}</legend>
          ${form.text("name", words.service.name, { autocomplete: "name", most: 70 })}
          ${form.text("taxCode", words.search.taxCode, { capitals: true, most: 20 })}
          ${form.text("email", words.email, {
            optional: true, type: "email", autocomplete: "email", most: 254,
          })}
        </fieldset>
        ${service.form?.fields?.length ? html`<fieldset><legend>${words.service.request}</legend>
          ${service.form.fields.map((each) => question(form, each, language))}</fieldset>` : nothing}
        ${service.stamp_cents ? stampFields(context, form) : nothing}
        <fieldset><legend>${words.service.price}</legend>
          ${priceFields(context, form, service.price)}
          ${service.stamp_cents ? html`<p>${fill(words.service.stampPrice, {
            amount: amount(service.stamp_cents, language),
          })}</p>` : nothing}
          <p class="sum" role="status"><span>${words.service.total}</span>
            <strong>${total === null ? "–" : amount(total, language)}</strong></p>
        </fieldset>
        ${form.button(words.service.make)}
        <p class="hint">${words.service.makeHint}</p>
      </form>`;
  }

  load();
  return { title: words.services.title, view };
}

function question(form, each, language) {
  const name = `f-${each.name}`;
  const label = said(each.label, language);
  const more = { optional: !each.required };
  if (each.type === "choice") {
    const choices = (each.choices ?? []).map((one) => [one.code, said(one.label, language)]);
    return form.choice(name, label, choices, more);
  }
  if (each.type === "date") return form.text(name, label, { ...more, type: "date" });
  if (each.type === "number") return form.text(name, label, { ...more, inputmode: "decimal", most: 20 });
  return form.text(name, label, { ...more, most: each.most_chars });
}

/** Only what was answered, as it was written: the server reads "12,5" as it reads "12.5". */
function valuesOf(service, typed) {
  const values = {};
  for (const each of service.form?.fields ?? []) {
    const value = (typed[`f-${each.name}`] ?? "").trim();
    if (value) values[each.name] = value;
  }
  return values;
}
