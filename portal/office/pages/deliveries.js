// Deliveries: what went out, and the beginning of another one for a flow or a position.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { badge, count, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeData } from "../parts/work.js";
import { may } from "../session.js";

// The ways that need nothing but what is asked here; the others have settings of their own.
const OFFERED = ["mail", "zip"];
const UNDO_MINUTES = 5;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.deliveries;
  const position = parameters.get("position") ?? "";
  // Pressed again with the same choices it is one delivery.
  let once = { key: "", of: "" };
  const data = makeData(context, () => api.deliveries(position ? "" : parameters.get("flow") ?? ""));
  const setting = may("body:write") ? makeData(context, async () => {
    const [channels, accounts, flows] = await Promise.all([
      api.channels(), api.mailAccounts(), api.flows(),
    ]);
    return {
      accounts, flows: flows.filter((each) => each.state === "generated"),
      channels: channels.filter((each) => each.enabled && OFFERED.includes(each.name)),
    };
  }) : null;

  const form = makeForm(context, {
    values: { channel: "mail", to: "mail", flow: parameters.get("flow") ?? "",
      undo: String(UNDO_MINUTES) },
    check: (typed) => ({
      ...(position || typed.flow ? {} : { flow: text.flowMissing }),
      ...(typed.channel ? {} : { channel: text.channelMissing }),
      ...(typed.channel === "mail" && !typed.account && typed.to !== "pec"
        ? { account: text.accountMissing } : {}),
      ...(typed.channel === "mail" && typed.to !== "mail" && !typed.pec
        ? { pec: text.accountMissing } : {}),
      ...(/^\d{1,3}$/.test(typed.undo || "0") ? {} : { undo: text.undoWrong }),
    }),
    act: async (typed) => {
      const order = wanted(typed, position);
      const of = JSON.stringify(order);
      if (once.of !== of) once = { key: api.onceKey(), of };
      const made = await api.beginDelivery(order, once.key);
      await context.go("delivery", { id: made.id });
    },
  });

  function begin({ channels, accounts, flows }) {
    const mails = accounts.filter((each) => each.kind === "mail");
    const pecs = accounts.filter((each) => each.kind === "pec");
    const { values } = form;
    if (!position && !flows.length) return html`<p>${text.noFlows}</p>`;
    return html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.begin}>
      <h2>${text.begin}</h2>
      ${form.summary()}
      ${position ? html`<p>${text.onePosition}</p>` : form.choice("flow", text.flow,
        flows.map((each) => [each.id, fill(text.flowOf, {
          name: each.parameters.description, n: count(each.made, language) })]))}
      <div class="filters">
        ${form.choice("channel", text.channel, channels.map((each) => [each.name,
          text.channels[each.name] ?? each.title]))}
        ${values.channel === "mail" ? html`
          ${form.choice("to", text.by, Object.entries(text.bys))}
          ${values.to !== "pec" ? form.choice("account", text.account, mails.map(label)) : nothing}
          ${values.to !== "mail" ? form.choice("pec", text.pec, pecs.map(label)) : nothing}` : nothing}
        ${form.text("undo", text.undo, { optional: true, inputmode: "numeric", most: 3 })}
      </div>
      ${values.channel === "mail" && !accounts.length ? html`<p class="alert alert-warning">
        ${text.noAccounts} <a href=${context.address("mail")}>${words.menuOf.mail}</a></p>` : nothing}
      <p class="hint">${text.undoHint}</p>
      ${form.button(text.go)}
    </form>`;
  }

  const rows = (items) => (items.length ? table({
    caption: text.title,
    columns: [[text.begun], [text.channel], [words.state], [text.sent, "number"],
      [text.failed, "number"], [text.queued, "number"]],
    rows: items,
    cells: (each) => [
      html`<a href=${context.address("delivery", { id: each.id })}>${moment(each.created_at, language)}</a>`,
      html`${text.channels[each.channel] ?? each.channel}<small>${each.profile}</small>`,
      badge(text.states, each.state), count(each.sent, language), count(each.failed, language),
      count(each.queued, language),
    ],
  }) : html`<p>${text.none}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${setting ? setting.view(begin) : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.made}</h2>
    ${data.view(rows)}`;
  return { title: text.title, view };
}

const label = (account) => [account.code, `${account.code} – ${account.address}`];

function wanted(typed, position) {
  const found = { channel: typed.channel, undo_s: Number(typed.undo || 0) * 60 };
  Object.assign(found, position ? { positions: [position] } : { flow: typed.flow });
  if (typed.channel !== "mail") return found;
  const options = { to: typed.to };
  if (typed.to === "both") options.pec_profile = typed.pec;
  return { ...found, profile: typed.to === "pec" ? typed.pec : typed.account, options };
}
