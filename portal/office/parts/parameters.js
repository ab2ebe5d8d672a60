// What is asked when a list is final: how the flow is called, by when and in how many parts.

import { html, nothing } from "../../lit.js";
import { centsOf } from "../../format.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import { count } from "./show.js";

const INSTALMENTS_MAX = 68;

export function makeParameters(context, act) {
  const { words } = context;
  const text = words.parameters;
  let undated = 0;
  const form = makeForm(context, {
    check: (typed) => ({
      ...(typed.description?.trim() ? {} : { description: text.descriptionMissing }),
      ...(undated && !typed.due ? { due: text.dueMissing } : {}),
      ...(typed.grouped && !typed.subject?.trim() ? { subject: text.subjectMissing } : {}),
      ...(typed.parts && !(Number(typed.count) >= 2 && Number(typed.count) <= INSTALMENTS_MAX)
        ? { count: fill(text.countWrong, { n: INSTALMENTS_MAX }) } : {}),
      ...(typed.parts && !typed.firstDue ? { firstDue: text.firstDueMissing } : {}),
      ...(typed.fee && centsOf(typed.fee) === null ? { fee: words.service.amountWrong } : {}),
    }),
    act: (typed) => act(given(typed)),
    refused: (error) => ({
      flow_due_missing: { due: text.dueMissing }, flow_subject: { subject: text.subjectMissing },
      flow_description: { description: text.descriptionMissing },
    })[error.code] ?? {},
  });

  const box = (name, label) => html`<div class="tick-row"><input type="checkbox" class="tick-box"
    id=${name} .checked=${Boolean(form.values[name])}
    @change=${(event) => form.set(name, event.target.checked)}><label for=${name}>${label}</label></div>`;

  const view = (flow) => {
    undated = flow.undated;
    return html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.title}>
      <h2>${text.title}</h2>
      ${form.summary()}
      ${form.text("description", text.description, { hint: text.descriptionHint, most: 100 })}
      <div class="filters">
        ${form.text("due", text.due, { optional: !undated, type: "date",
          hint: undated ? fill(text.undated, { n: count(undated, context.language) }) : text.dueHint })}
        ${form.text("ends", text.ends, { optional: true, type: "date", hint: text.endsHint })}
      </div>
      ${box("grouped", text.grouped)}
      ${form.values.grouped ? form.text("subject", text.subject, { hint: text.subjectHint, most: 90 })
        : nothing}
      ${box("parts", text.parts)}
      ${form.values.parts ? html`<div class="filters">
        ${form.text("count", text.count, { inputmode: "numeric", most: 2 })}
        ${form.text("firstDue", text.firstDue, { type: "date" })}
        ${form.text("every", text.every, { optional: true, inputmode: "numeric", most: 2 })}
      </div>${box("only", text.only)}` : nothing}
      <div class="filters">
        ${form.text("fee", text.fee, { optional: true, inputmode: "decimal", most: 12 })}
        ${form.text("feeDays", text.feeDays, { optional: true, inputmode: "numeric", most: 3 })}
      </div>
      ${form.button(text.generate)}
    </form>`;
  };
  return { view };
}

function given(typed) {
  const found = { description: typed.description.trim(), grouped: Boolean(typed.grouped) };
  if (typed.due) found.due = typed.due;
  if (typed.ends) found.ends = typed.ends;
  if (typed.grouped) found.subject = typed.subject.trim();
  if (typed.parts) {
    found.plan = {
      count: Number(typed.count), first_due: typed.firstDue, every_months: Number(typed.every) || 1,
      whole: !typed.only,
    };
  }
  if (typed.fee) {
    Object.assign(found, {
      late_fee_cents: centsOf(typed.fee), late_fee_days: Number(typed.feeDays) || 0,
    });
  }
  return found;
}
