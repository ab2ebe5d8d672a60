// How the body and its treasurer are known in SIOPE+, and by whose signature his answers count.

import { html } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import { shortDay } from "../parts/show.js";
import * as api from "./calls.js";

// Field, most signs, its form; the texts stand under the same names.
const CODES = [
  ["abi", 5, /^\d{5}$/], ["ente", 6, /^[A-Z0-9]{6}$/], ["istat", 15, /^\d{9,15}$/],
  ["tramite_ente", 12, /^A2A-\d{8}$/], ["tramite_bt", 12, /^A2A-\d{8}$/], ["ente_bt", 35, /^\S/],
];

/** `tell(text)` says what was done, "" that something new begins. */
export function treasurerForm(context, tell) {
  const { words, language } = context;
  const text = words.accounts.treasurer;
  let version = 0;
  let signers = { certificates: [], version: 0 };

  const trimmed = (typed, name) => (typed[name] ?? "").trim();
  const form = makeForm(context, {
    check: (typed) => Object.fromEntries(CODES.filter(([name, , shape]) => !shape.test(trimmed(typed, name)))
      .map(([name]) => [name, text.wrong[name]])),
    refused: ({ code, details }) => (code === "treasurer_malformed"
      ? Object.fromEntries(details.fields.map((name) => [name, text.wrong[name] ?? words.codes.treasurer_malformed]))
      : {}),
    act: async (typed) => {
      tell("");
      const names = [...CODES.map(([name]) => name), "conto_evidenza", "exemption"];
      take(await api.saveTreasurer({
        ...Object.fromEntries(names.map((name) => [name, trimmed(typed, name)])), version,
      }));
      tell(text.saved);
    },
  });
  const trust = makeForm(context, {
    check: () => ({}),
    act: async ({ pem }) => {
      tell("");
      signers = await api.saveCertificates({ pem: pem ?? "", version: signers.version });
      trust.values.pem = "";
      tell(signers.certificates.length ? text.trusted : text.untrusted);
    },
  });
  function take(known, certificates = signers) {
    Object.assign(form.values, known ?? {});
    version = known?.version ?? 0;
    signers = certificates;
  }

  const view = () => html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.title}>
      <h2>${text.title}</h2>
      <p>${text.lead}</p>
      ${form.summary()}
      <div class="filters">
        ${CODES.map(([name, most]) => form.text(name, text.labels[name], { most }))}
        ${form.text("conto_evidenza", text.labels.conto_evidenza, { optional: true, most: 25 })}
        ${form.text("exemption", text.labels.exemption, { optional: true, most: 140 })}
      </div>
      ${form.button(text.save)}
    </form>
    <form class="box" novalidate @submit=${trust.submit} aria-label=${text.trust}>
      <h2>${text.trust}</h2>
      <p>${text.trustText}</p>
      ${trust.summary()}
      ${signers.certificates.length ? html`<ul>${signers.certificates.map((each) => html`<li>${each.subject}
        <span class="hint">${text.until} ${shortDay(each.not_after.slice(0, 10), language)}</span></li>`)}</ul>`
      : html`<p>${text.none}</p>`}
      ${trust.area("pem", text.pem, { optional: true, hint: text.pemHint, most: 65_536 })}
      ${trust.button(text.saveTrust)}
    </form>`;

  return { load: () => [api.treasurer(), api.certificates()], take, view };
}
