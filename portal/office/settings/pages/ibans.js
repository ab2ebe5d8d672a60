// Where the money comes in: the accounts at banks and at Poste, and which services use which.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { makeDialog } from "../../parts/dialog.js";
import { done } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { small } from "../parts/fields.js";
import { cleanIban, groupedIban, isIban, isPostal, postalNumber } from "../parts/iban.js";
import { refusalOf } from "../parts/refusal.js";

export function open(context) {
  const { words } = context;
  const text = words.settings.ibans;
  let said = "";
  let editing = null; // the account that is changed, {} for a new one
  let form = null;
  let postal = null;
  const data = makeData(context, async () => {
    const [body, services] = await Promise.all([calls.body(), calls.services()]);
    return { body, services };
  });

  /** The whole setting goes back with what is other of it. */
  async function keep(changed, what) {
    const body = await calls.saveBody({ ...data.value.body, ...changed });
    data.value = { ...data.value, body };
    editing = form = postal = null;
    said = what;
    context.update();
    document.querySelector("h1")?.focus();
  }

  // ---------------------------------------------------------------- an account
  function edit(account) {
    editing = account;
    postal = null;
    said = "";
    const { accounts } = data.value.body;
    form = makeForm(context, {
      values: { ...account, holder: account.holder ?? data.value.body.name },
      check: ({ iban, holder }) => ({
        ...(isIban(cleanIban(iban ?? "")) ? {} : { iban: words.codes.iban_malformed }),
        ...(holder?.trim() ? {} : { holder: words.settings.missing }),
        ...(!editing.iban && accounts.some((each) => each.iban === cleanIban(iban ?? ""))
          ? { iban: words.codes.iban_repeated } : {}),
      }),
      act: ({ iban, holder }) => {
        const one = { iban: cleanIban(iban), holder: holder.trim() };
        return keep({ accounts: editing.iban
          ? accounts.map((each) => (each.iban === editing.iban ? one : each))
          : [...accounts, one] }, text.saved);
      },
      refused: refusalOf(words, { iban_malformed: "iban", iban_check: "iban", iban_repeated: "iban" }),
    });
    context.update();
    document.getElementById("editor")?.focus();
  }

  const removal = makeDialog(context, {
    id: "remove", yes: words.settings.remove, text: () => text.removeText,
    title: (account) => fill(text.removeTitle, { iban: groupedIban(account.iban) }),
    act: (account) => keep({
      accounts: data.value.body.accounts.filter((each) => each !== account),
    }, text.removed),
  });

  // ---------------------------------------------------------------- slips of Poste
  function editPostal() {
    editing = null;
    said = "";
    const { postal: present, accounts } = data.value.body;
    const first = accounts.find((each) => isPostal(each.iban));
    postal = makeForm(context, {
      values: present ? { ...present, account: present.account.replace(/^0+/, "") } : {
        account: postalNumber(first.iban), holder: first.holder, authorisation: "" },
      check: ({ account, holder, authorisation }) => ({
        ...(account ? {} : { account: words.settings.missing }),
        ...(holder?.trim() ? {} : { holder: words.settings.missing }),
        ...(authorisation?.trim() ? {} : { authorisation: words.settings.missing }),
      }),
      act: ({ account, holder, authorisation }) => keep({ postal: {
        account, holder: holder.trim(), authorisation: authorisation.trim() } }, text.postalSaved),
      refused: refusalOf(words, { postal_account_malformed: "account", postal_iban_missing: "account" }),
    });
    context.update();
    document.getElementById("postal-editor")?.focus();
  }
  const drop = makeDialog(context, {
    id: "drop-postal", title: () => text.dropTitle, text: () => text.dropText,
    yes: words.settings.remove, act: () => keep({ postal: null }, text.dropped),
  });
  function close() {
    editing = form = postal = null;
    context.update();
    document.querySelector("h1")?.focus();
  }
  const back = () => html`<button type="button" class="btn btn-outline-primary" @click=${close}
    >${words.no}</button>`;

  const slips = ({ body }) => {
    const there = body.accounts.filter((each) => isPostal(each.iban));
    return html`<h2>${text.postal}</h2>
      ${body.postal ? facts([[text.postalAccount, body.postal.account], [text.holder, body.postal.holder],
        [text.authorisation, body.postal.authorisation]])
        : html`<p>${there.length ? text.noPostal : text.noPostalAccount}</p>`}
      ${may("body:write") && there.length && !postal ? html`<p class="buttons">
        <button type="button" class="btn btn-outline-primary" @click=${editPostal}>${body.postal
          ? text.postalEdit : text.postalAdd}</button>
        ${body.postal ? html`<button type="button" class="btn btn-outline-primary"
          @click=${() => drop.open("postal")}>${text.postalDrop}</button>` : nothing}</p>` : nothing}
      ${postal ? html`<form class="box" novalidate @submit=${postal.submit} aria-label=${text.postal}>
        <h3 id="postal-editor" tabindex="-1">${text.postalAdd}</h3>
        ${postal.summary()}
        <div class="filters">
          ${postal.choice("account", text.postalAccount, there.map((each) => [
            postalNumber(each.iban), postalNumber(each.iban)]))}
          ${postal.text("holder", text.holder, { most: 50 })}
          ${postal.text("authorisation", text.authorisation, { most: 60, hint: text.authorisationHint })}
        </div>
        <p class="buttons">${postal.button(words.settings.save)}${back()}</p></form>` : nothing}`;
  };

  const users = (services, iban) => services.filter((each) => each.iban === iban);
  const draw = ({ body, services }) => (body ? html`${table({
    caption: text.title,
    columns: [[text.iban], [text.where], [text.services], ...(may("body:write") ? [[text.acts]] : [])],
    rows: body.accounts,
    cells: (each) => {
      const used = users(services, each.iban);
      return [
        html`<span class="number">${groupedIban(each.iban)}</span><small>${each.holder}</small>`,
        isPostal(each.iban) ? text.atPoste : text.atBank,
        used.length ? html`<ul class="plain">${used.map((one) => html`<li><a
          href=${context.address("service", { id: one.code })}>${one.subject}</a>${one.active ? nothing
          : html` <small>${words.settings.services.retired}</small>`}</li>`)}</ul>` : text.unused,
        ...(may("body:write") ? [html`<span class="buttons">
          ${small(words.settings.edit, groupedIban(each.iban), () => edit(each))}
          ${used.some((one) => one.active) || body.accounts.length === 1 ? nothing
            : small(words.settings.remove, groupedIban(each.iban), () => removal.open(each))}</span>`] : []),
      ];
    },
  })}
  ${may("body:write") && !editing ? html`<p><button type="button" class="btn btn-primary"
    @click=${() => edit({})}>${text.add}</button></p>` : nothing}
  ${editing ? html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.account}>
    <h2 id="editor" tabindex="-1">${editing.iban ? groupedIban(editing.iban) : text.add}</h2>
    ${form.summary()}
    <div class="filters">
      ${editing.iban ? nothing : form.text("iban", text.iban, {
        capitals: true, most: 42, hint: text.ibanHint })}
      ${form.text("holder", text.holder, { most: 50, hint: text.holderHint })}
    </div>
    <p class="buttons">${form.button(words.settings.save)}${back()}</p></form>` : nothing}
  ${slips({ body })}` : html`<p>${words.settings.noBody}
    <a href=${context.address("body")}>${words.menuOf.body}</a></p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${may("body:write") ? nothing : html`<p class="alert alert-info">${words.readOnly}</p>`}
    ${done(said)}${data.view(draw)}${removal.view()}${drop.view()}`;
  return { title: text.title, view };
}
