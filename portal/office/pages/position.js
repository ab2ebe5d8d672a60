// One debt position: what is asked, what came of it, and what may still be done with it.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { save } from "../../parts/files.js";
import { icon } from "../../parts/icon.js";
import { facts, number } from "../../parts/notice.js";
import { orderLink, orderState } from "../accounts/shown.js";
import * as api from "../api.js";
import { amountsTable, ruleWords } from "../parts/amounts.js";
import { attemptsTable } from "../parts/attempts.js";
import { makeDialog } from "../parts/dialog.js";
import { makeEdit } from "../parts/edit.js";
import { makeOutside } from "../parts/outside.js";
import { badge, done, follow, moment, shortDay } from "../parts/show.js";
import { table } from "../parts/table.js";
import { timeline } from "../parts/timeline.js";
import { toldView } from "../parts/told.js";
import { makeActs, makeData } from "../parts/work.js";
import { may } from "../session.js";

const UNPAID = new Set(["draft", "published", "valid", "expired"]);
const PAYABLE = new Set([...UNPAID, "partially_paid"]);
// What is left of a plan is printed and sent as well.
const isAsked = (position) => PAYABLE.has(position.state)
  && position.payments.some((each) => each.state === "unpaid");
// Of one notice these may go out once more.
const AGAIN = new Set(["failed", "uncertain", "skipped"]);

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.position;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  const data = makeData(context, async () => {
    const [position, receipts, orders, attempts, written, setting] = await Promise.all([
      api.positionOf(id), api.receiptsOf(id), api.ordersOf(id), api.deliveriesOf(id), api.formOf(id),
      api.bodySetting(),
    ]);
    edit = null;
    return { position, receipts, orders, attempts, written, until: setting.outside_until };
  });
  let edit = null;
  const offer = {};
  let once = "";

  /** The position as it is now; the focus goes where it is said. */
  function changed(position, said) {
    data.value = { ...data.value, position };
    edit = null;
    acts.said = said;
    context.update();
    document.querySelector("h1")?.focus();
  }
  const outside = makeOutside(context, id, (position) => changed(position, words.outside.saved));
  const isOver = (day) => !day || day < new Date().toLocaleDateString("sv", { timeZone: "Europe/Rome" });
  const cancel = makeDialog(context, {
    id: "cancel", title: () => text.cancelTitle, text: () => text.cancelText, yes: text.cancel,
    act: async () => {
      data.value = { ...data.value, position: await api.cancelPosition(id) };
      acts.said = text.cancelled;
    },
  });
  const remove = makeDialog(context, {
    id: "remove", title: () => text.removeTitle, text: () => text.removeText, yes: text.remove,
    act: async () => {
      data.value = { ...data.value, position: await api.deletePosition(id) };
      acts.said = text.removed;
    },
  });
  /** One notice goes out again, in the way in which it did not arrive. */
  const again = makeDialog(context, {
    id: "again", title: () => text.againTitle, yes: words.delivery.again, danger: false,
    text: (attempt) => words.delivery.againText[attempt.state] ?? "",
    act: async (attempt) => {
      once ||= api.onceKey();
      const { channel, profile, options } = await api.deliveryOf(attempt.delivery);
      const run = await api.beginDelivery({ channel, profile, options, positions: [id], undo_s: 0 }, once);
      once = "";
      await context.go("delivery", { id: run.id });
    },
  });
  const resend = (position) => (may("body:write") && isAsked(position) ? (attempt) => (
    AGAIN.has(attempt.state) ? html`<button type="button" class="btn btn-outline-primary btn-sm"
      @click=${() => again.open(attempt)}>${words.delivery.again}<span class="visually-hidden">
      ${moment(attempt.planned_at, language)}</span></button>` : "–") : undefined);
  const retell = () => acts.button(words.told.tell, async () => {
    const pagopa = await api.retell(id);
    data.value = { ...data.value, position: { ...data.value.position, pagopa } };
  }, { said: words.told.again });
  const original = (each) => acts.run(async () => save(await api.receiptOriginal(each.name,
    each.source)), words.saved);

  const notice = async () => follow(await api.noticeOf(id));
  const paper = (name) => acts.run(async () => save(await api.receiptFile(name, language)),
    words.saved);

  function draw({ position, receipts, orders, attempts, written, until }) {
    const mine = may("body:write") && UNPAID.has(position.state);
    if (mine) {
      edit ??= makeEdit(context, () => data.value.position, (fresh) => changed(fresh,
        words.edit.saved), data.load, offer);
    }
    return html`<div class="columns">
      <section class="sheet" aria-label=${text.what}>
        <p class="title-row"><strong>${position.name}</strong>
          ${badge(words.positions.states, position.state)}</p>
        <p class="sum"><span class="visually-hidden">${words.amount}</span>
          <strong>${amount(position.cents, language)}</strong></p>
        ${facts([
          [text.taxCode, position.tax_code], [words.positions.subject, position.subject],
          [position.hard_end ? text.hardEnd : text.ends, shortDay(position.ends, language)],
          [text.origin, text.origins[position.origin]],
          [words.positions.made, moment(position.created_at, language)],
        ])}
        ${position.flow ? html`<p><a href=${context.address("flow", { id: position.flow })}
          >${text.toFlow}</a></p>` : nothing}
      </section>
      <section class="actions" aria-label=${text.actions}>
        ${isAsked(position) ? acts.button(text.notice,
          notice, { said: words.saved, look: "btn-primary",
            sign: icon("file-pdf", "icon-sm icon-white") }) : nothing}
        ${may("body:write") && isAsked(position) ? html`
          <a class="btn btn-outline-primary" href=${context.address("deliveries",
            { position: id })}>${text.deliver}</a>` : nothing}
        ${mine ? html`${position.origin === "spontaneous" ? html`<button type="button"
            class="btn btn-outline-primary" @click=${() => remove.open(id)}
            >${icon("delete", "icon-sm icon-primary")} ${text.remove}</button>`
            : html`<button type="button" class="btn btn-outline-primary" @click=${() => cancel.open(id)}
            >${icon("close-circle", "icon-sm icon-primary")} ${text.cancel}</button>`}` : nothing}
        ${!PAYABLE.has(position.state) && receipts.length ? html`<p>${text.paidHint}</p>` : nothing}
      </section></div>
      ${mine ? edit.view() : nothing}
      ${may("body:write") && PAYABLE.has(position.state) && !isOver(until) ? outside.view(until)
        : nothing}
      <h2>${text.payments}</h2>
      ${table({
        caption: text.payments,
        columns: [[words.positions.notice], [text.which], [words.amount, "number"], [words.due],
          [words.state]],
        rows: position.payments,
        cells: (each) => [number(each.notice), each.number ? `${text.rate} ${each.number}` : text.whole,
          amount(each.asked_cents, language), shortDay(each.due, language) || "–",
          each.anew ? html`<a href=${context.address("position", { id: each.anew })}
            >${text.events.reopened}<span class="visually-hidden"> ${number(each.notice)}</span></a>`
            : badge(text.paymentStates, each.state)],
      })}
      <h2>${text.lines}</h2>
      ${table({
        caption: text.lines,
        columns: [[text.reason], [text.year], [text.chapter], [words.amount, "number"]],
        rows: position.lines,
        cells: (each) => [each.reason, each.year || "–", each.chapter || "–",
          amount(each.cents, language)],
      })}
      ${position.rules.length ? html`<h2>${words.changes.title}</h2>
        <ul>${position.rules.map((each) => html`<li>${ruleWords(context, each)}</li>`)}</ul>
        ${position.amounts.length ? amountsTable(context, position.amounts) : nothing}` : nothing}
      ${written.length ? html`<h2>${text.written}</h2><section class="sheet" aria-label=${text.written}>
        ${facts(written.map((each) => [each.label, each.value]))}</section>` : nothing}
      <h2>${text.receipts}</h2>
      ${receipts.length ? table({
        caption: text.receipts,
        columns: [[text.paidOn], [words.amount, "number"], [text.psp], ["IUR"], [text.paper]],
        rows: receipts,
        cells: (each) => [shortDay(each.day, language),
          html`${amount(each.cents, language)}${each.double ? html`<small>${text.double}</small>`
            : nothing}`, each.psp_name, html`<span class="number">${each.id}</span>`,
          html`<button type="button" class="btn btn-outline-primary btn-sm"
            @click=${() => paper(each.name)}>PDF<span class="visually-hidden"> ${each.id}</span></button>
            <button type="button" class="btn btn-outline-primary btn-sm" @click=${() => original(each)}
            >${each.source === "node" ? "XML" : text.original}<span class="visually-hidden">
            ${each.id}</span></button>`],
      }) : html`<p>${text.noReceipts}</p>`}
      ${orders.length ? html`<h2>${text.orders}</h2>${table({
        caption: text.orders,
        columns: [[words.accounts.orders.number], [words.accounts.orders.day],
          [words.accounts.orders.provisional], [words.amount, "number"], [words.state]],
        rows: orders,
        cells: (each) => [orderLink(context, each.id), shortDay(each.day, language),
          each.provisional || "–", amount(each.cents, language), orderState(words, each)],
      })}` : nothing}
      <h2>${text.sent}</h2>
      ${attempts.length ? attemptsTable(context, attempts, resend(position)) : html`<p>${text.notSent}</p>`}
      <h2>${words.told.title}</h2>
      ${toldView(context, position.pagopa, may("body:write") ? retell() : nothing)}
      <h2>${text.timeline}</h2>
      ${timeline(context, position.timeline)}`;
  }

  const view = () => html`<p><a href=${context.address("positions")}>${words.positions.title}</a></p>
    <h1 tabindex="-1">${data.value ? data.value.position.subject : text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${cancel.view()}${remove.view()}${again.view()}`;
  return { title: text.title, view };
}
