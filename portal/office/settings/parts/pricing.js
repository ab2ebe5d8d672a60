// What a service costs: nothing of its own, one price, a list of tariffs, as much as is given.

import { html } from "../../../lit.js";
import { amount, centsOf, typedOf } from "../../../format.js";
import { fill } from "../../../language.js";
import { freeCode, small } from "./fields.js";
import { makeRows } from "./rows.js";

const KINDS = ["fixed", "tariff", "free"];
const MOST_CENTS = 99_999_999_999;
const ITEM = ["label", "cents", "code"];

/** 1234 as "12,34": what `centsOf` reads back. */
const isAmount = (text) => {
  const cents = centsOf(text ?? "");
  return cents !== null && cents > 0 && cents <= MOST_CENTS;
};

export function makePricing(context, form, price) {
  const { words, language } = context;
  const text = words.settings.pricing;
  const items = makeRows(context, form, "item", ITEM);
  // As the portal says it of a preset, or as the catalogue does.
  const listed = price?.items ?? price?.tariffs ?? [];
  for (const each of listed.length ? listed : [{}]) {
    items.add({ ...each, cents: each.cents ? typedOf(each.cents) : "" });
  }
  form.values.price = price ? price.kind.replace("tariffs", "tariff") : "";
  form.values.cents = price?.cents ? typedOf(price.cents) : "";
  form.values.least = price?.least_cents > 1 ? typedOf(price.least_cents) : "";
  form.values.most = price?.most_cents && price.most_cents < MOST_CENTS ? typedOf(price.most_cents) : "";

  function check(typed) {
    const wrong = {};
    const need = (name, optional) => {
      if (!(optional && !typed[name]?.trim()) && !isAmount(typed[name])) wrong[name] = text.amountWrong;
    };
    if (typed.price === "fixed") need("cents");
    if (typed.price === "free") {
      need("least", true);
      need("most", true);
      const [least, most] = [centsOf(typed.least ?? ""), centsOf(typed.most ?? "")];
      if (least !== null && most !== null && least > most) wrong.most = words.codes.price_limits;
    }
    if (typed.price === "tariff") {
      for (const key of items.keys) {
        need(items.name(key, "cents"));
        if (!items.get(key, "label").trim()) wrong[items.name(key, "label")] = words.settings.missing;
      }
    }
    return wrong;
  }

  /** As the API takes it. Codes of items are made once and kept: forms that are open know them. */
  function wanted(typed) {
    if (typed.price === "fixed") return { kind: "fixed", cents: centsOf(typed.cents) };
    if (typed.price === "free") {
      const found = { kind: "free" };
      if (typed.least?.trim()) found.least_cents = centsOf(typed.least);
      if (typed.most?.trim()) found.most_cents = centsOf(typed.most);
      return found;
    }
    if (typed.price !== "tariff") return null;
    const all = items.all();
    const taken = new Set(all.map((each) => each.code).filter(Boolean));
    return { kind: "tariff", items: all.map(({ label, cents, code }) => ({
      code: code || freeCode(label, taken), label: label.trim(), cents: centsOf(cents) })) };
  }

  const money = (name, label, more) => form.text(name, label, {
    inputmode: "decimal", most: 15, ...more });

  const tariffs = () => html`<fieldset class="group"><legend>${text.items}</legend>
    ${items.keys.map((key) => html`<div class="filters">
      ${form.text(items.name(key, "label"), text.item, { most: 90 })}
      ${money(items.name(key, "cents"), text.each)}
      <div class="row-field">${items.keys.length > 1 ? small(words.settings.remove,
        items.get(key, "label"), () => items.drop(key, "more-items")) : ""}</div></div>`)}
    <p><button type="button" class="btn btn-outline-primary btn-sm" id="more-items"
      @click=${items.more}>${text.more}</button></p></fieldset>`;

  const limits = () => html`<div class="filters">
    ${money("least", text.least, { optional: true })}
    ${money("most", text.most, { optional: true,
      hint: fill(text.mostHint, { amount: amount(MOST_CENTS, language) }) })}</div>`;

  return {
    check, wanted,
    place: (at, field) => items.place(at, field === "cents" ? "cents" : "label"),
    view: () => html`${form.choice("price", text.title,
      KINDS.map((each) => [each, text.kinds[each]]), { none: text.kinds.none, optional: true })}
      ${{ fixed: () => money("cents", words.amount), tariff: tariffs, free: limits }[form.values.price]?.()
        ?? html`<p class="hint">${text.noneText}</p>`}`,
  };
}
