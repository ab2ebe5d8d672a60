// Orders of collection (reversali) of a financial year, and their export.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { makeForm } from "../../../parts/form.js";
import { shortDay } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeList } from "../../parts/work.js";
import * as api from "../calls.js";
import { exportBox } from "../exporting.js";
import { chapterOf, counterpart, orderLink, orderState, yearNow, years } from "../shown.js";

const FILTERS = ["first", "last", "state", "chapter", "iuv", "flow"];

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.orders;
  const given = parameters.get("year") ?? "";
  const year = /^\d{4}$/.test(given) ? given : String(yearNow());
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  const list = makeList(context, async (cursor) => {
    const found = await api.orders({ year, ...asked, cursor });
    return { items: found.orders, cursor: found.cursor };
  });
  const form = makeForm(context, {
    values: { year, ...asked },
    check: (typed) => (typed.first && typed.last && typed.last < typed.first
      ? { last: text.daysWrong } : {}),
    act: ({ year: wanted, ...typed }) => context.go("orders", {
      year: wanted || String(yearNow()), ...typed, iuv: (typed.iuv ?? "").trim(),
      chapter: (typed.chapter ?? "").trim(), flow: (typed.flow ?? "").trim(),
    }),
  });
  const exporting = exportBox(context, { year, what: "orders" });
  const free = { optional: true, unsaid: true };

  const rows = (items) => html`${items.length ? table({
    caption: text.title,
    columns: [[text.number], [text.day], [text.counterpart], [words.position.chapter],
      [text.provisional], [words.amount, "number"], [words.state]],
    rows: items,
    cells: (each) => [
      orderLink(context, each.id), shortDay(each.day, language), counterpart(words, each),
      chapterOf(words, each), each.provisional || "–", amount(each.cents, language),
      orderState(words, each),
    ],
  }) : html`<p>${FILTERS.some((each) => asked[each]) ? text.noneFound : text.none}</p>`}${more(words, list)}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <form class="box" novalidate role="search" @submit=${form.submit} aria-label=${words.filter}>
      ${form.summary()}
      <div class="filters">
        ${form.choice("year", text.year, withYear(year).map((each) => [each, each]), free)}
        ${form.text("first", text.first, { ...free, type: "date" })}
        ${form.text("last", text.last, { ...free, type: "date" })}
        ${form.choice("state", words.state, Object.entries(words.accounts.shared.orderStates),
          { ...free, none: text.allStates })}
        ${form.text("chapter", words.position.chapter, { ...free, most: 20 })}
        ${form.text("iuv", "IUV", { ...free, most: 35 })}
        ${form.text("flow", text.flow, { ...free, most: 50 })}
      </div>
      <p class="buttons">${form.button(words.find)}
        ${FILTERS.some((each) => asked[each]) ? html`<a class="btn btn-outline-primary"
          href=${context.address("orders", { year })}>${words.clear}</a>` : nothing}</p>
    </form>
    ${list.view(rows)}
    ${exporting.view()}`;
  return { title: text.title, view };
}

/** A year of long ago is in the list while it is looked at. */
const withYear = (year) => (years().includes(year) ? years() : [...years(), year]);
