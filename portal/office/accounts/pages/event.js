// One training event: who takes part, who has paid, and the document of each.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { facts } from "../../../parts/notice.js";
import * as office from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, count, done, follow, moment, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { enrolForm } from "../enrolling.js";
import { eventForm } from "../eventform.js";
import { reason, rowButton } from "../shown.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.event;
  const training = words.accounts.training;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  let editor = null;
  let enrolment = null;
  const data = makeData(context, async () => {
    const [event, registrations, services, fiscal] = await Promise.all([
      api.eventOf(id), api.registrations(id), office.services(), api.fiscal(),
    ]);
    enrolment = enrolForm(context, { event: id, practice: fiscal.practice, taken });
    return { event, registrations, services, fiscal };
  });

  function taken(registration) {
    const { event, registrations } = data.value;
    const known = registrations.some((each) => each.id === registration.id);
    data.value = { ...data.value, event: { ...event, registered: event.registered + (known ? 0 : 1) },
      registrations: [registration, ...registrations.filter((each) => each.id !== registration.id)] };
    acts.said = fill(text.enrolled, { name: registration.name });
    context.update();
    document.querySelector("h1")?.focus();
  }
  const replace = (one) => {
    data.value = { ...data.value,
      registrations: data.value.registrations.map((each) => (each.id === one.id ? one : each)) };
  };

  function edit() {
    acts.said = "";
    editor = eventForm(context, { event: data.value.event, services: data.value.services, close: () => end(""),
      saved: (event) => {
        data.value = { ...data.value, event };
        end(fill(training.saved, { title: event.title }));
      } });
    context.update();
    document.getElementById("editor")?.focus();
  }
  function end(said) {
    editor = null;
    acts.said = said;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const sending = makeDialog(context, {
    id: "send", danger: false, yes: text.send, text: () => text.sendText,
    title: (one) => fill(text.sendTitle, { number: one.document, name: one.name }),
    act: async (one) => {
      replace(await api.sendDocument(one));
      acts.said = fill(text.sent, { number: one.document });
    },
  });
  const file = (one) => acts.run(async () => follow(await api.documentOf(one)), words.saved);
  const pay = (one) => acts.run(async () => {
    const { redirect } = await api.payPage(one);
    const target = new URL(redirect, location.href);
    // Never a script's address, whoever sent it.
    if (["https:", "http:"].includes(target.protocol)) location.assign(target);
  });

  const paper = (one) => (one.document ? html`${one.document}
    ${badge(text.documents, one.document_state)}
    ${one.document_code ? html`<small>${reason(words, one.document_code)}</small>` : nothing}
    <span class="buttons">
      ${["to_send", "issued", "handed_over"].includes(one.document_state)
        ? rowButton(text.file, `${one.document} ${one.name}`, () => file(one)) : nothing}
      ${may("body:write") && ["to_send", "incomplete"].includes(one.document_state)
        && data.value.fiscal.practice === "invoice"
        ? rowButton(text.send, `${one.document} ${one.name}`, () => sending.open(one)) : nothing}</span>` : "–");

  const rows = (registrations) => (registrations.length ? table({
    caption: text.registrations,
    columns: [[text.person], [words.state], [text.registeredAt], [text.payment], [text.document]],
    rows: registrations,
    cells: (each) => [
      html`${each.name}<small>${each.tax_code}</small>`,
      html`${badge(text.states, each.state)}${each.paid_at ? html`<small>${moment(each.paid_at, language)}</small>` : nothing}`,
      moment(each.created_at, language),
      html`<a href=${context.address("position", { id: each.position })}>${text.toPosition}<span
        class="visually-hidden"> ${each.name}</span></a><small>IUV ${each.iuv}</small>
        ${may("body:write") && each.state === "registered" ? rowButton(text.pay, each.name, () => pay(each)) : nothing}`,
      paper(each),
    ],
  }) : html`<p>${text.none}</p>`);

  const draw = ({ event, registrations }) => {
    const paid = registrations.filter((each) => each.state === "paid");
    return html`<section class="sheet" aria-label=${text.title}>${facts([
        [training.day, shortDay(event.day, language)], [training.place, event.place],
        [training.price, amount(event.cents, language)],
        [training.registered, event.seats ? fill(training.ofSeats, { n: count(event.registered, language),
          seats: count(event.seats, language) }) : count(event.registered, language)],
        [text.paid, fill(text.paidSum, { n: count(paid.length, language),
          sum: amount(paid.reduce((sum, each) => sum + each.cents, 0), language) })],
        [words.state, badge(training.states, event.open ? "open" : "closed")],
      ])}</section>
      ${editor ? editor.view() : may("body:write") ? html`<p class="buttons"><button type="button"
        class="btn btn-outline-primary" @click=${edit}>${training.edit}</button></p>` : nothing}
      <h2>${text.registrations}</h2>
      ${rows(registrations)}
      ${!may("body:write") ? html`<p class="alert alert-info">${words.readOnly}</p>`
        : !event.open ? html`<p class="alert alert-info">${words.codes.event_closed}</p>`
        : event.seats && event.registered >= event.seats ? html`<p class="alert alert-info">${words.codes.event_full}</p>`
        : enrolment.view()}`;
  };

  const view = () => html`<p><a href=${context.address("training")}>${training.title}</a></p>
    <h1 tabindex="-1">${data.value?.event.title ?? text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${sending.view()}`;
  return { title: text.title, view };
}
