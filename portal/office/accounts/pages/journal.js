// The journal: every entry as it was made, what it moved, and what the accounts come to.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { badge, count, moment, shortDay } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import * as api from "../calls.js";
import { orderLink, sums } from "../shown.js";

const FILTERS = ["kind", "first", "last"];

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.journal;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  const balance = makeData(context, api.balance);
  const list = makeList(context, async (before) => {
    const found = await api.entries({ ...asked, before });
    return { items: found.entries, cursor: found.before || null };
  });
  const form = makeForm(context, {
    values: { ...asked },
    check: ({ first, last }) => (first && last && last < first
      ? { last: words.accounts.orders.daysWrong } : {}),
    act: (typed) => context.go("journal", typed),
  });
  const free = { optional: true, unsaid: true };

  const account = (name) => {
    const [kind, year, ...chapter] = name.split(":");
    return kind === "posted" ? fill(text.chapter, { chapter: chapter.join(":"), year })
      : text.accounts[kind] ?? name;
  };
  const note = (code) => words.accounts.order.reasons[code] ?? code;

  /** What the entries that are shown come to, account by account. */
  function moved(items) {
    const found = new Map();
    for (const { legs } of items) {
      for (const leg of legs) found.set(leg.account, (found.get(leg.account) ?? 0) + leg.cents);
    }
    return [...found].sort(([one], [other]) => one.localeCompare(other));
  }

  const rows = (items) => html`${items.length ? html`
    ${table({
      caption: text.title,
      columns: [[text.seq], [text.day], [text.kind], [text.of], [text.legs], [text.made]],
      rows: items,
      cells: (each) => [
        each.seq, shortDay(each.day, language),
        html`${badge(text.kinds, each.kind)}${each.note ? html`<small>${note(each.note)}</small>` : nothing}`,
        each.order ? orderLink(context, each.order.id) : each.payment.split("#")[0] || "–",
        each.legs.map((leg) => html`<span class="leg">${account(leg.account)}:
          ${amount(leg.cents, language)}</span>`),
        moment(each.at, language),
      ],
    })}${more(words, list)}
    <h2>${text.sums}</h2>
    <p>${fill(text.sumsText, { n: count(items.length, language) })}</p>
    ${table({
      caption: text.sums, columns: [[text.account], [words.amount, "number"]], rows: moved(items),
      cells: ([name, cents]) => [account(name), amount(cents, language)],
    })}` : html`<p>${FILTERS.some((each) => asked[each]) ? words.accounts.orders.noneFound : text.none}</p>
    ${more(words, list)}`}`;

  const standing = (found) => sums(context, [
    [text.came, found.came_cents], [words.accounts.posting.open, found.open_cents],
    [words.accounts.posting.anomalous, found.anomalous_cents],
    [words.accounts.posting.posted, found.posted_cents],
  ]);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${balance.view(standing)}
    <form class="box" novalidate role="search" @submit=${form.submit} aria-label=${words.filter}>
      ${form.summary()}
      <div class="filters">
        ${form.choice("kind", text.kind, Object.entries(text.kinds), { ...free, none: text.allKinds })}
        ${form.text("first", words.accounts.orders.first, { ...free, type: "date" })}
        ${form.text("last", words.accounts.orders.last, { ...free, type: "date" })}
      </div>
      <p class="buttons">${form.button(words.find)}
        ${FILTERS.some((each) => asked[each]) ? html`<a class="btn btn-outline-primary"
          href=${context.address("journal")}>${words.clear}</a>` : nothing}</p>
    </form>
    ${list.view(rows)}`;
  return { title: text.title, view };
}
