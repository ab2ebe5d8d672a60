// Flows: the open dues that are to be asked for, chosen by filters.

import { html } from "../../lit.js";
import { amount, centsOf } from "../../format.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { badge, count, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeData } from "../parts/work.js";
import { may } from "../session.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.flows;
  const batch = parameters.get("batch") ?? "";
  const data = makeData(context, api.flows);
  const services = makeData(context, api.services);
  // Pressed twice with the same filters it is one flow.
  let once = { key: "", of: "" };

  const form = makeForm(context, {
    check: (typed) => ({
      ...amountWrong(typed, "least"), ...amountWrong(typed, "most"),
      ...(!typed.year || /^(19[5-9]\d|20\d\d)$/.test(typed.year) ? {} : { year: text.yearWrong }),
    }),
    act: async (typed) => {
      const filter = filterOf(typed, batch);
      const of = JSON.stringify(filter);
      if (once.of !== of) once = { key: api.onceKey(), of };
      const made = await api.beginFlow(filter, once.key);
      await context.go("flow", { id: made.id });
    },
  });
  const amountWrong = (typed, name) => (!typed[name] || centsOf(typed[name]) !== null ? {}
    : { [name]: words.service.amountWrong });
  const free = { optional: true, unsaid: true };

  const begin = () => html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.begin}>
    <h2>${text.begin}</h2>
    <p>${batch ? text.ofBatch : text.beginText}</p>
    ${form.summary()}
    <div class="filters">
      ${form.choice("service", text.service, (services.value ?? []).map((each) => [
        each.code, each.subject]), { ...free, none: text.all })}
      ${form.choice("category", text.category, Object.entries(text.categories),
        { ...free, none: text.all })}
      ${form.choice("provenance", text.provenance, Object.entries(text.provenances),
        { ...free, none: text.all })}
      ${form.text("year", words.position.year, { ...free, inputmode: "numeric", most: 4 })}
      ${form.text("chapter", words.position.chapter, { ...free, most: 20 })}
      ${form.text("least", text.least, { ...free, inputmode: "decimal", most: 14 })}
      ${form.text("most", text.most, { ...free, inputmode: "decimal", most: 14 })}
      ${form.text("assessedFrom", text.assessedFrom, { ...free, type: "date" })}
      ${form.text("assessedUntil", text.assessedUntil, { ...free, type: "date" })}
      ${form.text("dueFrom", text.dueFrom, { ...free, type: "date" })}
      ${form.text("dueUntil", text.dueUntil, { ...free, type: "date" })}
    </div>
    ${form.button(text.list)}
  </form>`;

  const rows = (items) => (items.length ? table({
    caption: text.title,
    columns: [[text.name], [words.state], [text.dues, "number"], [text.persons, "number"],
      [words.amount, "number"], [text.positions, "number"], [words.dues.at]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("flow", { id: each.id })}>${each.parameters.description
        || text.unnamed}</a>`,
      badge(text.states, each.state), count(each.dues, language), count(each.persons, language),
      amount(each.cents, language), count(each.made, language), moment(each.created_at, language),
    ],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${may("body:write") ? begin() : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.made}</h2>
    ${data.view(rows)}`;
  return { title: text.title, view };
}

function filterOf(typed, batch) {
  const filter = {
    batch, provenance: typed.provenance, year: typed.year ? Number(typed.year) : null,
    categories: typed.category ? [typed.category] : [],
    services: typed.service ? [typed.service] : [],
    chapters: typed.chapter?.trim() ? [typed.chapter.trim()] : [],
    least_cents: typed.least ? centsOf(typed.least) : null,
    most_cents: typed.most ? centsOf(typed.most) : null,
    assessed_from: typed.assessedFrom, assessed_until: typed.assessedUntil,
    due_from: typed.dueFrom, due_until: typed.dueUntil,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== null
    && value !== undefined && value !== "" && !(Array.isArray(value) && !value.length)));
}
