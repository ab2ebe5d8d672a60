// What may still be changed of a position that nobody has paid.

import { html, nothing } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";

/** `position()` is the one that is shown; `saved(position)` is told of the new one, and `stale()`
 * that somebody else was first. */
export function makeEdit(context, position, saved, stale) {
  const { words } = context;
  const text = words.edit;
  const found = position();
  const hasPlan = found.payments.some((each) => each.number);
  const before = {
    subject: found.subject, due: found.payments[0].due ?? "", ends: found.ends,
  };
  const form = makeForm(context, {
    values: { ...before },
    check: (typed) => ({
      ...(typed.subject.trim() ? {} : { subject: text.subjectMissing }),
      ...(typed.ends ? {} : { ends: text.endsMissing }),
    }),
    refused: (error) => {
      if (error.code === "conflict") stale();
      return error.code === "position_plan" ? { due: words.codes.position_plan } : {};
    },
    act: async (typed) => {
      const changed = Object.fromEntries(Object.keys(before).filter((each) =>
        typed[each] && typed[each].trim() !== before[each]).map((each) => [each, typed[each].trim()]));
      saved(await api.editPosition(found.id, { version: position().version, ...changed }));
    },
  });

  const view = () => html`<details class="box"><summary>${text.title}</summary>
    <form novalidate @submit=${form.submit} aria-label=${text.title}>
      <p>${text.lead}</p>
      ${form.summary()}
      ${form.text("subject", words.positions.subject, { most: 90 })}
      <div class="filters">
        ${hasPlan ? nothing : form.text("due", words.due, { type: "date", optional: true,
          hint: found.rules.length ? text.rulesHint : undefined })}
        ${form.text("ends", words.position.ends, { type: "date" })}
      </div>
      ${hasPlan ? html`<p class="hint">${text.planHint}</p>` : nothing}
      ${form.button(text.save)}
    </form></details>`;
  return { view };
}
