// Receipts of what was paid, by notice and fiscal code: both, or nothing.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { cleanNotice, cleanTaxCode, isNotice, isTaxCode } from "../codes.js";
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
  let failure = null;
  const form = makeForm(context, {
    values: { notice: cleanNotice(parameters.get("notice") ?? "") },
    check: (typed) => {
      const wrong = {};
      if (!isNotice(cleanNotice(typed.notice ?? ""))) wrong.notice = words.search.noticeWrong;
      if (!isTaxCode(cleanTaxCode(typed.taxCode ?? ""))) wrong.taxCode = words.taxCodeWrong;
      return wrong;
    },
    act: async (typed) => {
      items = null;
      const found = await api.receipts(cleanNotice(typed.notice), cleanTaxCode(typed.taxCode));
      items = found.items;
      failure = null;
      context.update();
      document.getElementById("found")?.focus();
    },
  });

  async function fetchFile(item, kind) {
    failure = null;
    context.announce(words.wait);
    try {
      save(await api.receiptFile(item.key, kind, language));
      context.announce(words.saved);
    } catch (error) {
      failure = { error, again: () => fetchFile(item, kind) };
    }
    context.update();
  }

  const button = (item, kind, sign) => html`<button type="button"
    class="btn btn-outline-primary btn-sm" @click=${() => fetchFile(item, kind)}>
    ${icon(sign, "icon-sm icon-primary")} ${text[kind]}<span class="visually-hidden">
    ${item.id}</span></button>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <form class="narrow" novalidate @submit=${form.submit} aria-label=${text.title}>
      ${form.summary()}
      ${form.text("notice", words.search.notice, {
        hint: words.search.noticeHint, inputmode: "numeric", most: 30,
      })}
      ${form.text("taxCode", words.search.taxCode, { capitals: true, most: 20 })}
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
    </section>` : nothing}`;
  return { title: text.title, view };
}
