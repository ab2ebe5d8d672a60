// The catalogue: what money is asked for, and what people may pay without being asked.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill, said } from "../../../language.js";
import { badge } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { groupedIban } from "../parts/iban.js";

export function open(context) {
  const { words, language } = context;
  const text = words.settings.services;
  const data = makeData(context, async () => {
    const [services, presets] = await Promise.all([
      calls.services(), may("body:write") ? calls.presets() : [],
    ]);
    const taken = new Set(services.map((each) => each.code));
    return { services, presets: presets.filter((each) => !taken.has(each.code)) };
  });

  const euro = (cents) => amount(cents, language);
  const price = ({ price: found, stamp }) => {
    if (!found) return stamp ? text.stampOnly : text.duesOnly;
    if (found.kind === "fixed") return euro(found.cents);
    if (found.kind === "free") {
      return fill(text.between, { least: euro(found.least_cents), most: euro(found.most_cents) });
    }
    return fill(text.tariffs, { n: (found.items ?? found.tariffs).length });
  };
  const stateOf = (each) => (each.active ? each.price || each.stamp ? "done" : "listed" : "called_off");

  const draw = ({ services, presets }) => html`
    ${services.length ? table({
      caption: text.title,
      columns: [[text.service], [words.state], [text.price], [text.taxonomy], [words.settings.ibans.iban]],
      rows: services,
      cells: (each) => [
        html`<a href=${context.address("service", { id: each.code })}>${each.subject}</a>
          <small>${each.code}</small>`,
        badge(text.states, stateOf(each)), price(each), each.taxonomy,
        html`<span class="number">${groupedIban(each.iban)}</span>`,
      ],
    }) : html`<p>${text.none}</p>`}
    ${may("body:write") ? html`<p><a class="btn btn-primary" href=${context.address("service")}
      >${text.add}</a></p>` : nothing}
    ${presets.length ? html`<h2>${text.presets}</h2><p>${text.presetsText}</p>
      <ul class="items">${presets.map((each) => html`<li class="sheet"><div>
        <p class="creditor">${each.subject}</p>
        <p class="hint">${said(each.description, language)} ${price(each)}</p></div>
        <a class="btn btn-outline-primary btn-sm" href=${context.address("service", { preset: each.code })}
          >${text.take}<span class="visually-hidden"> ${each.subject}</span></a></li>`)}</ul>` : nothing}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${may("body:write") ? nothing : html`<p class="alert alert-info">${words.readOnly}</p>`}
    ${data.view(draw)}`;
  return { title: text.title, view };
}
