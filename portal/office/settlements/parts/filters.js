// What payments and what does not agree are filtered by: a person, a payment or a flow, and days.

import { html, nothing } from "../../../lit.js";
import { cleanTaxCode, isTaxCode } from "../../../codes.js";
import { makeForm } from "../../../parts/form.js";

const SHARED = ["paid_from", "paid_until", "banked_from", "banked_until", "iuv", "flow"];
// A person's code is in no address: it lives, page by page, as long as this module does.
const codes = new Map();

/** The filters of `page`, by the names of its address, among them those of its `own`. */
export function makeFilters(context, page, own) {
  const { words, parameters } = context;
  const text = words.settlements.collections;
  const other = words.settlements.settlements;
  const names = [...own, ...SHARED];
  const asked = Object.fromEntries(names.map((each) => [each, parameters.get(each) ?? ""]));
  const code = codes.get(page) ?? "";
  const isAny = Boolean(code) || names.some((each) => asked[each]);
  const form = makeForm(context, {
    values: { ...asked, code },
    check: (typed) => (!typed.code?.trim() || isTaxCode(cleanTaxCode(typed.code)) ? {}
      : { code: words.taxCodeWrong }),
    act: ({ code: typed, iuv, flow, ...rest }) => {
      codes.set(page, cleanTaxCode(typed ?? ""));
      return context.go(page,
        { ...rest, iuv: (iuv ?? "").replace(/\s/g, ""), flow: (flow ?? "").trim() });
    },
  });
  function clear() {
    codes.delete(page);
    return context.go(page);
  }

  const free = { optional: true, unsaid: true };
  const date = (name, label) => form.text(name, label, { ...free, type: "date" });
  const choice = (name, label, choices, none) => form.choice(name, label, choices, { ...free, none });
  /** `first` and `last`: the page's own fields, before and after those of both pages. */
  const view = ({ first = nothing, last = nothing }) => html`<form class="box" novalidate
      @submit=${form.submit} aria-label=${words.filter}>
    ${form.summary()}
    <div class="filters">
      ${first}
      ${date("paid_from", text.paidFrom)}${date("paid_until", text.paidUntil)}
      ${date("banked_from", other.bankedFrom)}${date("banked_until", other.bankedUntil)}
      ${form.text("code", words.position.taxCode, { ...free, capitals: true, most: 20 })}
      ${form.text("iuv", "IUV", { ...free, most: 40 })}
      ${form.text("flow", other.flowId, { ...free, most: 70 })}
      ${last}
    </div>
    <p class="buttons">${form.button(words.find)}
      ${isAny ? html`<button type="button" class="btn btn-outline-primary" @click=${clear}
        >${words.clear}</button>` : nothing}</p>
  </form>`;
  return { asked, wanted: { ...asked, tax_code: code }, isAny, choice, view };
}
