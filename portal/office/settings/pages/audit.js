// The activity log: who did or read what, when, from where; each entry chained to the one before.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { grants as grantsOf } from "../../api.js";
import { badge, moment } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import { may, session } from "../../session.js";
import * as calls from "../calls.js";

const FILTERS = ["since", "until", "actor", "action", "what"];
const FREE = { optional: true, unsaid: true };

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settings.audit;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  let head = null;
  const people = makeData(context, async () => {
    const all = may("grants:read") ? (await grantsOf()).grants : [];
    const known = new Map(all.map((each) => [each.user, each.name || each.mail]));
    known.set(session().user, session().name || session().mail);
    return known;
  });
  const list = makeList(context, async (cursor) => {
    const found = await calls.audit({ ...asked, cursor });
    head ??= found.head;
    return { items: [...found.waiting, ...found.entries], cursor: found.cursor };
  });

  const form = makeForm(context, {
    values: { ...asked },
    check: ({ since, until, what }) => ({
      ...(since && until && until < since ? { until: text.daysWrong } : {}),
      ...(/^([a-z_]+(:[A-Za-z0-9_.-]{1,64})?)?$/.test(what?.trim() ?? "") ? {} : { what: text.whatWrong }),
    }),
    act: (typed) => context.go("audit", { ...typed, what: typed.what?.trim() }),
  });

  // ---------------------------------------------------------------- one entry
  const name = ({ kind, id, role, source }) => html`${people.value?.get(id) ?? (text.kinds[kind] ?? kind)}
    <small>${[words.roles[role], source].filter(Boolean).join(" · ")}</small>`;

  const entity = (what) => what.split(":")[0];
  const about = (what) => {
    const [kind, id] = what.split(":");
    return html`${text.entities[kind] ?? kind}${id ? html`<small><a
      href=${context.address("audit", { what })}>${id}</a></small>` : nothing}`;
  };
  const facts = (found) => {
    const all = Object.entries(found).map(([key, value]) => `${text.facts[key] ?? key}: ${
      Array.isArray(value) ? value.join(", ") : value}`);
    return all.length ? all.join(" · ") : "–";
  };

  const rows = (items) => (items.length ? html`${table({
    caption: text.title,
    columns: [[text.at], [text.who], [text.act], [text.what], [text.details], [text.number, "number"]],
    rows: items,
    cells: (each) => [
      moment(each.at, language), name(each.actor),
      html`${text.actions[each.action] ?? each.action}${each.result === "refused"
        ? html` ${badge({ failed: text.refused }, "failed")}` : nothing}`,
      about(each.what), facts(each.facts), each.n ?? text.waiting,
    ],
  })}${more(words, list)}` : html`<p>${text.none}</p>${more(words, list)}`);

  /** Entries that follow each other are held together by their hashes: what is shown can be seen to. */
  const isWhole = (items) => items.every((each, at) => {
    const before = items[at + 1];
    return !each.n || !before?.n || before.n !== each.n - 1 || each.previous === before.hash;
  });
  const chain = () => (head?.n ? html`<section class="box" aria-labelledby="chain">
    <h2 id="chain">${text.chain}</h2><p>${text.chainText}</p>
    ${isWhole(list.items ?? []) ? nothing : html`<p class="alert alert-danger" role="alert">${text.broken}</p>`}
    <p>${fill(text.head, { n: head.n })}<br><span class="secret">${head.hash}</span></p></section>` : nothing);

  const choices = (of) => Object.entries(of).sort(([, one], [, other]) => one.localeCompare(other, language));
  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    <form class="box" novalidate role="search" @submit=${form.submit} aria-label=${words.filter}>
      ${form.summary()}
      <div class="filters">
        ${form.text("since", text.since, { ...FREE, type: "date" })}
        ${form.text("until", text.until, { ...FREE, type: "date" })}
        ${form.choice("actor", text.who, [...(people.value ?? [])], { ...FREE, none: text.anybody })}
        ${form.choice("action", text.act, choices(text.actions), { ...FREE, none: text.anything })}
      </div>
      ${form.text("what", text.what, { ...FREE, most: 100, hint: text.whatHint })}
      <p class="buttons">${form.button(words.find)}
        ${FILTERS.some((each) => asked[each]) ? html`<a class="btn btn-outline-primary"
          href=${context.address("audit")}>${words.clear}</a>` : nothing}</p>
    </form>
    ${asked.what ? html`<p class="hint">${fill(text.only, {
      name: text.entities[entity(asked.what)] ?? asked.what })}</p>` : nothing}
    ${list.view(rows)}${chain()}`;
  return { title: text.title, view };
}
