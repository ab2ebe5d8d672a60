// Who may enter: given and revoked here, each time with a code given lately.

import { html, nothing } from "../../lit.js";
import { isMail } from "../../codes.js";
import { fill } from "../../language.js";
import { makeForm } from "../../parts/form.js";
import * as api from "../api.js";
import { makeDialog } from "../parts/dialog.js";
import { dayOf, done, endOfDay, moment } from "../parts/show.js";
import { table } from "../parts/table.js";
import { makeActs, makeData } from "../parts/work.js";
import { may, session } from "../session.js";

const ROLES = ["operator", "administrator"];

export function open(context) {
  const { words, language } = context;
  const text = words.access;
  const acts = makeActs(context);
  let editing = null; // the grant that is changed
  let change = null;
  const data = makeData(context, async () => {
    const { grants, hint } = await api.grants();
    return { grants: grants.filter((each) => !each.revoked_at), hint };
  });

  const form = makeForm(context, {
    values: { role: "operator" },
    check: ({ mail, role }) => ({
      ...(isMail(mail?.trim() ?? "") ? {} : { mail: words.mailWrong }),
      ...(role ? {} : { role: text.roleMissing }),
    }),
    act: async (typed) => {
      const wanted = { mail: typed.mail.trim(), role: typed.role, pos: Boolean(typed.pos), language };
      if (typed.until) wanted.ends_at = endOfDay(typed.until);
      const given = await api.giveGrant(wanted);
      data.value = {
        ...data.value, grants: [...data.value.grants.filter((each) => each.id !== given.id), given],
      };
      Object.assign(typed, { mail: "", until: "", pos: false });
      acts.said = fill(text.given, { mail: given.mail });
      context.update();
      document.querySelector("h1")?.focus();
    },
  });
  const revocation = makeDialog(context, {
    id: "revoke", yes: text.revoke, text: () => text.revokeText,
    title: (grant) => fill(text.revokeTitle, { name: grant.name || grant.mail }),
    act: async (grant) => {
      await api.revokeGrant(grant.id);
      data.value = { ...data.value, grants: data.value.grants.filter((each) => each.id !== grant.id) };
      acts.said = fill(text.revoked, { name: grant.name || grant.mail });
    },
  });
  // As what, until when, and whether at the terminals.
  function edit(grant) {
    editing = grant;
    acts.said = "";
    change = makeForm(context, {
      values: { "change-role": grant.role, "change-until": dayOf(grant.ends_at), "change-pos": grant.pos },
      check: (typed) => (typed["change-role"] ? {} : { "change-role": text.roleMissing }),
      act: async (typed) => {
        const until = typed["change-until"];
        const changed = await api.changeGrant(grant.id, {
          version: editing.version, role: typed["change-role"], cabinets: grant.cabinets,
          ends_at: until === dayOf(grant.ends_at) ? grant.ends_at ?? "" : until ? endOfDay(until) : "",
          pos: Boolean(typed["change-pos"]),
        }).catch(stale);
        data.value = { ...data.value,
          grants: data.value.grants.map((each) => (each.id === changed.id ? changed : each)) };
        editing = change = null;
        acts.said = fill(text.changed, { name: changed.name || changed.mail });
        context.update();
        document.querySelector("h1")?.focus();
      },
      refused: (error) => {
        const role = ["last_head", "grant_exists", "grant_role"].includes(error.code);
        return error.code === "grant_end" ? { "change-until": words.codes.grant_end }
          : role ? { "change-role": words.codes[error.code] } : {};
      },
    });
    context.update();
    document.getElementById("change")?.focus();
  }
  /** Where somebody else was first, the list shows what it is now; what is typed here stays. */
  async function stale(error) {
    if (error.code === "conflict") {
      const found = await data.load();
      editing = found?.grants.find((each) => each.id === editing.id) ?? editing;
    }
    throw error;
  }
  const close = () => {
    editing = change = null;
    context.update();
    document.querySelector("h1")?.focus();
  };
  const changing = () => html`<form class="box" novalidate @submit=${change.submit} aria-labelledby="change">
    <h2 id="change" tabindex="-1">${fill(text.changeTitle, { name: editing.name || editing.mail })}</h2>
    <p>${text.changeText}</p>
    ${change.summary()}
    ${change.choice("change-role", text.role, ROLES.map((each) => [each, words.roles[each]]))}
    ${change.text("change-until", text.until, { optional: true, type: "date" })}
    ${posTick(change, "change-pos")}
    <p class="buttons">${change.button(text.change)}<button type="button"
      class="btn btn-outline-primary" @click=${close}>${words.no}</button></p></form>`;
  const posTick = (of, name) => html`<div class="tick-row"><input type="checkbox" class="tick-box"
    id=${name} .checked=${Boolean(of.values[name])}
    @change=${(event) => of.set(name, event.target.checked)}><label for=${name}>${text.posText}</label></div>`;

  const invite = (grant) => acts.run(() => api.inviteAgain(grant.id),
    fill(text.invited, { mail: grant.mail }));

  const act = (label, grant, work) => html`<button type="button"
    class="btn btn-outline-primary btn-sm" @click=${() => work(grant)}>${label}<span
    class="visually-hidden"> ${grant.name || grant.mail}</span></button>`;

  const draw = ({ grants, hint }) => html`${table({
    caption: text.title,
    columns: [[text.person], [text.role], [text.until], [text.pos], [text.acts]],
    rows: grants,
    cells: (each) => [
      html`${each.name || each.mail}<small>${each.mail}</small>`,
      words.roles[each.role] ?? each.role, moment(each.ends_at, language) || text.always,
      each.pos ? words.yes : "–",
      may("grants:write") && each.id !== session().grant ? html`<span class="buttons">
        ${act(text.change, each, edit)}${act(text.invite, each, invite)}${act(text.revoke, each, revocation.open)}</span>` : "–",
    ],
  })}
  ${editing ? changing() : nothing}
  ${may("grants:write") ? html`<form class="box" novalidate @submit=${form.submit}
      aria-label=${text.give}>
    <h2>${text.give}</h2>
    <p lang="it">${hint}</p>
    ${form.summary()}
    <div class="filters">
      ${form.text("mail", words.email, { type: "email", most: 254 })}
      ${form.choice("role", text.role, ROLES.map((each) => [each, words.roles[each]]))}
      ${form.text("until", text.until, { optional: true, type: "date" })}
    </div>
    ${posTick(form, "pos")}
    ${form.button(text.give)}
  </form>` : html`<p class="alert alert-info">${words.readOnly}</p>`}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${revocation.view()}`;
  return { title: text.title, view };
}
