// Somebody is registered for an event: whoever pays, as the notice and an invoice want him.

import { html } from "../../lit.js";
import { cleanTaxCode, isMail, isTaxCode } from "../../codes.js";
import { makeForm } from "../../parts/form.js";
import { onceKey } from "../api.js";
import * as api from "./calls.js";

/** `practice`: an invoice wants the address too; `taken(registration)` is told of each. */
export function enrolForm(context, { event, practice, taken }) {
  const { words } = context;
  const text = words.accounts.event;
  let once = { key: "", of: "" };
  const needed = practice === "invoice";
  const trimmed = (typed, name) => (typed[name] ?? "").trim();
  const form = makeForm(context, {
    check: (typed) => ({
      ...(trimmed(typed, "name") ? {} : { name: text.nameMissing }),
      ...(isTaxCode(cleanTaxCode(typed.code ?? "")) ? {} : { code: words.taxCodeWrong }),
      ...(!trimmed(typed, "mail") || isMail(trimmed(typed, "mail")) ? {} : { mail: words.mailWrong }),
      ...(needed ? Object.fromEntries(["address", "postcode", "city"].filter((each) => !trimmed(typed, each))
        .map((each) => [each, text.addressMissing])) : {}),
    }),
    act: async (typed) => {
      const debtor = { name: trimmed(typed, "name"), tax_code: cleanTaxCode(typed.code) };
      for (const field of ["mail", "address", "postcode", "city", "province"]) {
        if (trimmed(typed, field)) debtor[field] = trimmed(typed, field);
      }
      const of = JSON.stringify(debtor);
      if (once.of !== of) once = { key: onceKey(), of };
      const made = await api.register(event, debtor, once.key);
      for (const field of Object.keys(typed)) typed[field] = "";
      once = { key: "", of: "" };
      taken(made);
    },
  });
  const view = () => html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.enrol}>
    <h2>${text.enrol}</h2>
    <p>${text.enrolText}</p>
    ${form.summary()}
    <div class="filters">
      ${form.text("name", words.import.fields.name, { most: 70 })}
      ${form.text("code", words.position.taxCode, { capitals: true, most: 20 })}
      ${form.text("mail", words.email, { optional: true, type: "email", most: 254 })}
      ${form.text("address", words.import.fields.address, { optional: !needed, most: 140 })}
      ${form.text("postcode", words.import.fields.postcode, { optional: !needed, most: 10 })}
      ${form.text("city", words.import.fields.city, { optional: !needed, most: 60 })}
      ${form.text("province", words.import.fields.province, { optional: true, capitals: true, most: 2 })}
    </div>
    ${form.button(text.enrol)}
  </form>`;
  return { view };
}
