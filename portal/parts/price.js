// The three ways a service costs something: fixed, tariffs times quantity, free within limits; no
// price at all where only a digital stamp is bought. The server counts again: what is shown here is what it will say.

import { html, nothing } from "../lit.js";
import { amount, centsOf } from "../format.js";
import { fill } from "../language.js";

const fieldOf = (tariff) => `q-${tariff.code}`;

function quantity(tariff, typed) {
  const text = (typed[fieldOf(tariff)] ?? "").trim();
  return /^\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
}

/** In cents; null while it cannot be told. */
export function totalOf(price, typed) {
  if (!price) return 0;
  if (price.kind === "fixed") return price.cents;
  if (price.kind === "free") return centsOf(typed.amount ?? "");
  const sum = price.tariffs.reduce((so, each) => so + each.cents * quantity(each, typed), 0);
  return Number.isNaN(sum) || sum === 0 ? null : sum;
}

/** What the API wants of the price: nothing, `cents`, or `chosen` quantities by code. */
export function chosenOf(price, typed) {
  if (!price || price.kind === "fixed") return {};
  if (price.kind === "free") return { cents: centsOf(typed.amount) };
  const chosen = price.tariffs.map((each) => [each.code, quantity(each, typed)]);
  return { chosen: Object.fromEntries(chosen.filter(([, count]) => count > 0)) };
}

export function checkPrice(words, language, price, typed) {
  if (!price || price.kind === "fixed") return {};
  if (price.kind === "free") return checkFree(words, language, price, typed);
  const wrong = {};
  for (const each of price.tariffs) {
    const count = quantity(each, typed);
    const most = { n: each.most };
    if (!(count <= each.most)) wrong[fieldOf(each)] = fill(words.service.quantityWrong, most);
  }
  if (!Object.keys(wrong).length && totalOf(price, typed) === null) {
    wrong[fieldOf(price.tariffs[0])] = words.service.quantityMissing;
  }
  return wrong;
}

function checkFree(words, language, price, typed) {
  const cents = centsOf(typed.amount ?? "");
  const least = price.least_cents ?? 1;
  if (cents === null) return { amount: words.service.amountWrong };
  if (cents < least) {
    return { amount: fill(words.service.least, { amount: amount(least, language) }) };
  }
  if (price.most_cents && cents > price.most_cents) {
    return { amount: fill(words.service.most, { amount: amount(price.most_cents, language) }) };
  }
  return {};
}

export function priceFields(context, form, price) {
  const { words, language } = context;
  if (!price || price.kind === "fixed") return nothing;
  if (price.kind === "free") {
    const limits = [
      price.least_cents && fill(words.service.least, { amount: amount(price.least_cents, language) }),
      price.most_cents && fill(words.service.most, { amount: amount(price.most_cents, language) }),
    ].filter(Boolean).join(" ");
    const field = form.text("amount", words.service.amount, {
      hint: limits || undefined, inputmode: "decimal", most: 15,
    });
    return html`<div @input=${() => context.update()}>${field}</div>`;
  }
  return html`<div class="tariffs" @input=${() => context.update()}>
    ${price.tariffs.map((each) => {
      const hint = fill(words.service.upTo, { n: each.most });
      const label = `${each.label} – ${amount(each.cents, language)}`;
      return form.text(fieldOf(each), label, {
        hint, inputmode: "numeric", most: 4, optional: true, unsaid: true,
      });
    })}
  </div>`;
}
