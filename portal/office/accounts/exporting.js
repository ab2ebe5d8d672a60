// Orders, or the payments in them, as a file: for other programs, and by hand for registers that are
// not connected.

import { html, nothing } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import { done, follow } from "../parts/show.js";
import * as api from "./calls.js";
import { today } from "./shown.js";

/** `year`: of which days at first; `what`: orders or payments, asked for where it is not said. */
export function exportBox(context, { year, what = "payments", fixed = false }) {
  const { words } = context;
  const text = words.accounts.exporting;
  let said = "";
  const last = `${year}-12-31`;
  const form = makeForm(context, {
    values: {
      what, kind_of_file: "xlsx", from: `${year}-01-01`, until: today() < last ? today() : last,
    },
    check: ({ from, until, what: wanted, kind_of_file: kind }) => ({
      ...(wanted ? {} : { what: text.missing }), ...(kind ? {} : { kind_of_file: text.missing }),
      ...(from ? {} : { from: text.missing }),
      ...(!until ? { until: text.missing }
        : from && (until < from || from.slice(0, 4) !== until.slice(0, 4))
          ? { until: words.codes.export_days } : {}),
    }),
    act: async (typed) => {
      said = "";
      follow(await api.exportOf({
        what: typed.what, format: typed.kind_of_file, first: typed.from, last: typed.until,
      }));
      said = words.saved;
      context.update();
    },
  });
  const view = () => html`<form class="box" novalidate role="search" @submit=${form.submit}
      aria-label=${text.title}>
    <h2>${text.title}</h2>
    <p>${fixed ? text.byHand : text.lead}</p>
    ${done(said)}${form.summary()}
    <div class="filters">
      ${fixed ? nothing : form.choice("what", text.what, Object.entries(text.whats))}
      ${form.choice("kind_of_file", text.format, [["xlsx", "Excel (.xlsx)"], ["csv", "CSV"]])}
      ${form.text("from", text.from, { type: "date" })}
      ${form.text("until", text.until, { type: "date" })}
    </div>
    ${form.button(text.go)}
  </form>`;
  return { view };
}
