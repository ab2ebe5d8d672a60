// One flow: its list, thinned out by hand (several rows, then the Del key), what is asked once it is
// final, and the positions made of it.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import { icon } from "../../parts/icon.js";
import { facts } from "../../parts/notice.js";
import * as api from "../api.js";
import { ruleWords } from "../parts/amounts.js";
import { makeDialog } from "../parts/dialog.js";
import { makeParameters } from "../parts/parameters.js";
import { badge, count, done, moment, progress, shortDay } from "../parts/show.js";
import { more, table } from "../parts/table.js";
import { makeData, makeList, watch } from "../parts/work.js";
import { may } from "../session.js";

const PAGE = 100;
const OVER = new Set(["listed", "generated", "failed"]);
const TYPING = "textarea, select, dialog, input:not([type=checkbox])";

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.flow;
  const id = parameters.get("id") ?? "";
  const chosen = new Set();
  let list = null;
  let last = -1; // the row chosen last, from which Shift goes on
  let said = "";

  const data = makeData(context, async () => {
    const flow = await api.flowOf(id);
    if (flow.state === "listed" && !list) list = makeList(context, page);
    return flow;
  });
  const watching = watch(context, data, (flow) => OVER.has(flow.state),
    (flow) => context.announce(words.flows.states[flow.state]));

  async function page(cursor) {
    const from = Number(cursor || 0);
    const dues = await api.flowDues(id, from, PAGE);
    return { items: dues, cursor: dues.length === PAGE ? String(from + PAGE) : null };
  }

  const isOpen = () => data.value?.state === "listed" && may("body:write");
  const parametersForm = makeParameters(context, async (given) => {
    data.value = await api.generate(id, given);
    chosen.clear();
    said = "";
    watching.begin();
    context.update();
    document.querySelector("h1")?.focus();
  }, (dated) => api.previewOf(id, dated));

  // ---------------------------------------------------------------- taking dues off the list
  const exclusion = makeDialog(context, {
    id: "exclude", yes: text.exclude,
    title: (dues) => (dues.length === 1 ? text.excludeOne : fill(text.excludeTitle,
      { n: count(dues.length, language) })),
    text: () => text.excludeText,
    act: async (dues) => {
      data.value = await api.exclude(id, dues);
      const gone = new Set(dues);
      list.items = list.items.filter((each) => !gone.has(each.id));
      // What is behind has moved up by as many.
      if (list.cursor) list.cursor = String(Number(list.cursor) - dues.length);
      chosen.clear();
      last = -1;
      said = dues.length === 1 ? text.excludedOne : fill(text.excluded,
        { n: count(dues.length, language) });
    },
    back: () => document.querySelector("tbody .tick-box") ?? document.getElementById("list"),
  });

  function ask() {
    if (chosen.size) return exclusion.open([...chosen]);
    said = "";
    context.announce(text.chooseFirst);
  }

  function pressed(event) {
    if (!isOpen() || exclusion.isOpen() || event.target.closest?.(TYPING)) return;
    if (event.key === "Delete") {
      event.preventDefault();
      ask();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key)) {
      const boxes = [...document.querySelectorAll("tbody .tick-box")];
      const at = boxes.indexOf(event.target);
      if (at < 0) return;
      event.preventDefault();
      boxes[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  }
  document.addEventListener("keydown", pressed);

  function toggle(row, event) {
    const at = list.items.indexOf(row);
    const wanted = !chosen.has(row.id);
    const from = event.shiftKey && last >= 0 ? Math.min(at, last) : at;
    const until = event.shiftKey && last >= 0 ? Math.max(at, last) : at;
    for (const each of list.items.slice(from, until + 1)) {
      if (wanted) chosen.add(each.id);
      else chosen.delete(each.id);
    }
    last = at;
    tell();
  }
  function toggleAll() {
    if (chosen.size === list.items.length) chosen.clear();
    else list.items.forEach((each) => chosen.add(each.id));
    tell();
  }
  function tell() {
    said = "";
    context.announce(chosen.size === 1 ? text.chosenOne : fill(text.chosen,
      { n: count(chosen.size, language) }));
    context.update();
  }

  const rows = (items) => (items.length ? html`
    ${isOpen() ? html`<p>${text.how}</p><p class="buttons"><button type="button"
      class="btn btn-outline-primary" @click=${ask} aria-disabled=${chosen.size ? nothing : "true"}
      aria-keyshortcuts="Delete">${icon("delete", "icon-sm icon-primary")} ${text.excludeButton}</button>
      <span>${chosen.size === 1 ? text.chosenOne : fill(text.chosen,
        { n: count(chosen.size, language) })}</span></p>` : nothing}
    ${table({
      caption: text.list,
      columns: [[words.positions.debtor], [text.reason], [words.position.year], [words.due],
        [words.amount, "number"]],
      rows: items,
      select: isOpen() ? {
        name: text.chooseAll, all: chosen.size === items.length, toggleAll, toggle,
        has: (each) => chosen.has(each.id),
        label: (each) => fill(text.choose, { name: each.name, reason: each.reason }),
      } : null,
      cells: (each) => [html`${each.name}<small>${each.tax_code}</small>`, each.reason, each.year,
        shortDay(each.due, language) || "–", amount(each.cents, language)],
    })}${more(words, list)}` : html`<p>${text.empty}</p>`);

  // ---------------------------------------------------------------- the flow
  const draw = (flow) => html`
    <p>${badge(words.flows.states, flow.state)}</p>
    ${flow.state === "listing" ? html`<p class="waiting"><span class="spinner" aria-hidden="true">
      </span> ${text.listing}</p>` : nothing}
    ${flow.state === "generating" ? progress(fill(text.generating, {
      done: count(flow.done, language), groups: count(flow.groups, language),
    }), flow.done, flow.groups) : nothing}
    ${flow.state === "failed" ? html`<p class="alert alert-danger" role="alert">
      ${words.codes[flow.code] ?? fill(words.codes.other, { code: flow.code })}</p>` : nothing}
    <section class="sheet" aria-label=${text.counts}>${facts([
      [words.flows.dues, count(flow.dues, language)],
      [words.flows.persons, count(flow.persons, language)],
      [words.amount, amount(flow.cents, language)],
      [text.off, flow.excluded ? count(flow.excluded, language) : ""],
      [words.flows.positions, flow.state === "generated" ? count(flow.made, language) : ""],
      [words.dues.at, moment(flow.created_at, language)],
    ])}${rulesOf(flow.parameters)}</section>
    ${flow.state === "generated" ? html`<p class="alert alert-success" role="status">${text.generated}</p>
      <p class="buttons">
        <a class="btn btn-primary" href=${context.address("deliveries", { flow: id })}>${text.deliver}</a>
        <a class="btn btn-outline-primary" href=${context.address("positions", { flow: id })}
          >${words.positions.title}</a></p>` : nothing}
    ${flow.state === "listed" ? html`
      <h2 id="list" tabindex="-1">${text.list}</h2>
      ${done(said)}
      ${list.view(rows)}
      ${isOpen() && flow.dues ? parametersForm.view(flow) : nothing}` : nothing}`;

  /** The dated changes that its positions were made with. */
  function rulesOf({ changes = [], late_fee_cents: cents, late_fee_days: days }) {
    const fee = { kind: "late_fee", reason: words.changes.fee, cents, days };
    const all = [...(cents ? [fee] : []), ...changes.map((each) => ({
      ...each, percent: each.rate * 100, yearly_percent: each.yearly_rate * 100 }))];
    return all.length ? html`<h2>${words.changes.title}</h2><ul>${all.map((each) => html`<li>
      ${ruleWords(context, each)}</li>`)}</ul>` : nothing;
  }

  const view = () => html`<p><a href=${context.address("flows")}>${words.flows.title}</a></p>
    <h1 tabindex="-1">${data.value?.parameters.description || text.title}</h1>
    ${data.view(draw)}${exclusion.view()}`;
  const leave = () => {
    document.removeEventListener("keydown", pressed);
    watching.leave();
  };
  return { title: text.title, view, leave };
}
