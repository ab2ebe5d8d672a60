// One's own: where one works, the password, new recovery codes, the way out.

import { html, nothing } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { codesShown } from "../parts/factor.js";
import { done } from "../parts/show.js";
import { makeActs } from "../parts/work.js";
import { forget, session } from "../session.js";

export function open(context) {
  const { words } = context;
  const text = words.account;
  const acts = makeActs(context);
  const who = session();
  let codes = null;
  let said = "";

  const password = makeForm(context, {
    check: ({ present, fresh }) => ({
      ...(present ? {} : { present: words.login.passwordMissing }),
      ...(fresh ? {} : { fresh: words.login.passwordMissing }),
    }),
    act: async (typed) => {
      said = "";
      await api.changePassword(typed.present, typed.fresh);
      Object.assign(typed, { present: "", fresh: "" });
      said = text.changed;
      context.update();
    },
  });

  const leave = () => acts.run(async () => {
    await api.logOut();
    forget();
    await context.go("home");
  });
  const renew = () => acts.run(async () => {
    codes = await api.renewCodes();
    context.update();
    document.getElementById("codes")?.focus();
  });
  const work = (grant) => acts.run(async () => {
    await api.switchTo(grant.tenant, grant.grant);
    await context.go("home");
  });

  const place = (grant) => {
    const isHere = grant.tenant === who.tenant && grant.grant === who.grant;
    return html`<li class="sheet"><div><p class="creditor">${grant.tenant}</p>
      <p class="hint">${words.roles[grant.role] ?? grant.role}</p></div>
      ${isHere ? html`<p>${text.here}</p>` : html`<button type="button"
        class="btn btn-outline-primary btn-sm" @click=${() => work(grant)}>${text.work}<span
        class="visually-hidden"> ${grant.tenant}</span></button>`}</li>`;
  };

  const view = () => html`<div class="title-row"><h1 tabindex="-1">${text.title}</h1>
      <button type="button" class="btn btn-outline-primary" @click=${leave}>${text.leave}</button></div>
    <p>${who.name} · ${who.mail}</p>
    ${acts.problem()}
    <h2>${text.places}</h2>
    ${who.tenant ? nothing : html`<p>${text.choose}</p>`}
    ${who.grants.length ? html`<ul class="items">${who.grants.map(place)}</ul>`
      : html`<p>${text.none}</p>`}
    <h2>${text.password}</h2>
    ${done(said)}
    <form class="narrow" novalidate @submit=${password.submit} aria-label=${text.password}>
      ${password.summary()}
      ${password.text("present", text.present, {
        type: "password", autocomplete: "current-password",
      })}
      ${password.text("fresh", words.password.fresh, {
        type: "password", autocomplete: "new-password",
      })}
      ${password.button(text.change)}
    </form>
    ${who.second_factor ? html`<h2 id="codes" tabindex="-1">${words.factor.codes}</h2>
      ${codes ? codesShown(words, codes) : html`<p>${text.codesText}</p>
        <p><button type="button" class="btn btn-outline-primary" @click=${renew}>${text.renew}</button></p>`}` : nothing}`;
  return { title: text.title, view };
}
