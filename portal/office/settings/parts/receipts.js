// By which accounts citizens get their receipts after payment.

import { html, nothing } from "../../../lit.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { done } from "../../parts/show.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { refusalOf } from "../parts/refusal.js";

/** `wishes` as they were read; `accounts` that mail goes out by. */
export function makeReceipts(context, wishes, accounts) {
  const { words } = context;
  const text = words.settings.receipts;
  let version = wishes.version;
  let said = "";
  const form = makeForm(context, {
    values: { mail: wishes.receipts_mail, pec: wishes.receipts_pec }, check: () => ({}),
    act: async ({ mail, pec }) => {
      said = "";
      ({ version } = await calls.saveWishes({
        receipts_mail: mail ?? "", receipts_pec: pec ?? "", version }));
      said = text.saved;
      context.update();
    },
    refused: refusalOf(words, {}, (path) => path.split("_").at(-1)),
  });
  const of = (kind) => accounts.filter((each) => each.kind === kind)
    .map((each) => [each.code, `${each.code} – ${each.address}`]);
  const choice = (kind) => form.choice(kind, words.deliveries[kind === "mail" ? "account" : "pec"], of(kind),
    { none: text.none, optional: true, unsaid: true });

  return {
    view: () => html`<section class="box" aria-labelledby="receipts-title">
      <h2 id="receipts-title">${text.title}</h2><p>${text.lead}</p>
      ${accounts.length ? nothing : html`<p>${words.deliveries.noAccounts}
        <a href=${context.address("mail")}>${words.menuOf.mail}</a></p>`}
      ${done(said)}
      ${may("body:write") ? html`<form novalidate @submit=${form.submit} aria-label=${text.title}>
        ${form.summary()}<div class="filters">${choice("mail")}${choice("pec")}</div>
        ${form.button(words.settings.save)}</form>` : facts([
        [words.deliveries.account, wishes.receipts_mail || text.none],
        [words.deliveries.pec, wishes.receipts_pec || text.none]])}</section>`,
  };
}
