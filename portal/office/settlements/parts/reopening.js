// A payment that its PSP has revoked is asked for anew: by another notice, with a note that stays.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeFrame } from "./frame.js";

const NOTE_CHARS = 500;

/** `changed(said)` is told in words what was done. `button(payment)`: of `position`, `iuv`, `cents`,
 * `labels` and, where somebody did it already, `reopened`; nothing for what was not revoked. */
export function makeReopening(context, changed) {
  const { words, language } = context;
  const text = words.settlements.reopening;
  let about = null;
  const frame = makeFrame(context, "reopening", () => { about = null; });

  const form = makeForm(context, {
    check: ({ reopenNote }) => (reopenNote?.trim() ? {} : { reopenNote: words.codes.reopen_note }),
    act: async ({ reopenNote }) => {
      const { id } = await calls.reopen(about.position, { note: reopenNote.trim() });
      frame.close();
      changed(html`${text.said} <a href=${context.address("position", { id })}>${text.toNew}</a>`);
    },
    refused: (error) => (error.code === "reopen_note"
      ? { reopenNote: words.codes.reopen_note } : {}),
  });

  function open(payment) {
    about = payment;
    Object.assign(form.values, { reopenNote: "" });
    Object.assign(form, { errors: {}, failure: null });
    frame.open();
  }

  function button(payment) {
    if (!payment.position || !payment.labels.includes("REVOKED")) return nothing;
    if (payment.reopened) return html`<a href=${context.address("position",
      { id: payment.reopened })}>${text.toNew}<span class="visually-hidden"> ${payment.iuv}</span></a>`;
    return may("body:write") ? html`<button type="button" class="btn btn-outline-primary btn-sm"
      @click=${() => open(payment)}>${text.deed}<span class="visually-hidden"> ${payment.iuv}</span
      ></button>` : nothing;
  }

  const content = () => html`<p>${text.text}</p>
    ${form.summary()}
    ${facts([["IUV", about.iuv], [words.amount, amount(about.cents, language)]])}
    ${form.area("reopenNote", text.note, { hint: text.noteHint, most: NOTE_CHARS })}`;

  const view = () => frame.view(form, text.title, about ? content() : null,
    about ? form.button(text.deed) : nothing);
  return { button, view };
}
