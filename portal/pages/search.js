// Finds a notice: by its number and the fiscal code on it, or by body and number, or by its link.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { found } from "../cart.js";
import { cleanNotice, cleanTaxCode, isNotice, isTaxCode, printedOn } from "../codes.js";
import { icon } from "../parts/icon.js";
import { makeForm } from "../parts/form.js";
import { explain } from "../parts/problem.js";

export function open(context) {
  const { words, parameters } = context;
  // What the link printed on a notice says: number and body in one, or each by its name.
  const link = printedOn(parameters.get("n") ?? "");
  const values = {
    notice: link?.notice ?? cleanNotice(parameters.get("notice") ?? ""),
    body: link?.body ?? parameters.get("body") ?? "",
  };
  let bodies = [];
  let failure = null;

  const form = makeForm(context, {
    values,
    check: (typed) => check(words, typed),
    act: async (typed) => {
      const wanted = { notice: cleanNotice(typed.notice) };
      const taxCode = cleanTaxCode(typed.taxCode ?? "");
      if (taxCode) wanted.tax_code = taxCode;
      if (typed.body) wanted.body = typed.body;
      found.result = await api.search(wanted);
      found.taxCode = taxCode;
      await context.go("detail");
    },
  });

  // A reader of codes types the QR's text, others paste it: it is both fields in one.
  function unfold(text) {
    const printed = printedOn(text);
    if (!printed) return;
    form.values.notice = printed.notice;
    // A body that is not here is left to the answer, which is one for all that is not found.
    if (!bodies.length || bodies.some((each) => each.code === printed.body)) {
      form.values.body = printed.body;
    }
    context.announce(words.search.unfolded);
    context.update();
  }

  api.bodies().then(
    (items) => {
      bodies = items;
      if (items.length === 1) values.body = items[0].code;
      context.update();
    },
    (error) => {
      failure = explain(words, error); // a notice can be found without the list
      context.update();
    },
  );

  const view = () => html`
    <h1 tabindex="-1">${words.search.title}</h1>
    <p class="lead">${words.search.lead}</p>
    ${failure ? html`<p class="alert alert-warning" role="status">${failure}</p>` : nothing}
    <div class="columns">
      <form novalidate @submit=${form.submit} aria-label=${words.search.title}>
        ${form.summary()}
        ${form.text("notice", words.search.notice, {
          hint: words.search.noticeHint, inputmode: "numeric", most: 300, settled: unfold,
        })}
        ${form.text("taxCode", words.search.taxCode, {
          hint: words.search.taxCodeHint, capitals: true, most: 20,
          optional: Boolean(form.values.body),
        })}
        ${bodies.length > 1 ? form.choice("body", words.search.body,
          bodies.map((each) => [each.code, each.name]),
          { optional: true, none: words.search.anyBody, hint: words.search.bodyHint }) : nothing}
        ${bodies.length === 1 ? html`<p class="only">${words.search.body}:
          <strong>${bodies[0].name}</strong></p>` : nothing}
        ${form.button(words.search.find, icon("search", "icon-sm icon-white"))}
      </form>
      <aside aria-label=${words.search.other}>
        ${card(context, "services", "note", words.search.noNotice, words.search.noNoticeText)}
        ${card(context, "receipts", "file-pdf", words.search.paid, words.search.paidText)}
        ${card(context, "help", "help-circle", words.search.trouble, words.search.troubleText)}
      </aside>
    </div>`;
  return { title: words.search.title, view };
}

function card(context, page, sign, title, text) {
  return html`<div class="tile">
    ${icon(sign, "icon-primary")}
    <div><h2><a href=${context.address(page)}>${title}</a></h2><p>${text}</p></div>
  </div>`;
}

function check(words, typed) {
  const wrong = {};
  const notice = cleanNotice(typed.notice ?? "");
  if (!notice) wrong.notice = words.search.noticeMissing;
  else if (!isNotice(notice)) wrong.notice = words.search.noticeWrong;
  const taxCode = cleanTaxCode(typed.taxCode ?? "");
  if (!taxCode && !typed.body) wrong.taxCode = words.search.taxCodeMissing;
  else if (taxCode && !isTaxCode(taxCode)) wrong.taxCode = words.taxCodeWrong;
  return wrong;
}
