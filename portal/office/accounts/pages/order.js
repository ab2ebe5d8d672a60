// One order of collection: what it is of, where its money came from, what the treasurer said, and
// how it is taken back.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { facts } from "../../../parts/notice.js";
import { makeForm } from "../../../parts/form.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, done, moment, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { counterpart, orderLink, orderName, orderState, select } from "../shown.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.order;
  const id = parameters.get("id") ?? "";
  let said = "";
  let why = "";
  const data = makeData(context, () => api.orderOf(id));

  const storno = makeDialog(context, {
    id: "reverse", yes: text.reverse,
    title: (order) => fill(text.reverseTitle, { name: orderName(order.id) }),
    text: (order) => fill(order.together.length > 1 ? text.reverseMany : text.reverseText,
      { names: order.together.map(orderName).join(", ") }),
    more: () => select("why", text.why, Object.entries(text.reasons), why, (value) => { why = value; }),
    act: async () => {
      data.value = await api.reverse(id, why);
      said = text.reversed;
    },
  });
  function askStorno(order) {
    [why] = Object.keys(text.reasons);
    said = "";
    storno.open(order);
  }

  const form = makeForm(context, {
    check: ({ number }) => (/^0*[1-9]\d{0,17}$/.test(number?.trim() ?? "") ? {}
      : { number: words.codes.provisional_malformed }),
    act: async ({ number }) => {
      said = "";
      data.value = await api.setProvisional(id, number.trim());
      said = text.provisionalSet;
      form.values.number = "";
      context.update();
      document.querySelector("h1")?.focus();
    },
  });

  const linesTable = (order) => table({
    caption: text.lines,
    columns: [[text.payment], [words.position.reason], [text.assessment], [words.amount, "number"]],
    rows: order.lines,
    cells: (each) => [
      html`${each.position ? html`<a href=${context.address("position", { id: each.position })}
        >${each.iuv}</a>` : each.iuv}<small>${fill(text.receipt, { id: each.receipt })}</small>`,
      html`${each.reason}<small>${each.service}</small>`,
      html`<a href=${context.address("assessment", { id: each.assessment })}>${each.made
        ? text.madeHere : text.ofDue}<span class="visually-hidden"> ${each.iuv}</span></a>`,
      html`${amount(each.cents, language)}${each.sospesi.map(([number, cents]) => html`<small>
        ${fill(words.accounts.postable.provisional, { n: number })}: ${amount(cents, language)}</small>`)}`,
    ],
  });

  const outcomesTable = (outcomes) => table({
    caption: text.outcomes,
    columns: [[text.word], [text.at], [text.faults], [text.signature]],
    rows: outcomes,
    cells: (each) => [
      html`${badge(words.accounts.shared.treasury, each.state)}<small>${each.word}</small>`,
      each.at.replace("T", " "),
      each.faults.length ? each.faults.map((one) => html`<span lang="it">${one.code} ${one.text}</span>
        <small>${one.element}</small>`) : "–",
      each.verified ? text.verified : text.notVerified,
    ],
  });

  const draw = (order) => html`
    ${order.state === "reversed" ? html`<p class="alert alert-warning">${text.isReversed}</p>` : nothing}
    ${order.treasury?.state === "refused" ? html`<p class="alert alert-danger">${text.refused}
      <span lang="it">${order.treasury.reason || order.treasury.word}</span></p>` : nothing}
    <section class="sheet" aria-label=${text.title}>
      <p class="title-row"><strong>${counterpart(words, order)}</strong><span>${orderState(words, order)}</span></p>
      <p class="sum"><span class="visually-hidden">${words.amount}</span>
        <strong>${amount(order.cents, language)}</strong></p>
      ${facts([
        [text.day, shortDay(order.day, language)], [text.bankDay, shortDay(order.bank_day, language)],
        [words.position.chapter, order.chapter],
        [words.flows.provenance, words.flows.provenances[order.provenance] ?? order.provenance],
        [words.position.year, order.residual_year || ""],
        [text.account, order.account], [text.provisional, order.provisional],
        [text.flow, order.flow_id ? html`<a href=${context.address("collections", { flow: order.flow_id })}
          >${order.flow_id}</a>` : ""], [text.entry, order.entry], [text.reversedBy, order.reversed_by || ""],
        [text.made, moment(order.at, language)],
        [text.together, order.together.length > 1 ? order.together.filter((one) => one !== order.id)
          .map((one, at) => html`${at ? ", " : ""}${orderLink(context, one)}`) : ""],
      ])}</section>
    ${may("body:write") && order.state === "issued" ? html`<p class="buttons"><button type="button"
      class="btn btn-outline-primary" @click=${() => askStorno(order)}>${text.reverse}</button></p>` : nothing}
    <h2>${text.lines}</h2>
    ${linesTable(order)}
    <h2>${text.outcomes}</h2>
    ${order.outcomes.length ? outcomesTable(order.outcomes) : html`<p>${text.noOutcomes}</p>`}
    ${may("body:write") && order.state === "issued" && !order.treasury ? html`<form class="box" novalidate
        @submit=${form.submit} aria-label=${text.setProvisional}>
      <h2>${text.setProvisional}</h2>
      <p>${text.provisionalText}</p>
      ${form.summary()}
      ${form.text("number", text.provisional, { inputmode: "numeric", most: 18 })}
      ${form.button(text.keep)}
    </form>` : nothing}`;

  const title = id ? fill(text.name, { name: orderName(id) }) : text.title;
  const view = () => html`<p><a href=${context.address("orders", { year: id.slice(0, 4) })}
      >${words.accounts.orders.title}</a></p>
    <h1 tabindex="-1">${title}</h1>
    ${done(said)}${data.view(draw)}${storno.view()}`;
  return { title, view };
}
