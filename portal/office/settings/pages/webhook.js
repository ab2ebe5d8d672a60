// Where the body's own software is told of each receipt: its address, the secret that the message is
// signed with (written, never shown again), a try.

import { html, nothing } from "../../../lit.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { makeDialog } from "../../parts/dialog.js";
import { done } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { answer } from "../parts/answer.js";
import { refusalOf } from "../parts/refusal.js";

const SECRET_LEAST = 24;
const SECRET_BYTES = 32;
const HEADERS = ["Sportello-Id", "Sportello-Timestamp", "Sportello-Signature"];
// Of nobody: what the software reads, in the order in which it comes.
const EXAMPLE = {
  id: "…", type: "receipt.recorded", at: "2026-06-30T09:15:00.000Z",
  receipt: {
    id: "…", creditor: "80012000826", iuv: "01000000000000130", notice: "301000000000000130",
    position: "…", number: 0, cents: 15_000, fee_cents: 150, day: "2026-06-30", paid_at: null,
    method: "CP", channel: "WEB", psp: "ABI00000", source: "node", double: false,
  },
};

export function open(context) {
  const { words } = context;
  const text = words.settings.webhook;
  const acts = makeActs(context);
  let tried = null;
  const data = makeData(context, async () => {
    const found = await calls.settings();
    form.values.url = found.webhook_url ?? "";
    return found;
  });

  const form = makeForm(context, {
    check: ({ url, secret }) => ({
      ...(/^https:\/\/[\x21-\x7e]+$/.test(url?.trim() ?? "") ? {} : { url: words.codes.webhook_url }),
      ...((secret ?? "").length >= SECRET_LEAST ? {} : { secret: text.secretShort }),
    }),
    act: async ({ url, secret }) => {
      tried = null;
      acts.said = "";
      data.value = await calls.saveWebhook({ url: url.trim(), secret });
      Object.assign(form.values, { url: data.value.webhook_url, secret: "" });
      acts.said = text.saved;
      context.update();
      document.querySelector("h1")?.focus();
    },
    refused: refusalOf(words, { webhook_url: "url" }),
  });

  /** Made here, so that nobody has to think of one; it is shown until it is saved. */
  function make() {
    const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    form.set("secret", Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join(""));
    document.getElementById("secret")?.focus();
  }

  const removal = makeDialog(context, {
    id: "remove", yes: words.settings.remove, title: () => text.removeTitle, text: () => text.removeText,
    act: async () => {
      data.value = await calls.saveWebhook(null);
      Object.assign(form.values, { url: "", secret: "" });
      tried = null;
      acts.said = text.removed;
    },
    back: () => document.querySelector("h1"),
  });

  const tryOut = async () => {
    tried = null;
    tried = await calls.tryWebhook();
    context.update();
    document.getElementById("answer")?.focus();
  };

  const editor = ({ webhook_url: url }) => html`<form class="box" novalidate @submit=${form.submit}
      aria-label=${text.form}>
    <h2>${url ? text.change : text.form}</h2>
    ${form.summary()}
    ${form.text("url", text.url, { type: "url", most: 1000, hint: text.urlHint })}
    ${form.text("secret", text.secret, { most: 200, hint: url ? text.secretAgain : text.secretHint })}
    <p class="buttons">${form.button(words.settings.save)}<button type="button"
      class="btn btn-outline-primary" @click=${make}>${text.make}</button></p></form>`;

  const draw = (found) => html`
    <section class="sheet" aria-label=${text.now}>${facts([
      [text.url, found.webhook_url || text.none],
      [text.secret, found.webhook_url ? text.isSet : ""]])}</section>
    ${found.webhook_url && may("settings:write") ? html`<p class="buttons">
      ${acts.button(words.settings.try, tryOut)}
      <button type="button" class="btn btn-outline-primary" @click=${() => removal.open(found)}
        >${words.settings.remove}</button></p><p class="hint">${text.tryText}</p>` : nothing}
    ${tried ? answer(words, tried) : nothing}
    ${may("settings:write") ? editor(found) : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.how}</h2>
    <ul>${text.hows.map((each) => html`<li>${each}</li>`)}</ul>
    <details class="box"><summary>${text.example}</summary>
      <p class="said">${HEADERS.map((each) => `${each}: …\n`)}\n${JSON.stringify(EXAMPLE, null, 2)}</p></details>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}${data.view(draw)}${removal.view()}`;
  return { title: text.title, view };
}
