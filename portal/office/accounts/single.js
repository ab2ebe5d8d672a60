// What is said of one payment apart from the rest: its day, counterpart and account.

import { html } from "../../lit.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";

const ACCOUNT = /^[0-9A-Za-z ./-]{1,34}$/;

export const isAccount = (text) => !text?.trim() || ACCOUNT.test(text.trim());

/** What somebody typed as the API takes it; what is as `usual` stays the setting's. */
export function saidOf({ day, counterpart = "", account = "" }, usual = {}) {
  const found = {};
  if (day) found.day = day;
  const named = counterpart.trim();
  if (named && named !== usual.counterpart) found.counterpart = named;
  if (account.trim() !== (usual.account ?? "")) found.account = account.trim();
  return found;
}

/** `keep(said)` takes what is said of `payment`, of which `known` was said before. */
export function singleForm(context, { payment, known = {}, keep, leave }) {
  const { words } = context;
  const text = words.accounts.postable;
  const form = makeForm(context, {
    values: { ownDay: known.day ?? "", ownCounterpart: known.counterpart ?? "", ownAccount: known.account ?? "" },
    check: ({ ownAccount }) => (isAccount(ownAccount) ? {} : { ownAccount: words.codes.posting_account }),
    act: async (typed) => keep(saidOf({
      day: typed.ownDay, counterpart: typed.ownCounterpart, account: typed.ownAccount,
    })),
  });
  const view = () => html`<section class="box" aria-labelledby="single">
    <h2 id="single" tabindex="-1">${fill(text.single, { iuv: payment.iuv })}</h2>
    <p>${text.singleText}</p>
    <form novalidate @submit=${form.submit} aria-label=${text.edit}>
      ${form.summary()}
      <div class="filters">
        ${form.text("ownDay", text.day, { type: "date", optional: true })}
        ${form.text("ownCounterpart", text.counterpart, { optional: true, most: 140 })}
        ${form.text("ownAccount", text.account, { optional: true, most: 34 })}
      </div>
      <p class="buttons">${form.button(text.keep)}
        <button type="button" class="btn btn-outline-primary" @click=${leave}>${words.no}</button></p>
    </form></section>`;
  return { payment, view };
}
