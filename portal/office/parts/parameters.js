// What is asked when a list is final: how the flow is called, by when and in how many parts.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import { amount, centsOf } from "../../format.js";
import { amountsTable } from "./amounts.js";
import { makeChanges } from "./changes.js";
import { INSTALMENTS_MAX } from "./plan.js";
import { count, shortDay } from "./show.js";
import { makeActs } from "./work.js";

/** `act(given)` generates; `preview(given)` says what a due of the list would ask for by the day. */
export function makeParameters(context, act, preview) {
  const { words } = context;
  const text = words.parameters;
  let undated = 0;
  let previewed = null;
  const acts = makeActs(context);
  const form = makeForm(context, {
    check: (typed) => ({
      ...changes.check(),
      ...(typed.description?.trim() ? {} : { description: text.descriptionMissing }),
      ...(undated && !typed.due ? { due: text.dueMissing } : {}),
      ...(typed.grouped && !typed.subject?.trim() ? { subject: text.subjectMissing } : {}),
      ...(typed.parts && !(Number(typed.count) >= 2 && Number(typed.count) <= INSTALMENTS_MAX)
        ? { count: fill(text.countWrong, { n: INSTALMENTS_MAX }) } : {}),
      ...(typed.hardEnd && typed.ends && typed.due > typed.ends ? { ends: text.endsEarly } : {}),
      ...(typed.parts && !typed.firstDue ? { firstDue: text.firstDueMissing } : {}),
      ...(typed.fee && centsOf(typed.fee) === null ? { fee: words.service.amountWrong } : {}),
    }),
    act: (typed) => act(given(typed, changes)),
    refused: (error) => ({
      flow_due_missing: { due: text.dueMissing }, flow_subject: { subject: text.subjectMissing },
      flow_description: { description: text.descriptionMissing },
      ends_before_due: { ends: text.endsEarly }, ends_past: { ends: text.endsPast },
    })[error.code] ?? {},
  });

  const changes = makeChanges(context, form);

  /** Only what amounts depend on has to be there. */
  function look() {
    const { fee } = form.values;
    form.errors = {
      ...changes.check(),
      ...(fee && centsOf(fee) === null ? { fee: words.service.amountWrong } : {}),
    };
    previewed = null;
    if (Object.keys(form.errors).length) {
      context.update();
      return document.getElementById("problems")?.focus();
    }
    return acts.run(async () => { previewed = await preview(datedOf(form.values, changes)); });
  }

  /** What was shown is of other values now. */
  function forget() {
    if (!previewed) return;
    previewed = null;
    context.update();
  }

  const box = (name, label) => html`<div class="tick-row"><input type="checkbox" class="tick-box"
    id=${name} .checked=${Boolean(form.values[name])}
    @change=${(event) => form.set(name, event.target.checked)}><label for=${name}>${label}</label></div>`;

  const view = (flow) => {
    undated = flow.undated;
    return html`<form class="box" novalidate @submit=${form.submit} @input=${forget}
      aria-label=${text.title}>
      <h2>${text.title}</h2>
      ${form.summary()}
      ${form.text("description", text.description, { hint: text.descriptionHint, most: 100 })}
      <div class="filters">
        ${form.text("due", text.due, { optional: !undated, type: "date",
          hint: undated ? fill(text.undated, { n: count(undated, context.language) }) : text.dueHint })}
        ${form.text("ends", text.ends, { optional: true, type: "date", hint: text.endsHint })}
      </div>
      ${box("hardEnd", text.hardEnd)}
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
      <h3>${words.changes.title}</h3>
      <p>${words.changes.lead}</p>
      ${changes.view()}
      ${acts.problem()}
      <p class="buttons"><button type="button" class="btn btn-outline-primary" @click=${look}
        aria-disabled=${acts.isBusy ? "true" : nothing}>${words.changes.look}</button></p>
      ${previewed ? html`<p role="status">${fill(words.changes.example, {
          amount: amount(previewed.cents, context.language),
          day: shortDay(previewed.due, context.language) })}</p>
        ${amountsTable(context, previewed.amounts)}` : nothing}
      ${form.button(text.generate)}
    </form>`;
  };
  return { view };
}

/** By when, and what changes by the day. */
function datedOf(typed, changes) {
  const found = {};
  if (typed.due) found.due = typed.due;
  if (typed.fee) {
    Object.assign(found, {
      late_fee_cents: centsOf(typed.fee), late_fee_days: Number(typed.feeDays) || 0,
    });
  }
  const wanted = changes.given();
  return wanted.length ? { ...found, changes: wanted } : found;
}

function given(typed, changes) {
  const found = {
    description: typed.description.trim(), grouped: Boolean(typed.grouped),
    ...datedOf(typed, changes),
  };
  if (typed.ends) found.ends = typed.ends;
  if (typed.hardEnd) found.hard_end = true;
  if (typed.grouped) found.subject = typed.subject.trim();
  if (typed.parts) {
    found.plan = {
      count: Number(typed.count), first_due: typed.firstDue, every_months: Number(typed.every) || 1,
      whole: !typed.only,
    };
  }
  return found;
}
