// A training event as it is offered: when, where, at what price, for how many.

import { html, nothing } from "../../lit.js";
import { centsOf } from "../../format.js";
import { makeForm } from "../../parts/form.js";
import * as api from "./calls.js";

const euros = (cents) => (cents / 100).toFixed(2).replace(".", ",");

/** `event` null is a new one; `saved(kept)` and `close()` end it. */
export function eventForm(context, { event, services, saved, close }) {
  const { words } = context;
  const text = words.accounts.training;
  const form = makeForm(context, {
    values: event ? { ...event, price: euros(event.cents), seats: event.seats ? String(event.seats) : "" }
      : { open: true, version: 0 },
    check: (typed) => ({
      ...(event || /^[a-z0-9][a-z0-9_-]{0,39}$/.test(typed.code ?? "") ? {} : { code: words.codes.event_code }),
      ...(typed.title?.trim() ? {} : { title: words.codes.event_title }),
      ...(typed.day ? {} : { day: text.dayMissing }),
      ...(typed.service ? {} : { service: text.serviceMissing }),
      ...(centsOf(typed.price ?? "") ? {} : { price: words.service.amountWrong }),
      ...(!typed.seats || /^\d{1,6}$/.test(typed.seats) ? {} : { seats: words.codes.event_seats }),
    }),
    refused: ({ code }) => ({
      event_price: { price: words.codes.event_price }, event_code: { code: words.codes.event_code },
    })[code] ?? {},
    act: async (typed) => saved(await api.saveEvent(event?.id ?? typed.code, {
      title: typed.title.trim(), day: typed.day, service: typed.service, cents: centsOf(typed.price),
      place: (typed.place ?? "").trim(), seats: Number(typed.seats || 0), open: Boolean(typed.open),
      version: typed.version,
    })),
  });

  const view = () => html`<section class="box" aria-labelledby="editor">
    <h2 id="editor" tabindex="-1">${event ? text.edit : text.add}</h2>
    <form novalidate @submit=${form.submit} aria-label=${event ? text.edit : text.add}>
      ${form.summary()}
      ${event ? nothing : form.text("code", text.code, { hint: text.codeHint, most: 40 })}
      ${form.text("title", text.name, { hint: text.nameHint, most: 90 })}
      <div class="filters">
        ${form.text("day", text.day, { type: "date" })}
        ${form.text("place", text.place, { optional: true, most: 140 })}
        ${form.text("price", text.price, { inputmode: "decimal", most: 12,
          hint: event?.registered ? text.priceFixed : text.priceHint })}
        ${form.text("seats", text.seats, { optional: true, inputmode: "numeric", most: 6, hint: text.seatsHint })}
        ${form.choice("service", words.flows.service, services.map((each) => [each.code, each.subject]),
          { hint: text.serviceHint })}
      </div>
      <div class="tick-row"><input type="checkbox" class="tick-box" id="open" .checked=${Boolean(form.values.open)}
        @change=${(change) => form.set("open", change.target.checked)}>
        <label for="open">${text.isOpen}</label></div>
      <p class="buttons">${form.button(words.mail.save)}
        <button type="button" class="btn btn-outline-primary" @click=${close}>${words.no}</button></p>
    </form></section>`;
  return { view };
}
