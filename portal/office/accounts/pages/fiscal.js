// What is issued to whoever has paid for an event: an invoice, a receipt, nothing; and as whom.

import { html, nothing } from "../../../lit.js";
import { makeForm } from "../../../parts/form.js";
import { done } from "../../parts/show.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";

const PLACE = ["street", "postcode", "city"];
const TEXTS = ["vat", "regime", ...PLACE, "province", "natura", "law", "series",
  "receipt_series"];

export function open(context) {
  const { words } = context;
  const text = words.accounts.fiscal;
  let said = "";
  let version = 0;
  const data = makeData(context, async () => {
    const found = await api.fiscal();
    take(found);
    return found;
  });
  function take(found) {
    version = found.version;
    Object.assign(form.values, found, { rate: String(found.rate).replace(".", ",") });
  }
  const trimmed = (typed, name) => (typed[name] ?? "").trim();
  const rateOf = (typed) => trimmed(typed, "rate").replace(",", ".") || "0";

  const form = makeForm(context, {
    check: (typed) => {
      const isInvoice = typed.practice === "invoice";
      return {
        ...(typed.practice ? {} : { practice: text.missing }),
        ...(isInvoice && !/^\d{11}$/.test(trimmed(typed, "vat")) ? { vat: text.vatWrong } : {}),
        ...(isInvoice ? Object.fromEntries(PLACE.filter((each) => !trimmed(typed, each))
          .map((each) => [each, text.placeMissing])) : {}),
        ...(trimmed(typed, "postcode") && !/^\d{5}$/.test(trimmed(typed, "postcode"))
          ? { postcode: text.postcodeWrong } : {}),
        ...(/^\d{1,3}(\.\d{1,2})?$/.test(rateOf(typed)) && Number(rateOf(typed)) <= 100 ? {} : { rate: text.rateWrong }),
        ...(Number(rateOf(typed)) || /^N[1-7](\.[1-9])?$/.test(trimmed(typed, "natura")) ? {} : { natura: text.naturaWrong }),
        ...(/^RF\d{2}$/.test(trimmed(typed, "regime")) ? {} : { regime: text.regimeWrong }),
        ...Object.fromEntries(["series", "receipt_series"].filter((each) => !/^[A-Z0-9]{0,6}$/
          .test(trimmed(typed, each))).map((each) => [each, text.seriesWrong])),
      };
    },
    refused: ({ code }) => (code === "fiscal_series" ? { receipt_series: words.codes.fiscal_series } : {}),
    act: async (typed) => {
      said = "";
      take(await api.saveFiscal({
        practice: typed.practice, rate: rateOf(typed), version,
        ...Object.fromEntries(TEXTS.map((name) => [name, trimmed(typed, name)])),
      }));
      said = text.saved;
      context.update();
      document.querySelector("h1")?.focus();
    },
  });

  const labelled = (name, more = {}) => form.text(name, text.labels[name], more);
  const editor = () => {
    const isInvoice = form.values.practice === "invoice";
    return html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.title}>
      ${form.summary()}
      ${form.choice("practice", text.practice, Object.entries(words.accounts.training.practices))}
      <p>${text.explained[form.values.practice] ?? nothing}</p>
      ${form.values.practice === "none" ? nothing : html`<div class="filters">
        ${labelled("vat", { optional: !isInvoice, inputmode: "numeric", most: 11 })}
        ${labelled("regime", { capitals: true, most: 4 })}
        ${labelled("street", { optional: !isInvoice, most: 60 })}
        ${labelled("postcode", { optional: !isInvoice, inputmode: "numeric", most: 5 })}
        ${labelled("city", { optional: !isInvoice, most: 60 })}
        ${labelled("province", { optional: true, capitals: true, most: 2 })}
        ${labelled("rate", { inputmode: "decimal", most: 6, hint: text.rateHint })}
        ${labelled("natura", { optional: true, capitals: true, most: 4 })}
        ${labelled("law", { optional: true, most: 100 })}
        ${labelled("series", { optional: true, capitals: true, most: 6 })}
        ${labelled("receipt_series", { optional: true, capitals: true, most: 6 })}
      </div>
      <p class="hint">${text.seriesHint}</p>`}
      ${form.button(words.mail.save)}
    </form>`;
  };

  const view = () => html`<p><a href=${context.address("training")}>${words.accounts.training.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${data.view((found) => (may("body:write") ? editor() : html`<p class="alert alert-info">${words.readOnly}</p>
      <p>${text.practice}: ${words.accounts.training.practices[found.practice]}</p>`))}`;
  return { title: text.title, view };
}
