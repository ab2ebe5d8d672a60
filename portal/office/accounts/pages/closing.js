// Periods: until when they are closed, what each still lacks, and the closing of another one.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, count, done, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { rowButton, today } from "../shown.js";

const MONTHS = 15;
const LOCALES = { it: "it-IT", en: "en-GB", fr: "fr-FR", es: "es-ES" };

export function open(context) {
  const { words, language } = context;
  const text = words.accounts.closing;
  let said = "";
  const data = makeData(context, async () => {
    const [balance, open] = await Promise.all([api.balance(), api.openPayments({})]);
    return { balance, payments: open.payments };
  });

  const closing = makeDialog(context, {
    id: "close", yes: text.close,
    title: (until) => fill(text.closeTitle, { day: shortDay(until, language) }),
    text: () => text.closeText,
    more: (until) => {
      const left = openUntil(until);
      return left.length ? html`<p class="alert alert-warning">${fill(text.left, {
        n: count(left.length, language),
        sum: amount(left.reduce((sum, each) => sum + each.cents, 0), language),
      })}</p>` : nothing;
    },
    act: async (until) => {
      const balance = await api.close(until);
      data.value = { ...data.value, balance };
      form.values.until = "";
      said = fill(text.closed, { day: shortDay(until, language) });
    },
  });
  const openUntil = (until, from = "") => data.value.payments.filter(
    (each) => each.bank_day && each.bank_day <= until && each.bank_day >= from);

  const form = makeForm(context, {
    check: ({ until }) => (!until ? { until: text.missing }
      : until >= today() ? { until: words.codes.period_open_end }
      : until <= (data.value.balance.closed_until ?? "") ? { until: words.codes.period_closed } : {}),
    act: ({ until }) => { said = ""; closing.open(until); },
  });

  function months(closed) {
    return lastMonths(today()).map(({ first, last }) => ({
      first, last, left: openUntil(last, first),
      state: last <= (closed ?? "") ? "closed" : last >= today() ? "current"
        : first <= (closed ?? "") ? "partly" : "open",
    }));
  }
  const nameOf = (day) => new Intl.DateTimeFormat(LOCALES[language], {
    month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));

  const draw = ({ balance }) => html`
    <p class="alert alert-info">${balance.closed_until
      ? fill(text.closedUntil, { day: shortDay(balance.closed_until, language) }) : text.never}</p>
    <h2>${text.periods}</h2>
    ${table({
      caption: text.periods,
      columns: [[text.month], [words.state], [text.toPost, "number"],
        ...(may("body:write") ? [[words.access.acts]] : [])],
      rows: months(balance.closed_until),
      cells: ({ first, last, left, state }) => [
        nameOf(first), badge(text.states, state),
        left.length ? amount(left.reduce((sum, each) => sum + each.cents, 0), language) : "–",
        ...(may("body:write") ? [["open", "partly"].includes(state)
          ? rowButton(text.close, nameOf(first), () => { said = ""; closing.open(last); }) : "–"] : []),
      ],
    })}
    ${may("body:write") ? html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.other}>
      <h2>${text.other}</h2>
      <p>${text.otherText}</p>
      ${form.summary()}
      ${form.text("until", text.until, { type: "date" })}
      ${form.button(text.close)}
    </form>` : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.chapters}</h2>
    ${balance.chapters.length ? table({
      caption: text.chapters,
      columns: [[words.position.chapter], [words.position.year], [words.amount, "number"]],
      rows: balance.chapters,
      cells: (each) => [each.chapter, each.year, amount(each.cents, language)],
    }) : html`<p>${text.noChapters}</p>`}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}${data.view(draw)}${closing.view()}`;
  return { title: text.title, view };
}

/** The months of a day and before it, the latest first: {first, last} as days. */
function lastMonths(day) {
  const [year, month] = day.split("-").map(Number);
  return Array.from({ length: MONTHS }, (_, back) => {
    const at = (later, date) => new Date(Date.UTC(year, month - 1 - back + later, date)).toISOString().slice(0, 10);
    return { first: at(0, 1), last: at(1, 0) };
  });
}
