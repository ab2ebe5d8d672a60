// Reductions and late fees: as many as wanted, each with its own few fields. Those of a flow count
// days from each position's due date, those of one position (`dated`) have days of their own.

import { html, nothing } from "../../lit.js";
import { centsOf, typedOf } from "../../format.js";
import { fill } from "../../language.js";

const MOST = 5; // of one flow, as the server has it; a position may have the flow's own fee beside
const PERCENT = /^\d{1,4}(?:[.,]\d{1,3})?$/;

/** `form`: the one that they are part of; which there are is in `form.values.changes`. */
export function makeChanges(context, form, { dated = false } = {}) {
  const { words } = context;
  const text = words.changes;
  let next = 0;
  const there = () => form.values.changes ?? [];
  const name = (key, field) => `change-${key}-${field}`;
  const value = (key, field) => (form.values[name(key, field)] ?? "").trim();

  function add() {
    const key = next;
    next += 1;
    form.values[name(key, "kind")] = "reduction";
    form.set("changes", [...there(), key]);
    document.getElementById(name(key, "kind"))?.focus();
  }
  function remove(key) {
    form.set("changes", there().filter((each) => each !== key));
    document.getElementById("add-change")?.focus();
  }

  const days = (key, isFee, small) => (dated ? html`
    ${form.text(name(key, "first"), text.first, { type: "date", ...small })}
    ${form.text(name(key, "last"), text.last, { type: "date", ...small })}`
    : form.text(name(key, "days"), isFee ? text.after : text.before,
      { inputmode: "numeric", most: 3, ...small }));

  function one(key, at) {
    const isFee = value(key, "kind") === "late_fee";
    const small = { optional: true, unsaid: true };
    return html`<fieldset><legend>${fill(text.one, { n: at + 1 })}</legend>
      <div class="filters">
        ${form.choice(name(key, "kind"), text.kind, Object.entries(words.amounts.kinds))}
        ${form.text(name(key, "reason"), text.reason, { most: 60 })}
        ${days(key, isFee, small)}
        ${form.text(name(key, "cents"), text.cents, { inputmode: "decimal", most: 12, ...small })}
        ${form.text(name(key, "percent"), text.percent, { inputmode: "decimal", most: 8, ...small })}
        ${isFee ? form.text(name(key, "yearly"), text.yearly, { inputmode: "decimal", most: 8, ...small })
          : nothing}
      </div>
      <p><button type="button" class="btn btn-outline-primary btn-sm" @click=${() => remove(key)}
        >${fill(text.remove, { n: at + 1 })}</button></p>
    </fieldset>`;
  }

  return {
    view: () => html`${there().map(one)}
      ${there().length < (dated ? MOST + 1 : MOST) ? html`<p><button type="button" id="add-change"
        class="btn btn-outline-primary" @click=${add}>${text.add}</button></p>` : nothing}`,

    check() {
      const wrong = {};
      for (const key of there()) {
        if (!value(key, "kind")) wrong[name(key, "kind")] = words.choose;
        if (!value(key, "reason")) wrong[name(key, "reason")] = text.reasonMissing;
        if (!/^\d{0,3}$/.test(value(key, "days"))) wrong[name(key, "days")] = text.daysWrong;
        if (value(key, "first") && value(key, "last") && value(key, "last") < value(key, "first")) {
          wrong[name(key, "last")] = words.codes.amount_rule_days;
        }
        if (value(key, "cents") && centsOf(value(key, "cents")) === null) {
          wrong[name(key, "cents")] = words.service.amountWrong;
        }
        for (const field of ["percent", "yearly"]) {
          const typed = value(key, field);
          if (typed && !PERCENT.test(typed)) wrong[name(key, field)] = text.percentWrong;
        }
        if (!["cents", "percent", "yearly"].some((field) => value(key, field))) {
          wrong[name(key, "cents")] = text.muchMissing;
        }
      }
      return wrong;
    },

    /** Those that there are, as the API says them. */
    fill(rules) {
      form.values.changes = rules.map((rule) => {
        const key = next;
        next += 1;
        const typed = {
          kind: rule.kind, reason: rule.reason, first: rule.first ?? "", last: rule.last ?? "",
          cents: rule.cents ? typedOf(rule.cents) : "",
          percent: percentOf(rule.percent), yearly: percentOf(rule.yearly_percent),
        };
        for (const [field, found] of Object.entries(typed)) form.values[name(key, field)] = found;
        return key;
      });
    },

    /** As the API wants them. */
    given: () => there().map((key) => ({
      kind: value(key, "kind"), reason: value(key, "reason"),
      ...(dated ? { first: value(key, "first") || null, last: value(key, "last") || null }
        : { days: Number(value(key, "days")) || 0 }),
      cents: centsOf(value(key, "cents")) ?? 0,
      percent: value(key, "percent").replace(",", ".") || "0",
      yearly_percent: value(key, "kind") === "late_fee"
        ? value(key, "yearly").replace(",", ".") || "0" : "0",
    })),
  };
}

/** "2.500" as somebody would type it. */
const percentOf = (said) => (Number(said) ? String(Number(said)).replace(".", ",") : "");
