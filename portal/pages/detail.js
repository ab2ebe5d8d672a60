// A notice that was found: what it is, what it costs, and what can be done with it.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import * as cart from "../cart.js";
import { amount, day } from "../format.js";
import { fill } from "../language.js";
import { LAW } from "../words/law.js";
import { leaveToPay } from "../parts/checkout.js";
import { save } from "../parts/files.js";
import { icon } from "../parts/icon.js";
import { logo } from "../parts/logo.js";
import { facts, number, state, sum } from "../parts/notice.js";
import { problem } from "../parts/problem.js";

export function open(context) {
  const { words, language } = context;
  let result = cart.found.result;
  let failure = null;
  let isBusy = false;
  let printed = Object.hasOwn(LAW, language) ? language : "it";
  const text = words.detail;

  async function doing(act, again) {
    if (isBusy) return;
    isBusy = true;
    failure = null;
    context.announce(words.wait);
    context.update();
    try {
      await act();
      context.announce("");
    } catch (error) {
      failure = { error, again };
    }
    isBusy = false;
    context.update();
  }

  const payNow = () => doing(() => leaveToPay([result.key], language), payNow);
  const download = () => doing(async () => {
    save(await api.noticeFile(result.key, printed));
    context.announce(words.saved);
  }, download);
  const look = (notice) => doing(async () => {
    const wanted = { notice, body: result.creditor.code };
    if (cart.found.taxCode) wanted.tax_code = cart.found.taxCode;
    result = cart.found.result = await api.search(wanted);
    context.update();
    document.querySelector("h1")?.focus();
  }, () => look(notice));

  const keep = () => cart.add({
    key: result.key, notice: result.notice, cents: result.cents, due: result.due,
    creditor: result.creditor.name, subject: result.subject ?? "",
  });
  // Keys and amounts grow old: what was found again is what is paid.
  if (result && cart.has(result.notice)) keep();

  function put() {
    keep();
    context.update();
    context.announce(text.added);
  }

  function view() {
    if (!result) {
      return html`<h1 tabindex="-1">${text.title}</h1><p>${text.gone}</p>
        <p><a class="btn btn-primary" href=${context.address("search")}>${words.search.find}</a></p>`;
    }
    return html`
      <h1 tabindex="-1">${result.subject ?? text.title}</h1>
      ${failure ? problem(words, failure.error, failure.again) : nothing}
      <div class="columns">
        <section class="sheet" aria-label=${text.title}>
          <p class="creditor with-logo">
            ${logo(context, result.creditor.code, result.creditor.name)}
            <span>${result.creditor.name}</span></p>
          ${state(words, result.state)}
          ${sum(context, result.cents, result.due)}
          ${facts([
            [words.noticeNumber, number(result.notice)],
            [words.creditorCode, result.creditor.code],
            [text.debtor, result.debtor_name],
          ])}
          ${lines(context, result)}
          ${result.full ? nothing : html`<p class="hint">${text.half}</p>`}
        </section>
        <section class="actions" aria-label=${text.actions}>${actions()}</section>
      </div>
      ${rates()}
      ${law(context)}`;
  }

  function actions() {
    if (result.state !== "payable") {
      return html`<p class="alert alert-${result.state === "paid" ? "success" : "info"}">
          ${text.whyNot[result.state]}</p>
        ${result.state === "paid" ? html`<a class="btn btn-primary"
          href=${context.address("receipts", { notice: result.notice, body: result.creditor.code })}
          >${text.receipt}</a>` : nothing}
        ${result.state === "verifying" ? html`<button type="button" class="btn btn-outline-primary"
          @click=${() => look(result.notice)}>${text.look}</button>` : nothing}`;
    }
    return html`
      <button type="button" class="btn btn-primary" @click=${payNow}
        aria-disabled=${isBusy ? "true" : nothing}>
        ${icon("card", "icon-sm icon-white")} ${text.pay}</button>
      <p class="hint">${text.payHint}</p>
      ${toCart()}
      ${result.full ? print() : nothing}`;
  }

  // The paper names the debtor: only for whoever gave the whole key.
  function print() {
    return html`<div class="print-notice">
        <label for="printed">${text.printed}</label>
        <select class="form-select" id="printed"
          @change=${(event) => (printed = event.target.value)}>
          ${Object.entries(text.printedIn).map(([code, name]) => html`<option value=${code}
            ?selected=${code === printed}>${name}</option>`)}
        </select>
        <button type="button" class="btn btn-outline-primary" @click=${download}
          aria-disabled=${isBusy ? "true" : nothing}>
          ${icon("download", "icon-sm icon-primary")} ${text.download}</button>
      </div>`;
  }

  function toCart() {
    if (cart.has(result.notice)) {
      return html`<p class="in-cart">${icon("check-circle", "icon-sm icon-success")}
        ${text.inCart} <a href=${context.address("cart")}>${text.toCart}</a></p>`;
    }
    if (cart.isFull()) {
      return html`<p class="hint">${fill(words.cart.full, { n: cart.NOTICES_MAX })}</p>`;
    }
    return html`<button type="button" class="btn btn-outline-primary" @click=${put}>
      ${icon("plus-circle", "icon-sm icon-primary")} ${text.add}</button>`;
  }

  function rates() {
    const all = result.instalments ?? [];
    if (!all.length) return nothing;
    return html`<section>
      <h2>${text.rates}</h2>
      <p>${text.ratesHint}</p>
      <ul class="items">${all.map((each) => html`<li class="sheet">
        <div>
          <p class="creditor">${text.rate} ${each.number}</p>
          <p>${words.noticeNumber} ${number(each.notice)}</p>
          ${each.due ? html`<p class="hint">${words.by} ${day(each.due, language)}</p>` : nothing}
        </div>
        <p class="money"><strong>${amount(each.cents, language)}</strong></p>
        <p>${state(words, each.state)}</p>
        ${each.notice === result.notice ? html`<p>${text.here}</p>` : html`<button type="button"
          class="btn btn-outline-primary btn-sm" @click=${() => look(each.notice)}>${text.open}<span
          class="visually-hidden"> ${text.rate} ${each.number}</span></button>`}
      </li>`)}</ul>
    </section>`;
  }
  return { title: text.title, view };
}

function lines(context, result) {
  const { words, language } = context;
  if (!result.lines?.length) return nothing;
  return html`<h2 class="h6">${words.detail.lines}</h2>
    <ul class="lines">${result.lines.map((each) => html`<li>
      <span>${each.reason}</span>
      <span class="money">${amount(each.cents, language)}</span></li>`)}</ul>`;
}

/** What PagoPA's notice says by rule, in the page's language and those of the border regions. */
function law({ words, language }) {
  const main = LAW[language] ?? LAW.it;
  const mainCode = LAW[language] ? language : "it";
  const others = ["it", "de", "sl"].filter((code) => code !== mainCode);
  return html`<section class="law">
    <h2>${words.detail.where}</h2>
    <div lang=${mainCode}>${ways(main)}</div>
    ${others.map((code) => html`<details lang=${code}>
      <summary>${LAW[code].name}</summary>${ways(LAW[code])}</details>`)}
  </section>`;
}

function ways(texts) {
  return html`<dl>
      <dt>${texts.online}</dt><dd>${texts.onlineText}</dd>
      <dt>${texts.local}</dt><dd>${texts.localText}</dd>
    </dl>
    <p>${texts.legal}</p>`;
}
