// The payments of a statement, of a flow or all that are open: which of them, with what day,
// counterpart and account; the orders that this would make; then the orders.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { onceKey } from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { count, done, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { draftsView } from "../drafts.js";
import { rowButton } from "../shown.js";
import { isAccount, saidOf, singleForm } from "../single.js";

const SHOWN = 100;
// As many as one run may name one by one.
const NAMED = 500;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.postable;
  const name = parameters.get("name") ?? "";
  const asked = parameters.get("mode");
  const mode = name && ["statement", "flow"].includes(asked) ? asked : "payments";
  const off = new Set();
  const changes = {};
  let shown = SHOWN;
  let preview = null;
  let once = { key: "", of: "" };
  let single = null;
  let said = "";
  let defaults = {};

  const data = makeData(context, async () => {
    const [found, setting] = await Promise.all([
      api.openPayments(mode === "payments" ? {} : { [mode]: name }), api.setting(),
    ]);
    defaults = {
      account: setting.account,
      counterpart: setting.counterpart === "fixed" ? setting.counterpart_name : "",
    };
    Object.assign(form.values, defaults);
    return { ...found, setting };
  });

  // ---------------------------------------------------------------- what is chosen
  const chosen = () => data.value.payments.filter((each) => !off.has(each.key));
  const stale = () => {
    if (!preview) return;
    preview = null;
    context.update();
  };
  function toggle({ key }) {
    if (!off.delete(key)) off.add(key);
    preview = null;
    context.update();
  }
  function toggleAll(event) {
    if (event.target.checked) off.clear();
    else for (const each of data.value.payments) off.add(each.key);
    preview = null;
    context.update();
  }

  function check({ account }) {
    const picked = chosen();
    const named = mode === "payments" ? picked.length : Math.min(off.size, picked.length);
    return {
      ...(picked.length ? {} : { all: text.chooseOne }),
      ...(named > NAMED ? { all: fill(text.tooMany, { n: count(NAMED, language) }) } : {}),
      ...(isAccount(account) ? {} : { account: words.codes.posting_account }),
    };
  }

  function wanted() {
    const picked = chosen().map((each) => each.key);
    const run = { mode, name: mode === "payments" ? "" : name, ...saidOf(form.values, defaults) };
    if (Object.keys(changes).length) run.changes = changes;
    if (mode === "payments" || picked.length < off.size) run.only = picked;
    else if (off.size) run.without = [...off];
    return run;
  }

  const form = makeForm(context, {
    check,
    act: async () => {
      preview = null;
      const run = wanted();
      preview = { run, ...await api.preview(run) };
      context.update();
      document.getElementById("preview")?.focus();
    },
  });
  const posting = makeDialog(context, {
    id: "post", danger: false, yes: text.post,
    title: (made) => fill(text.postTitle, {
      n: count(made.drafts.length, language), sum: amount(made.cents, language) }),
    text: () => text.postText,
    act: async ({ run }) => {
      const of = JSON.stringify(run);
      if (once.of !== of) once = { key: onceKey(), of };
      const begun = await api.begin(run, once.key);
      await context.go("run", { id: begun.id });
    },
  });

  function edit(payment) {
    said = "";
    preview = null;
    single = singleForm(context, {
      payment, known: changes[payment.key],
      keep: (own) => {
        delete changes[payment.key];
        if (Object.keys(own).length) changes[payment.key] = own;
        said = fill(text.changed, { iuv: payment.iuv });
        leave();
      },
      leave,
    });
    context.update();
    document.getElementById("single")?.focus();
  }
  function leave() {
    const { key } = single.payment;
    single = null;
    context.update();
    document.querySelector(`[data-row="${CSS.escape(key)}"]`)?.focus();
  }

  // ---------------------------------------------------------------- the page
  const list = (payments) => html`${table({
    caption: text.payments,
    columns: [["IUV"], [text.bankDay], [text.paidDay], [text.flow], [words.amount, "number"],
      ...(may("body:write") ? [[words.access.acts]] : [])],
    rows: payments.slice(0, shown).map((each) => ({ ...each, id: each.key })),
    select: may("body:write") ? {
      all: !off.size, has: (row) => !off.has(row.key), toggle, toggleAll,
      label: (row) => fill(text.choose, { iuv: row.iuv }), name: text.chooseAll,
    } : undefined,
    cells: (each) => [
      each.position ? html`<a href=${context.address("position", { id: each.position })}>${each.iuv}</a>`
        : each.iuv,
      html`${shortDay(each.bank_day, language) || "–"}${each.provisional ? html`<small>
        ${fill(text.provisional, { n: each.provisional })}</small>` : nothing}`,
      shortDay(each.paid_day, language), each.flow_id || "–", amount(each.cents, language),
      ...(may("body:write") ? [html`${rowButton(text.edit, each.iuv, () => edit(each))}
        ${changes[each.key] ? html`<small>${text.isChanged}</small>` : nothing}`] : []),
    ],
  })}
    ${payments.length > shown ? html`<p><button type="button" class="btn btn-outline-primary"
      @click=${() => { shown += SHOWN; context.update(); }}>${words.more}</button></p>` : nothing}`;

  function draw({ payments, cents }) {
    if (!payments.length) return html`<p class="alert alert-info">${text.none}</p>`;
    const picked = chosen();
    const sum = picked.reduce((so, each) => so + each.cents, 0);
    return html`<p>${fill(text.found, {
        n: count(payments.length, language), sum: amount(cents, language) })}</p>
      ${done(said)}
      ${list(payments)}
      ${single ? single.view() : nothing}
      ${may("body:write") ? html`<form class="box" novalidate @submit=${form.submit} @input=${stale}
          aria-label=${text.how}>
        <h2>${text.how}</h2>
        ${form.summary()}
        <p><strong>${fill(text.picked, { n: count(picked.length, language), sum: amount(sum, language) })}</strong></p>
        <div class="filters">
          ${form.text("day", text.day, { type: "date", optional: true, hint: text.dayHint })}
          ${form.text("counterpart", text.counterpart, { optional: true, most: 140,
            hint: text.counterpartHint[data.value.setting.counterpart] })}
          ${form.text("account", text.account, { optional: true, most: 34, hint: text.accountHint })}
        </div>
        ${form.button(text.preview)}
      </form>` : html`<p class="alert alert-info">${words.readOnly}</p>`}
      ${preview ? draftsView(context, preview, () => posting.open(preview)) : nothing}`;
  }

  const view = () => html`<p><a href=${context.address("posting")}>${words.accounts.posting.title}</a></p>
    <h1 tabindex="-1">${text.titles[mode]}</h1>
    ${data.view(draw)}${posting.view()}`;
  return { title: text.titles[mode], view };
}
