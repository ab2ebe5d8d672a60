// What may still be changed of a position that nobody has paid: words, days, the amount of one that
// was made by hand, and what is known of whoever owes it.

import { html, nothing } from "../../lit.js";
import { isMail } from "../../codes.js";
import { amount, centsOf } from "../../format.js";
import { makeForm } from "../../parts/form.js";
import { checkPrice, chosenOf, priceFields, totalOf } from "../../parts/price.js";
import * as api from "../api.js";
import { priceOf } from "./offer.js";
import { makeRules } from "./rules.js";

const LANGUAGES = ["it", "en", "fr", "es", "de", "sl"];
const ADDRESS = ["address", "postcode", "city", "province", "mail", "pec", "language"];

/** `position()` is the one that is shown; `saved(position)` is told of the new one, and `stale()`
 * that somebody else was first. `offer`, an object of the page, keeps its service. */
export function makeEdit(context, position, saved, stale, offer) {
  const { words, language } = context;
  const text = words.edit;
  const found = position();
  const rates = found.payments.filter((each) => each.number);
  const byHand = found.origin === "spontaneous" && !found.lines.some((each) => each.stamp);
  const isPriced = byHand && !rates.length;
  const hasReason = byHand && found.lines.length === 1;
  const isRuled = found.payments.some((each) => !each.number)
    && !found.lines.some((each) => each.stamp);
  const before = {
    subject: found.subject, ends: found.ends,
    ...(rates.length ? {} : { due: found.payments[0].due ?? "" }),
    ...(hasReason ? { reason: found.lines[0].reason } : {}),
  };
  const daysBefore = Object.fromEntries(rates.map((each) => [`due-${each.number}`, each.due ?? ""]));
  const debtorBefore = {
    name: found.name, ...Object.fromEntries(ADDRESS.map((each) => [each, found.debtor[each]])),
  };

  // Asked for when the form is opened, because few positions are changed.
  async function opened(event) {
    if (!event.target.open || !isPriced || offer.isAsked) return;
    offer.isAsked = true;
    try {
      const mine = (await api.services()).find((each) => each.code === found.lines[0].service);
      offer.price = mine && priceOf(mine);
    } catch {
      offer.isAsked = false; // the amount can still be typed
    }
    context.update();
  }

  const changedOf = (typed, were) => Object.fromEntries(Object.keys(were)
    .map((each) => [each, (typed[each] ?? "").trim()])
    .filter(([each, value]) => value !== were[each]));

  function wrongAmount(typed) {
    if (typed.amountHow === "manual") {
      return centsOf(typed.manual ?? "") ? {} : { manual: words.service.amountWrong };
    }
    return typed.amountHow ? checkPrice(words, language, offer.price, typed) : {};
  }

  const form = makeForm(context, {
    values: { ...before, ...daysBefore, ...debtorBefore, hardEnd: Boolean(found.hard_end) },
    check: (typed) => ({
      ...(typed.name.trim() ? {} : { name: words.service.nameMissing }),
      ...Object.fromEntries(["mail", "pec"].filter((each) => typed[each] && !isMail(typed[each]))
        .map((each) => [each, words.mailWrong])),
      ...(typed.subject.trim() ? {} : { subject: text.subjectMissing }),
      ...(hasReason && !typed.reason.trim() ? { reason: text.reasonMissing } : {}),
      ...(typed.ends ? {} : { ends: text.endsMissing }),
      ...Object.fromEntries(Object.keys(daysBefore).filter((each) => !typed[each])
        .map((each) => [each, text.endsMissing])),
      ...wrongAmount(typed),
      ...(isRuled ? rules.check() : {}),
    }),
    refused: (error) => {
      if (error.code === "conflict") stale();
      return {
        ends_before_due: { ends: words.parameters.endsEarly },
        ends_past: { ends: words.parameters.endsPast },
        position_plan: { due: words.codes.position_plan },
        instalments_order: { [Object.keys(daysBefore)[0]]: words.codes.instalments_order },
        amount_out_of_range: { manual: words.codes.amount_out_of_range },
        debtor_malformed: { mail: words.mailWrong },
      }[error.code] ?? {};
    },
    act: async (typed) => saved(await api.editPosition(found.id, editOf(typed))),
  });
  const rules = makeRules(context, form, found.rules,
    () => api.previewEdit(found.id, editOf(form.values)));

  function editOf(typed) {
    const days = Object.entries(changedOf(typed, daysBefore))
      .map(([each, due]) => ({ number: Number(each.slice("due-".length)), due }));
    const debtor = changedOf(typed, debtorBefore);
    if (debtor.province) debtor.province = debtor.province.toUpperCase();
    // A day that was taken out stays: a notice that had one keeps one.
    const { due, ...others } = changedOf(typed, before);
    return {
      version: position().version, ...others, ...(due ? { due } : {}),
      ...(days.length ? { instalments: days } : {}),
      ...(Object.keys(debtor).length ? { debtor } : {}),
      ...(typed.hardEnd === Boolean(found.hard_end) ? {} : { hard_end: typed.hardEnd }),
      ...(typed.amountHow ? { amount: amountOf(typed) } : {}),
      ...(isRuled ? rules.given() : {}),
    };
  }

  const amountOf = (typed) => (typed.amountHow === "manual"
    ? { manual: true, cents: centsOf(typed.manual) } : chosenOf(offer.price, typed));

  function price() {
    if (!isPriced) return nothing;
    const { amountHow } = form.values;
    const hows = Object.entries(words.entry.hows).filter(([each]) => each === "manual" || offer.price);
    const total = amountHow === "manual" ? centsOf(form.values.manual ?? "")
      : totalOf(offer.price, form.values);
    return html`<fieldset><legend>${words.service.price}</legend>
      ${form.choice("amountHow", words.entry.how, hows, { optional: true, unsaid: true,
        none: text.amountStays })}
      ${amountHow === "manual" ? html`<div @input=${() => context.update()}>${form.text("manual",
        words.service.amount, { inputmode: "decimal", most: 15 })}</div>` : nothing}
      ${amountHow === "price" ? priceFields(context, form, offer.price) : nothing}
      ${amountHow ? html`<p class="sum" role="status"><span>${words.service.total}</span>
        <strong>${total ? amount(total, language) : "–"}</strong></p>` : nothing}
    </fieldset>`;
  }

  function plan() {
    if (!rates.length) return nothing;
    return html`<fieldset><legend>${text.days}</legend>
      <div class="filters">${rates.map((each) => form.text(`due-${each.number}`,
        `${words.position.rate} ${each.number}`, { type: "date" }))}</div></fieldset>`;
  }

  function who() {
    const fields = words.import.fields;
    const optional = { optional: true };
    return html`<fieldset><legend>${text.who}</legend>
      <p class="hint">${text.whoHint}</p>
      <div class="filters">
        ${form.text("name", words.service.name, { most: 70 })}
        ${form.text("mail", words.email, { ...optional, type: "email", most: 254 })}
        ${form.text("pec", "PEC", { ...optional, type: "email", most: 254 })}
        ${form.text("address", fields.address, { ...optional, most: 140 })}
        ${form.text("postcode", fields.postcode, { ...optional, most: 10 })}
        ${form.text("city", fields.city, { ...optional, most: 60 })}
        ${form.text("province", fields.province, { ...optional, capitals: true, most: 2 })}
        ${form.choice("language", fields.language, LANGUAGES.map((each) => [each,
          words.entry.languages[each]]), { ...optional, none: words.entry.anyLanguage })}
      </div></fieldset>`;
  }

  const view = () => html`<details class="box" @toggle=${opened}><summary>${text.title}</summary>
    <form novalidate @submit=${form.submit} @input=${rules.forget} aria-label=${text.title}>
      <p>${text.lead}</p>
      ${form.summary()}
      ${form.text("subject", words.positions.subject, { most: 90 })}
      ${hasReason ? form.text("reason", words.position.reason, { most: 90 }) : nothing}
      <div class="filters">
        ${rates.length ? nothing : form.text("due", words.due, { type: "date", optional: true,
          hint: found.rules.length ? text.rulesHint : undefined })}
        ${form.text("ends", words.position.ends, { type: "date" })}
      </div>
      <div class="tick-row"><input type="checkbox" class="tick-box" id="hardEnd"
        .checked=${Boolean(form.values.hardEnd)}
        @change=${(event) => form.set("hardEnd", event.target.checked)}><label for="hardEnd"
        >${words.parameters.hardEnd}</label></div>
      ${plan()}${price()}${isRuled ? rules.view() : nothing}${who()}
      ${form.button(text.save)}
    </form></details>`;
  return { view };
}
