// Training events (FPC): what is offered, how many take part, and what is issued to them.

import { html } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { icon } from "../../../parts/icon.js";
import * as office from "../../api.js";
import { badge, count, done, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { eventForm } from "../eventform.js";

export function open(context) {
  const { words, language } = context;
  const text = words.accounts.training;
  let editor = null;
  let said = "";
  const data = makeData(context, async () => {
    const [events, services, fiscal] = await Promise.all([
      api.events(), office.services(), api.fiscal(),
    ]);
    return { events, services, fiscal };
  });

  function add() {
    said = "";
    editor = eventForm(context, { event: null, services: data.value.services, close: () => end(""),
      saved: (event) => {
        data.value = { ...data.value, events: [event, ...data.value.events] };
        end(fill(text.saved, { title: event.title }));
      } });
    context.update();
    document.getElementById("editor")?.focus();
  }
  function end(words_) {
    editor = null;
    said = words_;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const draw = ({ events, services, fiscal }) => html`
    <p>${text.practice} <strong>${text.practices[fiscal.practice]}</strong>.
      <a href=${context.address("fiscal")}>${words.accounts.fiscal.title}</a></p>
    ${events.length ? table({
      caption: text.title,
      columns: [[text.name], [text.day], [text.place], [text.price, "number"], [text.registered, "number"],
        [words.state]],
      rows: events,
      cells: (each) => [
        html`<a href=${context.address("event", { id: each.id })}>${each.title}</a><small>${each.id}</small>`,
        shortDay(each.day, language), each.place || "–", amount(each.cents, language),
        each.seats ? fill(text.ofSeats, { n: count(each.registered, language),
          seats: count(each.seats, language) }) : count(each.registered, language),
        badge(text.states, each.open ? "open" : "closed"),
      ],
    }) : html`<p>${text.none}</p>`}
    ${!may("body:write") ? html`<p class="alert alert-info">${words.readOnly}</p>`
      : !services.length ? html`<p class="alert alert-warning">${text.noServices}</p>`
      : editor ? editor.view() : html`<p><button type="button" class="btn btn-primary" @click=${add}
        >${icon("plus-circle", "icon-sm icon-white")} ${text.add}</button></p>`}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}${data.view(draw)}`;
  return { title: text.title, view };
}
