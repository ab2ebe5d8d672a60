// Receipts of what was paid, by notice and fiscal code: both, or nothing.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { cleanNotice, cleanTaxCode, isNotice, isTaxCode, printedOn } from "../codes.js";
import { amount, day } from "../format.js";
import { fill } from "../language.js";
import { save } from "../parts/files.js";
import { icon } from "../parts/icon.js";
import { makeForm } from "../parts/form.js";
import { facts } from "../parts/notice.js";
import { problem } from "../parts/problem.js";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.receipts;
  let items = null;
  let training = "";
  let bodies = [];
  let failure = null;
  const form = makeForm(context, {
    values: {
      notice: cleanNotice(parameters.get("notice") ?? ""), body: parameters.get("body") ?? "",
    },
    check: (typed) => {
      const wrong = {};
      if (!isNotice(cleanNotice(typed.notice ?? ""))) wrong.notice = words.search.noticeWrong;
      if (!isTaxCode(cleanTaxCode(typed.taxCode ?? ""))) wrong.taxCode = words.taxCodeWrong;
      return wrong;
    },
    act: async (typed) => {
      items = null;
      const found = await api.receipts(
        cleanNotice(typed.notice), cleanTaxCode(typed.taxCode), typed.body,
      );
      items = found.items;
      training = found.training;
      failure = null;
      context.update();
      document.getElementById("found")?.focus();
    },
  });

  function unfold(text) {
    const printed = printedOn(text);
    if (!printed) return;
    form.values.body = bodies.some((each) => each.code === printed.body) ? printed.body : "";
    form.set("notice", printed.notice);
  }

  // Without the list a receipt is found all the same, but where two bodies have the same number.
  api.bodies().then((found) => {
    bodies = found;
    context.update();
  }, () => {});

  async function fetchFile(call) {
    failure = null;
    context.announce(words.wait);
    try {
      save(await call());
      context.announce(words.saved);
    } catch (error) {
      failure = { error, again: () => fetchFile(call) };
    }
    context.update();
  }

  const button = (item, kind, sign) => html`<button type="button"
    class="btn btn-outline-primary btn-sm" @click=${() => fetchFile(() => api.receiptFile(item.key, kind, language))}>
    ${icon(sign, "icon-sm icon-primary")} ${text[kind]}<span class="visually-hidden">
    ${item.id}</span></button>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <form class="narrow" novalidate @submit=${form.submit} aria-label=${text.title}>
      ${form.summary()}
      ${form.text("notice", words.search.notice, {
        hint: words.search.noticeHint, inputmode: "numeric", most: 300, settled: unfold,
      })}
      ${form.text("taxCode", words.search.taxCode, { capitals: true, most: 20 })}
      ${bodies.length > 1 ? form.choice("body", words.search.body,
        bodies.map((each) => [each.code, each.name]),
        { optional: true, none: words.search.anyBody }) : nothing}
      ${form.button(text.find, icon("search", "icon-sm icon-white"))}
    </form>
    ${failure ? problem(words, failure.error, failure.again) : nothing}
    ${items ? html`<section aria-labelledby="found">
      <h2 id="found" tabindex="-1">${fill(items.length === 1 ? text.foundOne : text.found,
        { n: items.length })}</h2>
      ${items.length ? html`<ul class="items">${items.map((each) => html`<li class="sheet">
        ${facts([
          [text.day, day(each.day, language)],
          [words.amount, amount(each.cents, language)],
          [text.psp, each.psp_name],
          [text.id, html`<span class="number">${each.id}</span>`],
        ])}
        <p class="buttons">${button(each, "pdf", "file-pdf")} ${button(each, "xml", "file-xml")}
          ${each.stamp ? button(each, "stamp", "file-xml") : nothing}</p>
      </li>`)}</ul>` : html`<p>${text.none}</p>`}
      ${training ? html`<p>${text.trainingText}</p>
        <button type="button" class="btn btn-outline-primary"
          @click=${() => fetchFile(() => api.trainingReceipt(training))}>
          ${icon("file-pdf", "icon-sm icon-primary")} ${text.training}</button>` : nothing}
    </section>` : nothing}`;
  return { title: text.title, view };
}
