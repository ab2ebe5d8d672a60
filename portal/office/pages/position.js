// One debt position: what is asked, what came of it, and what may still be done with it.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { save } from "../../parts/files.js";
import { icon } from "../../parts/icon.js";
import { facts, number } from "../../parts/notice.js";
import * as api from "../api.js";
import { makeDialog } from "../parts/dialog.js";
import { attemptsTable } from "../parts/attempts.js";
import { badge, done, follow, moment, shortDay } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeActs, makeData } from "../parts/work.js";
import { may } from "../session.js";

const UNPAID = new Set(["draft", "published", "valid", "expired"]);

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.position;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  const data = makeData(context, async () => {
    const [position, receipts, attempts] = await Promise.all([
      api.positionOf(id), api.receiptsOf(id), api.deliveriesOf(id),
    ]);
    return { position, receipts, attempts };
  });
  const cancel = makeDialog(context, {
    id: "cancel", title: () => text.cancelTitle, text: () => text.cancelText, yes: text.cancel,
    act: async () => {
      data.value = { ...data.value, position: await api.cancelPosition(id) };
      acts.said = text.cancelled;
    },
  });
  const notice = async () => follow(await api.noticeOf(id));
  const paper = (name) => acts.run(async () => save(await api.receiptFile(name, language)),
    words.saved);

  function draw({ position, receipts, attempts }) {
    return html`<div class="columns">
      <section class="sheet" aria-label=${text.what}>
        <p class="title-row"><strong>${position.name}</strong>
          ${badge(words.positions.states, position.state)}</p>
        <p class="sum"><span class="visually-hidden">${words.amount}</span>
          <strong>${amount(position.cents, language)}</strong></p>
        ${facts([
          [text.taxCode, position.tax_code], [words.positions.subject, position.subject],
          [text.ends, shortDay(position.ends, language)],
          [text.origin, text.origins[position.origin]],
          [words.positions.made, moment(position.created_at, language)],
        ])}
        ${position.flow ? html`<p><a href=${context.address("flow", { id: position.flow })}
          >${text.toFlow}</a></p>` : nothing}
      </section>
      <section class="actions" aria-label=${text.actions}>
        ${UNPAID.has(position.state) || position.state === "partially_paid" ? acts.button(text.notice,
          notice, { said: words.saved, look: "btn-primary",
            sign: icon("file-pdf", "icon-sm icon-white") }) : nothing}
        ${may("body:write") && UNPAID.has(position.state) ? html`
          <a class="btn btn-outline-primary" href=${context.address("deliveries",
            { position: id })}>${text.deliver}</a>
          <button type="button" class="btn btn-outline-primary" @click=${() => cancel.open(id)}
            >${icon("close-circle", "icon-sm icon-primary")} ${text.cancel}</button>` : nothing}
      </section></div>
      <h2>${text.payments}</h2>
      ${table({
        caption: text.payments,
        columns: [[words.positions.notice], [text.which], [words.amount, "number"], [words.due],
          [words.state]],
        rows: position.payments,
        cells: (each) => [number(each.notice), each.number ? `${text.rate} ${each.number}` : text.whole,
          amount(each.asked_cents, language), shortDay(each.due, language) || "–",
          badge(text.paymentStates, each.state)],
      })}
      <h2>${text.lines}</h2>
      ${table({
        caption: text.lines,
        columns: [[text.reason], [text.year], [text.chapter], [words.amount, "number"]],
        rows: position.lines,
        cells: (each) => [each.reason, each.year || "–", each.chapter || "–",
          amount(each.cents, language)],
      })}
      <h2>${text.receipts}</h2>
      ${receipts.length ? table({
        caption: text.receipts,
        columns: [[text.paidOn], [words.amount, "number"], [text.psp], ["IUR"], [text.paper]],
        rows: receipts,
        cells: (each) => [shortDay(each.day, language),
          html`${amount(each.cents, language)}${each.double ? html`<small>${text.double}</small>`
            : nothing}`, each.psp_name, html`<span class="number">${each.id}</span>`,
          html`<button type="button" class="btn btn-outline-primary btn-sm"
            @click=${() => paper(each.name)}>PDF<span class="visually-hidden"> ${each.id}</span></button>`],
      }) : html`<p>${text.noReceipts}</p>`}
      <h2>${text.sent}</h2>
      ${attempts.length ? attemptsTable(context, attempts) : html`<p>${text.notSent}</p>`}
      <h2>${text.timeline}</h2>
      <ol class="timeline">${position.timeline.map((each) => html`<li>
        <strong>${text.events[each.event] ?? each.event}</strong> –
        ${words.positions.states[each.state] ?? each.state}<br>
        <time datetime=${each.at}>${moment(each.at, language)}</time></li>`)}</ol>`;
  }

  const view = () => html`<p><a href=${context.address("positions")}>${words.positions.title}</a></p>
    <h1 tabindex="-1">${data.value ? data.value.position.subject : text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${cancel.view()}`;
  return { title: text.title, view };
}
