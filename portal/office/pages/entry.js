// Point entry: one debt position by hand, at the price of its service or at an amount typed by hand;
// then its notice is printed or sent at once.

import { html, nothing } from "../../lit.js";
import { cleanTaxCode, isMail, isTaxCode } from "../../codes.js";
import { amount, centsOf } from "../../format.js";
import { said } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import { icon } from "../../parts/icon.js";
import { facts, number } from "../../parts/notice.js";
import { checkPrice, chosenOf, priceFields, totalOf } from "../../parts/price.js";
import { checkStamp, stampFields, stampOf } from "../../parts/stamp.js";
import * as api from "../api.js";
import { priceOf } from "../parts/offer.js";
import { makePlan, paymentsTable } from "../parts/plan.js";
import { done, follow, shortDay } from "../parts/show.js";
import { makeActs, makeData } from "../parts/work.js";
import { may } from "../session.js";

const LANGUAGES = ["it", "en", "fr", "es", "de", "sl"];
const ADDRESS = ["address", "postcode", "city", "province"];

export function open(context) {
  const { words, language } = context;
  const text = words.entry;
  const acts = makeActs(context);
  let made = null;
  let once = { key: "", of: "" };
  const data = makeData(context, async () => {
    const found = await api.services();
    return found.filter((each) => each.active).map((each) => ({ ...each, price: priceOf(each) }));
  });
  const chosen = (typed) => (data.value ?? []).find((each) => each.code === typed.service);
  // Dues bring their amount: who asks for one by hand types it.
  const isManual = (service, typed) => (service.price ? typed.how === "manual" : !service.stamp);

  const fresh = () => ({ how: "price", planHow: "computed", rates: [0, 1] });
  const form = makeForm(context, {
    values: fresh(),
    check(typed) {
      const taxCode = cleanTaxCode(typed.taxCode ?? "");
      return {
        ...(typed.name?.trim() ? {} : { name: words.service.nameMissing }),
        ...(isTaxCode(taxCode) ? {} : { taxCode: words.taxCodeWrong }),
        ...(!typed.mail || isMail(typed.mail) ? {} : { mail: words.mailWrong }),
        ...(!typed.pec || isMail(typed.pec) ? {} : { pec: words.mailWrong }),
        ...wrongOrder(typed),
      };
    },
    refused: (error) => ({
      debtor_malformed: error.details?.problem === "tax_code" ? { taxCode: words.taxCodeWrong }
        : { mail: words.mailWrong },
      amount_out_of_range: { manual: words.codes.amount_out_of_range },
      service_unpriced: { service: words.codes.service_unpriced },
      ends_before_due: { ends: words.parameters.endsEarly }, ends_past: { ends: words.parameters.endsPast },
    })[error.code] ?? plan.refused(error),
    async act(typed) {
      const order = {
        ...askedOf(typed), debtor: debtorOf(typed), reason: (typed.reason ?? "").trim(),
      };
      const of = JSON.stringify(order);
      if (once.of !== of) once = { key: api.onceKey(), of };
      made = await api.makePosition(order, once.key);
      once = { key: "", of: "" };
      context.update();
      document.querySelector("h1")?.focus();
    },
  });

  const plan = makePlan(context, form, {
    total: () => { const service = chosen(form.values); return service ? totalBy(service) : null; },
    problems: () => wrongOrder(form.values),
    preview: () => api.previewPosition(askedOf(form.values)),
  });

  /** What is asked for, whoever is to pay. */
  function askedOf(typed) {
    const service = chosen(typed);
    return {
      service: service.code,
      ...(typed.due ? { due: typed.due } : {}),
      ...(typed.ends ? { ends: typed.ends } : {}),
      ...(typed.hardEnd ? { hard_end: true } : {}),
      ...(isManual(service, typed) ? { manual: true, cents: centsOf(typed.manual) }
        : chosenOf(service.price, typed)),
      ...(service.stamp ? { stamp: stampOf(typed) } : plan.given(typed)),
    };
  }

  function wrongOrder(typed) {
    const service = chosen(typed);
    if (!service) return { service: text.serviceMissing };
    return { ...wrongPrice(service, typed), ...(service.stamp ? {} : plan.check(typed)) };
  }

  const totalBy = (service) => (isManual(service, form.values)
    ? centsOf(form.values.manual ?? "") : totalOf(service.price, form.values));

  function wrongPrice(service, typed) {
    const cents = centsOf(typed.manual ?? "");
    return {
      ...(isManual(service, typed)
        ? cents ? {} : { manual: words.service.amountWrong }
        : checkPrice(words, language, service.price, typed)),
      ...(service.stamp ? checkStamp(words, typed) : {}),
    };
  }

  function price(service) {
    const { values } = form;
    const offered = service.price && service.price.kind !== "free";
    const typed = isManual(service, values);
    const total = totalBy(service);
    return html`<fieldset><legend>${words.service.price}</legend>
      ${offered ? form.choice("how", text.how, Object.entries(text.hows)) : nothing}
      ${typed ? html`<div @input=${() => context.update()}>${form.text("manual",
          words.service.amount, { inputmode: "decimal", most: 15,
            hint: service.price ? text.manualHint : text.unpricedHint })}</div>`
        : priceFields(context, form, service.price)}
      ${service.stamp ? stampFields(context, form) : nothing}
      <p class="sum" role="status"><span>${words.service.total}</span>
        <strong>${total ? amount(total, language) : "–"}</strong></p>
      ${service.stamp ? html`<p class="hint">${text.stampBeside}</p>` : nothing}
    </fieldset>`;
  }

  function asking(services) {
    if (!services.length) {
      return html`<p class="alert alert-warning">${text.noServices}</p>`;
    }
    const service = chosen(form.values);
    const optional = { optional: true };
    return html`<form class="sheet" novalidate @submit=${form.submit} @input=${plan.forget}
      aria-label=${text.title}>
      ${form.summary()}
      <fieldset><legend>${text.who}</legend>
        <div class="filters">
          ${form.text("name", words.service.name, { most: 70 })}
          ${form.text("taxCode", words.position.taxCode, { capitals: true, most: 20 })}
          ${form.text("mail", words.email, { ...optional, type: "email", most: 254 })}
          ${form.text("pec", "PEC", { ...optional, type: "email", most: 254 })}
        </div>
        <details ?open=${ADDRESS.some((each) => form.values[each])}><summary>${text.more}</summary>
          <div class="filters">
            ${form.text("address", words.import.fields.address, { ...optional, most: 140 })}
            ${form.text("postcode", words.import.fields.postcode, { ...optional, most: 10 })}
            ${form.text("city", words.import.fields.city, { ...optional, most: 60 })}
            ${form.text("province", words.import.fields.province, { ...optional, capitals: true, most: 2 })}
            ${form.choice("language", words.import.fields.language, LANGUAGES.map((each) => [each,
              text.languages[each]]), { optional: true, none: text.anyLanguage })}
          </div></details>
      </fieldset>
      <fieldset><legend>${text.what}</legend>
        <div class="filters">
          ${form.choice("service", text.service, services.map((each) => [each.code, each.subject]))}
          ${form.text("reason", words.positions.subject, { ...optional, most: 90,
            hint: service ? text.reasonHint : undefined })}
          ${form.text("due", words.due, { ...optional, type: "date",
            hint: form.values.parts ? words.plan.dueHint : undefined })}
          ${form.text("ends", words.parameters.ends, { ...optional, type: "date",
            hint: words.parameters.endsHint })}
        </div>
        <div class="tick-row"><input type="checkbox" class="tick-box" id="hardEnd"
          .checked=${Boolean(form.values.hardEnd)}
          @change=${(event) => form.set("hardEnd", event.target.checked)}><label for="hardEnd"
          >${words.parameters.hardEnd}</label></div>
        ${service ? aboutOf(service) : nothing}
      </fieldset>
      ${service ? price(service) : nothing}
      ${service && !service.stamp ? plan.view() : nothing}
      ${form.button(text.make)}
    </form>`;
  }
  function aboutOf(service) {
    const about = said(service.description, language);
    return about ? html`<p class="hint">${about}</p>` : nothing;
  }

  function another() {
    made = null;
    acts.said = "";
    form.values = fresh();
    context.update();
    document.querySelector("h1")?.focus();
  }

  const result = () => html`<h1 tabindex="-1">${text.madeTitle}</h1>
    ${done(acts.said)}${acts.problem()}
    <section class="sheet" aria-label=${words.position.what}>
      <p class="sum"><span class="visually-hidden">${words.amount}</span>
        <strong>${amount(made.cents, language)}</strong></p>
      ${facts([
        [words.positions.debtor, made.name], [words.positions.subject, made.subject],
        ...(made.payments.length > 1 ? [] : [
          [words.positions.notice, number(made.payments[0].notice)],
          [words.due, shortDay(made.payments[0].due, language)],
        ]),
      ])}
      ${made.payments.length > 1 ? paymentsTable(context, made.payments, words.positions.notice,
        (each) => number(each.notice)) : nothing}</section>
    <p class="buttons">
      ${acts.button(words.position.notice, async () => follow(await api.noticeOf(made.id)),
        { said: words.saved, look: "btn-primary", sign: icon("file-pdf", "icon-sm icon-white") })}
      <a class="btn btn-outline-primary" href=${context.address("deliveries", { position: made.id })}
        >${words.position.deliver}</a>
      <a class="btn btn-outline-primary" href=${context.address("position", { id: made.id })}
        >${text.toPosition}</a>
      <button type="button" class="btn btn-outline-primary" @click=${another}>${text.another}</button>
    </p>`;

  const view = () => (made ? result() : html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${may("body:write") ? data.view(asking)
      : html`<p class="alert alert-info">${words.readOnly}</p>`}`);
  return { title: text.title, view };
}

function debtorOf(typed) {
  const found = { name: typed.name.trim(), tax_code: cleanTaxCode(typed.taxCode) };
  for (const each of [...ADDRESS, "mail", "pec", "language"]) {
    const value = (typed[each] ?? "").trim();
    if (value) found[each] = each === "province" ? value.toUpperCase() : value;
  }
  return found;
}
