// "Rendicontazioni Riscossioni", flow by flow: what PSPs say they have settled, and whether receipts
// and bank agree.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { makeForm } from "../../../parts/form.js";
import { badge, count } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeLooking } from "../parts/looking.js";
import { makeSetting } from "../parts/setting.js";
import { dayIn, shareOf, shortChecks } from "../parts/tell.js";
import { makeUpload } from "../parts/upload.js";
import { views } from "../parts/views.js";

const FILTERS = ["since", "until", "banked_from", "banked_until", "flow_id", "psp", "desk"];

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settlements.settlements;
  const asked = Object.fromEntries(FILTERS.map((each) => [each, parameters.get(each) ?? ""]));
  const list = makeList(context, async (cursor) => {
    const found = await calls.settlements({ ...asked, cursor });
    return { items: found.flows, cursor: found.cursor };
  });
  const sums = makeData(context,
    () => calls.summary({ since: asked.since, until: asked.until }));
  const looking = makeLooking(context, () => list.load());
  const setting = may("body:write") ? makeSetting(context, looking.setting) : null;
  const upload = may("body:write") ? makeUpload(context, () => list.load()) : null;
  const form = makeForm(context, {
    values: { ...asked }, check: () => ({}),
    act: (typed) => context.go("settlements",
      { ...typed, flow_id: typed.flow_id?.trim(), psp: typed.psp?.trim() }),
  });

  const standing = (found) => {
    const share = shareOf(found);
    const money = found.money;
    return html`<p class="hint">${asked.since || asked.until ? text.ofPeriod : text.ofDays}</p>
      <ul class="numbers">
        <li>${text.settled}<strong>${amount(found.settled_cents, language)}</strong>
          ${text.flows}: ${count(found.flows, language)}</li>
        <li>${text.matched}<strong>${share === null ? "–" : `${share}%`}</strong>
          ${amount(found.matched_cents, language)}</li>
        <li>${text.toPost}<strong>${amount(money.open, language)}</strong>${text.inAll}</li>
        <li>${text.anomalous}<strong>${amount(money.anomalous, language)}</strong>
          <a href=${context.address("anomalies")}>${words.menuOf.anomalies}</a></li>
      </ul>`;
  };

  const rows = (items) => (items.length ? html`${table({
    caption: text.title,
    columns: [[text.flow], [text.settledOn], [words.amount, "number"], [text.lines, "number"],
      [text.banked, "number"], [words.state], [text.checks]],
    rows: items,
    cells: (each) => [
      html`<a class="id" href=${context.address("settlement", { id: each.id })}
        >${each.flow_id}</a><small>${each.psp}</small>`,
      dayIn(each.settled, language), amount(each.cents, language), count(each.lines, language),
      each.bank_day ? html`${amount(each.bank_cents, language)}<small>
        ${dayIn(each.bank_day, language)}</small>` : "–",
      html`${badge(text.states, each.state)}<small>${text.desks[each.desk]}</small>`,
      shortChecks(context, each),
    ],
  })}${more(words, list)}` : html`<p>${FILTERS.some((each) => asked[each]) ? text.noneSuch : text.none}</p>
    ${more(words, list)}`);

  const free = { optional: true, unsaid: true };
  const filters = () => html`<form class="box" novalidate @submit=${form.submit}
      aria-label=${words.filter}>
    ${form.summary()}
    <div class="filters">
      ${form.text("since", text.since, { ...free, type: "date" })}
      ${form.text("until", text.until, { ...free, type: "date" })}
      ${form.text("banked_from", text.bankedFrom, { ...free, type: "date" })}
      ${form.text("banked_until", text.bankedUntil, { ...free, type: "date" })}
      ${form.text("flow_id", text.flowId, { ...free, most: 70 })}
      ${form.text("psp", text.psp, { ...free, most: 35 })}
      ${form.choice("desk", words.state, Object.entries(text.desks),
        { ...free, none: words.positions.allStates })}
    </div>
    <p class="hint">${text.byPerson} <a href=${context.address("collections")}
      >${words.settlements.views.collections}</a>.</p>
    <p class="buttons">${form.button(words.find)}
      ${FILTERS.some((each) => asked[each]) ? html`<a class="btn btn-outline-primary"
        href=${context.address("settlements")}>${words.clear}</a>` : nothing}</p>
  </form>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${looking.view()}
    ${sums.view(standing)}
    ${views(context, "settlements")}
    ${filters()}
    ${list.view(rows)}
    ${upload ? html`${upload.view()}${setting.view()}` : html`<p class="alert alert-info">${words.readOnly}</p>`}`;
  return { title: text.title, view, leave: upload?.leave };
}
