// Deliveries: what went out, and the beginning of another one for a flow or a position.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { makeReceivers } from "../parts/receivers.js";
import { makeWays } from "../parts/sending.js";
import { badge, count, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeData } from "../parts/work.js";
import { may } from "../session.js";
import * as settings from "../settings/calls.js";

const UNDO_MINUTES = 5;
const UNDO_MOST = 1_440; // a day, as the server has it

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.deliveries;
  const position = parameters.get("position") ?? "";
  // Pressed again with the same choices it is one delivery.
  let once = { key: "", of: "" };
  const data = makeData(context, () => api.deliveries(position ? "" : parameters.get("flow") ?? ""));

  const form = makeForm(context, {
    values: { channel: parameters.get("channel") ?? "mail", to: "mail",
      flow: parameters.get("flow") ?? "", undo: String(UNDO_MINUTES) },
    check: (typed) => ({
      ...named(typed), ...ways.check(typed),
      ...(/^\d{1,4}$/.test(typed.undo || "0") && Number(typed.undo || 0) <= UNDO_MOST
        ? {} : { undo: text.undoWrong }),
    }),
    refused: (error) => ({
      postal_disclaimer: { accepted: words.codes.postal_disclaimer },
      flow_state: position ? {} : { flow: words.codes.flow_state },
    })[error.code] ?? {},
    act: async (typed) => {
      const order = { ...orderOf(typed), undo_s: Number(typed.undo || 0) * 60 };
      const of = JSON.stringify(order);
      if (once.of !== of) once = { key: api.onceKey(), of };
      const made = await api.beginDelivery(order, once.key);
      await context.go("delivery", { id: made.id });
    },
  });
  const ways = makeWays(context, form);
  const named = (typed) => (position || typed.flow ? {} : { flow: text.flowMissing });
  const orderOf = (typed) => ({
    ...ways.wanted(typed), ...(position ? { positions: [position] } : { flow: typed.flow }),
  });
  const missing = () => ({ ...named(form.values), ...ways.check(form.values, true) });
  const receivers = makeReceivers(context,
    () => (Object.keys(missing()).length ? null : orderOf(form.values)), () => {
      form.errors = missing();
      form.failure = null;
      context.update();
      document.getElementById("problems")?.focus();
    });

  const setting = may("body:write") ? makeData(context, async () => {
    const [channels, accounts, flows, carriers] = await Promise.all([
      api.channels(), api.mailAccounts(), api.flows(), settings.carriers(),
    ]);
    const [texts, enclosures] = carriers.length
      ? await Promise.all([settings.texts(language), settings.enclosures()]) : [null, []];
    ways.take({ channels, accounts, carriers, texts, enclosures });
    return { flows: flows.filter((each) => each.state === "generated") };
  }) : null;

  function begin({ flows }) {
    if (!position && !flows.length) {
      return html`<p>${text.noFlows} <a href=${context.address("flows")}>${words.menuOf.flows}</a></p>`;
    }
    return html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.begin}>
      <h2>${text.begin}</h2>
      ${form.summary()}
      ${position ? html`<p>${text.onePosition}</p>` : form.choice("flow", text.flow,
        flows.map((each) => [each.id, fill(text.flowOf, {
          name: each.parameters.description, n: count(each.made, language) })]))}
      ${ways.view()}
      <p class="hint">${text.others} <a href=${context.address("channels")}>${words.menuOf.channels}</a></p>
      <p class="buttons">${form.button(text.go)}${receivers.button()}</p>
      ${receivers.view()}
    </form>`;
  }

  const rows = (items) => (items.length ? table({
    caption: text.title,
    columns: [[text.begun], [text.channel], [words.state], [text.sent, "number"],
      [text.failed, "number"], [text.skippedOnes, "number"], [text.queued, "number"]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("delivery", { id: each.id })}>${moment(each.created_at, language)}</a>`,
      html`${text.channels[each.channel] ?? each.channel}<small>${each.profile}</small>`,
      badge(text.states, each.state), count(each.sent, language), count(each.failed, language),
      count(each.skipped, language), count(each.queued, language),
    ],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${setting ? setting.view(begin) : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.made}</h2>
    ${data.view(rows)}`;
  return { title: text.title, view };
}
