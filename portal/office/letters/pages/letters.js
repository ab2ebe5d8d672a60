// Orders of letters: which wait for somebody to look at their sample, which are on their way.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { icon } from "../../../parts/icon.js";
import * as office from "../../api.js";
import { badge, count, moment, shortDay } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import { carriers as carriersOf } from "../../settings/calls.js";
import * as calls from "../calls.js";
import { OPEN, colourOf } from "../parts/states.js";

export function open(context) {
  const { words, language } = context;
  const text = words.letters.letters;
  const data = makeData(context, async () => {
    const [orders, channels, carriers] = await Promise.all([
      calls.orders(), office.channels(), carriersOf(),
    ]);
    const isOn = channels.some((each) => each.name === "postal" && each.enabled);
    return { orders, isOn, isSet: carriers.some((each) => each.kind === "postal") };
  });

  /** What is to do next, where nothing can be ordered yet. */
  function begin({ isOn, isSet }) {
    if (!isOn) return html`<p class="alert alert-info">${text.onRequest}</p>`;
    if (!may("body:write")) return html`<p class="alert alert-info">${words.readOnly}</p>`;
    if (!isSet) {
      return html`<p class="alert alert-warning">${text.notSet}
        <a href=${context.address("channel", { kind: "postal" })}>${words.settings.channel.kinds.postal}</a></p>`;
    }
    return html`<p><a class="btn btn-primary" href=${context.address("deliveries", { channel: "postal" })}
      >${icon("plus-circle", "icon-sm icon-white")} ${text.begin}</a></p>`;
  }

  const list = (orders) => table({
    caption: text.title,
    columns: [[text.made], [words.state], [text.provider], [text.letters, "number"],
      [words.amount, "number"], [text.shipBy]],
    rows: orders,
    cells: (each) => [
      html`<a href=${context.address("letter", { id: each.delivery })}>${moment(each.created_at, language)}</a>`,
      badge(text.states, each.state, colourOf(each.state)), each.profile, count(each.recipients, language),
      amount(each.cents, language),
      OPEN.has(each.state) && each.ship_by ? html`${shortDay(each.ship_by, language)}${each.late
        ? html`<small>${text.past}</small>` : nothing}` : "–",
    ],
  });

  const draw = (found) => html`${begin(found)}
    ${found.orders.length ? list(found.orders) : html`<p>${text.none}</p>`}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <ol>${text.how.map((each) => html`<li>${each}</li>`)}</ol>
    ${data.view(draw)}`;
  return { title: text.title, view };
}
