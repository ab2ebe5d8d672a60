// Up to five notices that are paid at once.

import { html, nothing } from "../lit.js";
import * as cart from "../cart.js";
import { isMail } from "../codes.js";
import { amount, day } from "../format.js";
import { fill } from "../language.js";
import { leaveToPay } from "../parts/checkout.js";
import { icon } from "../parts/icon.js";
import { makeForm } from "../parts/form.js";
import { number } from "../parts/notice.js";

export function open(context) {
  const { words, language } = context;
  const text = words.cart;
  const form = makeForm(context, {
    check: ({ email }) => (email && !isMail(email) ? { email: words.mailWrong } : {}),
    act: ({ email }) => leaveToPay(cart.items().map((each) => each.key), language, email),
  });

  function takeOut(item) {
    cart.remove(item.notice);
    context.update();
    context.announce(fill(text.removed, { notice: item.notice }));
    document.querySelector("h1")?.focus();
  }

  const one = (item) => html`<li class="sheet">
    <div>
      <p class="creditor">${item.creditor}</p>
      ${item.subject ? html`<p>${item.subject}</p>` : nothing}
      <p>${words.noticeNumber} ${number(item.notice)}</p>
      ${item.due ? html`<p class="hint">${words.by} ${day(item.due, language)}</p>` : nothing}
    </div>
    <p class="money"><strong>${amount(item.cents, language)}</strong></p>
    <button type="button" class="btn btn-link btn-sm" @click=${() => takeOut(item)}>
      ${icon("delete", "icon-sm icon-primary")} ${text.remove}<span class="visually-hidden">
      ${item.notice}</span></button>
  </li>`;

  function view() {
    const items = cart.items();
    if (!items.length) {
      return html`<h1 tabindex="-1">${text.title}</h1><p>${text.empty}</p>
        <p><a class="btn btn-primary" href=${context.address("search")}>${words.search.find}</a></p>`;
    }
    return html`<h1 tabindex="-1">${text.title}</h1>
      <div class="columns">
        <div>
          <ul class="items">${items.map(one)}</ul>
          <p>${cart.isFull() ? fill(text.full, { n: cart.NOTICES_MAX }) : html`<a
            href=${context.address("search")}>${text.more}</a>`}</p>
        </div>
        <form class="actions" novalidate @submit=${form.submit} aria-label=${text.title}>
          ${form.summary()}
          <p class="sum"><span>${fill(items.length === 1 ? text.totalOne : text.total,
            { n: items.length })}</span>
            <strong>${amount(cart.total(), language)}</strong></p>
          ${form.text("email", words.email, {
            hint: text.emailHint, optional: true, type: "email", autocomplete: "email", most: 254,
          })}
          ${form.button(words.detail.pay, icon("card", "icon-sm icon-white"))}
          <p class="hint">${words.detail.payHint}</p>
        </form>
      </div>`;
  }
  return { title: text.title, view };
}
