// The accounts that mail goes out by: their servers, their passwords (written, never shown), and a
// test mail whose answer is the server's own.

import { html, nothing } from "../../lit.js";
import { isMail } from "../../codes.js";
import { fill } from "../../language.js";
import { icon } from "../../parts/icon.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { makeDialog } from "../parts/dialog.js";
import { done } from "../parts/show.js";
import { makeData } from "../parts/work.js";
import { may, session } from "../session.js";

const FRESH = { kind: "mail", port: "465", security: "tls", perMinute: "0", perHour: "0", version: 0 };

export function open(context) {
  const { words } = context;
  const text = words.mail;
  let editing = null; // the code of an account, "" for a new one
  let form = null;
  let trial = null;
  let said = "";
  const data = makeData(context, api.mailAccounts);

  function edit(account) {
    editing = account?.code ?? "";
    said = "";
    trial = null;
    const values = account ? {
      ...account, port: String(account.port), perMinute: String(account.per_minute),
      perHour: String(account.per_hour), fromName: account.from_name, password: "",
    } : { ...FRESH };
    form = makeForm(context, { values, check, act: save, refused });
    context.update();
    document.getElementById("editor")?.focus();
  }

  function check(typed) {
    const whole = (name, most) => (/^\d{1,6}$/.test(typed[name]) && Number(typed[name]) <= most
      ? {} : { [name]: text.numberWrong });
    return {
      ...(editing || /^[a-z0-9][a-z0-9_-]{0,39}$/.test(typed.code ?? "") ? {} : { code: text.codeWrong }),
      ...(isMail(typed.address ?? "") ? {} : { address: words.mailWrong }),
      ...(typed.host?.trim() ? {} : { host: text.hostMissing }),
      ...whole("port", 65_535), ...whole("perMinute", 6_000), ...whole("perHour", 100_000),
    };
  }

  async function save(typed) {
    const code = editing || typed.code;
    const wanted = {
      kind: typed.kind, address: typed.address, from_name: typed.fromName ?? "",
      host: typed.host.trim(), port: Number(typed.port), security: typed.security,
      user: typed.user ?? "", per_minute: Number(typed.perMinute), per_hour: Number(typed.perHour),
      version: typed.version,
    };
    // Left empty it stays what it is; nobody can read it back.
    if (typed.password) wanted.password = typed.password;
    const kept = await api.saveMailAccount(code, wanted);
    data.value = [...data.value.filter((each) => each.code !== code), kept]
      .sort((one, other) => one.code.localeCompare(other.code));
    editing = form = null;
    said = fill(text.saved, { code });
    context.update();
    document.querySelector("h1")?.focus();
  }

  const refused = (error) => ({
    account_password_needed: { password: words.codes.account_password_needed },
    account_code_malformed: { code: text.codeWrong },
    account_host_malformed: { host: words.codes.account_host_malformed },
    account_port: { port: words.codes.account_port },
    account_address_malformed: { address: words.mailWrong },
  })[error.code] ?? {};

  const removal = makeDialog(context, {
    id: "remove", yes: text.remove, text: () => text.removeText,
    title: (account) => fill(text.removeTitle, { code: account.code }),
    act: async (account) => {
      await api.removeMailAccount(account.code);
      data.value = data.value.filter((each) => each !== account);
      said = fill(text.removed, { code: account.code });
    },
  });

  // ---------------------------------------------------------------- the test mail
  function tryOut(account) {
    editing = null;
    trial = { account, answer: null };
    trial.form = makeForm(context, {
      values: { to: session().mail },
      check: ({ to }) => (isMail(to?.trim() ?? "") ? {} : { to: words.mailWrong }),
      act: async ({ to }) => {
        trial.answer = null;
        trial.answer = await api.tryMailAccount(account.code, to.trim());
        context.update();
        document.getElementById("answer")?.focus();
      },
    });
    context.update();
    document.getElementById("trial")?.focus();
  }

  const answer = ({ taken, code, words: server }) => html`<div tabindex="-1" id="answer"
      class="alert ${taken ? "alert-success" : "alert-danger"}" role=${taken ? "status" : "alert"}>
    <p>${taken ? text.taken : text.refused}
      ${!taken && text.failures[code] ? text.failures[code] : nothing}</p>
    <p>${text.server}</p><p class="said">${server || "–"}</p></div>`;

  const trialView = () => html`<section class="box" aria-labelledby="trial">
    <h2 id="trial" tabindex="-1">${fill(text.trialTitle, { code: trial.account.code })}</h2>
    <form novalidate @submit=${trial.form.submit} aria-label=${text.trial}>
      ${trial.form.summary()}
      ${trial.form.text("to", text.trialTo, { type: "email", most: 254, hint: text.trialHint })}
      ${trial.form.button(text.send)}
    </form>
    ${trial.answer ? answer(trial.answer) : nothing}</section>`;

  // ---------------------------------------------------------------- one account
  const editor = () => html`<section class="box" aria-labelledby="editor">
    <h2 id="editor" tabindex="-1">${editing || text.add}</h2>
    <form novalidate @submit=${form.submit} aria-label=${text.title}>
      ${form.summary()}
      ${editing ? nothing : form.text("code", text.code, { hint: text.codeHint, most: 40 })}
      <div class="filters">
        ${form.choice("kind", text.kind, Object.entries(text.kinds))}
        ${form.text("address", text.address, { type: "email", most: 254 })}
        ${form.text("fromName", text.fromName, { optional: true, most: 100 })}
        ${form.text("host", text.host, { most: 253 })}
        ${form.choice("security", text.security, Object.entries(text.securities))}
        ${form.text("port", text.port, { inputmode: "numeric", most: 5 })}
        ${form.text("user", text.user, { optional: true, most: 254 })}
        ${form.text("password", words.login.password, {
          type: "password", autocomplete: "new-password", optional: true, most: 256,
          hint: form.values.password_set ? text.passwordSet : text.passwordHint,
        })}
        ${form.text("perMinute", text.perMinute, { inputmode: "numeric", most: 4, hint: text.noLimit })}
        ${form.text("perHour", text.perHour, { inputmode: "numeric", most: 6, hint: text.noLimit })}
      </div>
      <p class="buttons">${form.button(text.save)}
        <button type="button" class="btn btn-outline-primary" @click=${close}>${words.no}</button></p>
    </form></section>`;

  function close() {
    editing = form = null;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const one = (account) => html`<li class="sheet"><div>
      <p class="creditor">${account.code} <span class="hint">${text.kinds[account.kind]}</span></p>
      <p>${account.address}</p>
      <p class="hint">${account.host}:${account.port} · ${text.securities[account.security]} ·
        ${account.password_set ? text.passwordIs : text.passwordIsNot}</p>
      ${account.warnings.map((each) => html`<p class="hint">${icon("info-circle", "icon-sm")}
        ${text.warnings[each.code] ?? each.text}</p>`)}
    </div>
    ${may("body:write") ? html`<p class="buttons">
      ${act(text.trial, account, tryOut)}${act(text.edit, account, edit)}
      ${act(text.remove, account, removal.open)}</p>` : nothing}</li>`;
  const act = (label, account, work) => html`<button type="button"
    class="btn btn-outline-primary btn-sm" @click=${() => work(account)}>${label}<span
    class="visually-hidden"> ${account.code}</span></button>`;

  const draw = (accounts) => html`
    ${accounts.length ? html`<ul class="items">${accounts.map(one)}</ul>` : html`<p>${text.none}</p>`}
    ${may("body:write") && editing === null ? html`<p><button type="button" class="btn btn-primary"
      @click=${() => edit(null)}>${icon("plus-circle", "icon-sm icon-white")} ${text.add}</button></p>`
      : nothing}
    ${editing !== null ? editor() : nothing}${trial ? trialView() : nothing}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}${data.view(draw)}${removal.view()}`;
  return { title: text.title, view };
}
