// Instalments of one position: counted by the system or typed one by one, and seen before they are
// made.

import { html, nothing } from "../../lit.js";
import { amount, centsOf } from "../../format.js";
import { fill } from "../../language.js";
import { shortDay } from "./show.js";
import { table } from "./table.js";
import { makeActs } from "./work.js";

export const INSTALMENTS_MAX = 68; // of one position, as the server has it
const MONTHS_MAX = 24;

/** What payments ask for: as the API says them, the whole under number 0. `more(payment)` gives what
 * stands between name and amount, under `heading`. */
export function paymentsTable(context, payments, heading, more) {
  const { words, language } = context;
  return table({
    caption: words.plan.caption,
    columns: [[words.position.which], ...(more ? [[heading]] : []), [words.amount, "number"], [words.due]],
    rows: payments,
    cells: (each) => [
      each.number ? `${words.position.rate} ${each.number}` : words.position.whole,
      ...(more ? [more(each)] : []), amount(each.cents, language), shortDay(each.due, language),
    ],
  });
}

/** `form`: the one that they are part of. `total()`: cents of the whole, null while nobody knows.
 * `problems()`: what is missing for a preview, by field; `preview()` asks for it. */
export function makePlan(context, form, { total, problems, preview }) {
  const { words, language } = context;
  const text = words.plan;
  const acts = makeActs(context);
  let previewed = null;
  let next = 2;
  const there = () => form.values.rates;
  const name = (key, field) => `rate-${key}-${field}`;
  const value = (key, field) => (form.values[name(key, field)] ?? "").trim();
  const isTyped = () => form.values.planHow === "manual";

  function add() {
    const key = next;
    next += 1;
    form.set("rates", [...there(), key]);
    document.getElementById(name(key, "cents"))?.focus();
  }
  function remove(key) {
    form.set("rates", there().filter((each) => each !== key));
    document.getElementById("add-rate")?.focus();
  }

  async function look() {
    form.errors = problems();
    form.failure = null;
    previewed = null;
    if (Object.keys(form.errors).length) {
      context.update();
      return document.getElementById("problems")?.focus();
    }
    return acts.run(async () => { previewed = (await preview()).payments; });
  }

  const box = (field, label) => html`<div class="tick-row"><input type="checkbox" class="tick-box"
    id=${field} .checked=${Boolean(form.values[field])}
    @change=${(event) => form.set(field, event.target.checked)}><label for=${field}>${label}</label></div>`;

  const computed = () => html`<div class="filters">
    ${form.text("count", words.parameters.count, { inputmode: "numeric", most: 2 })}
    ${form.text("firstDue", words.parameters.firstDue, { type: "date" })}
    ${form.text("every", words.parameters.every, { optional: true, inputmode: "numeric", most: 2 })}
  </div>`;

  const one = (key, at) => html`<fieldset><legend>${words.position.rate} ${at + 1}</legend>
    <div class="filters">
      ${form.text(name(key, "cents"), words.service.amount, { inputmode: "decimal", most: 15 })}
      ${form.text(name(key, "due"), words.due, { type: "date" })}
    </div>
    ${there().length > 2 ? html`<p><button type="button" class="btn btn-outline-primary btn-sm"
      @click=${() => remove(key)}>${fill(text.remove, { n: at + 1 })}</button></p>` : nothing}
  </fieldset>`;

  function typed() {
    const sum = there().reduce((so, key) => so + (centsOf(value(key, "cents")) ?? 0), 0);
    const all = total();
    return html`<div @input=${() => context.update()}>${there().map(one)}</div>
      ${there().length < INSTALMENTS_MAX ? html`<p><button type="button" id="add-rate"
        class="btn btn-outline-primary" @click=${add}>${text.add}</button></p>` : nothing}
      <p class="sum" role="status"><span>${text.sum}</span><strong>${all
        ? fill(text.of, { sum: amount(sum, language), all: amount(all, language) })
        : amount(sum, language)}</strong></p>`;
  }

  return {
    /** What was shown is of other values now. */
    forget() {
      if (!previewed) return;
      previewed = null;
      context.update();
    },

    view: () => html`${box("parts", words.parameters.parts)}
      ${form.values.parts ? html`<fieldset><legend>${text.caption}</legend>
        ${form.choice("planHow", text.how, Object.entries(text.hows))}
        ${isTyped() ? typed() : computed()}
        ${box("only", words.parameters.only)}
        ${acts.problem()}
        <p class="buttons"><button type="button" class="btn btn-outline-primary" @click=${look}
          aria-disabled=${acts.isBusy ? "true" : nothing}>${text.look}</button></p>
        <div role="status">${previewed ? paymentsTable(context, previewed) : nothing}</div>
      </fieldset>` : nothing}`,

    check(values) {
      if (!values.parts) return {};
      const wrong = {};
      if (isTyped()) {
        for (const key of there()) {
          if (!centsOf(value(key, "cents"))) wrong[name(key, "cents")] = words.service.amountWrong;
          if (!value(key, "due")) wrong[name(key, "due")] = words.edit.endsMissing;
        }
        return wrong;
      }
      const count = Number(values.count);
      if (!(Number.isInteger(count) && count >= 2 && count <= INSTALMENTS_MAX)) {
        wrong.count = fill(words.parameters.countWrong, { n: INSTALMENTS_MAX });
      }
      if (!values.firstDue) wrong.firstDue = words.parameters.firstDueMissing;
      const every = Number(values.every || 1);
      if (!(Number.isInteger(every) && every >= 1 && every <= MONTHS_MAX)) {
        wrong.every = fill(text.everyWrong, { n: MONTHS_MAX });
      }
      return wrong;
    },

    /** Where a refusal belongs. */
    refused(error) {
      const at = isTyped() ? name(there()[0], "cents") : "count";
      if (error.code === "instalments_sum") {
        return { [at]: fill(text.sumWrong, {
          sum: amount(error.details.instalments_cents, language),
          all: amount(error.details.cents, language) }) };
      }
      if (error.code === "instalments_order") {
        return { [name(there()[0], "due")]: words.codes.instalments_order };
      }
      return ["instalments_count", "instalments_too_small"].includes(error.code)
        ? { [at]: words.codes[error.code] } : {};
    },

    /** As the API wants it. */
    given(values) {
      if (!values.parts) return {};
      const whole = !values.only;
      return { plan: isTyped() ? {
        whole, instalments: there().map((key) => ({
          cents: centsOf(value(key, "cents")), due: value(key, "due") })),
      } : {
        whole, count: Number(values.count), first_due: values.firstDue,
        every_months: Number(values.every) || 1,
      } };
    },
  };
}
