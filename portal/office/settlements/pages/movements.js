// One statement: what was read and what was left aside, and of which flow each movement is.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { badge, count, done, moment } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeData, makeList, watch } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeLinking } from "../parts/linking.js";
import { deeds, movementsTable } from "../parts/movements.js";

const OVER = new Set(["read", "awaited", "failed"]);
const OUTCOMES = ["exact", "prefix", "single", "linked", "proposed", "none", "aside"];

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settlements.movements;
  const statement = words.settlements.statement;
  const id = parameters.get("id") ?? "";
  const onlyOpen = parameters.get("only") === "open";
  let said = "";
  const data = makeData(context, () => calls.statementOf(id));
  const list = makeList(context, async (cursor) => {
    const found = await calls.movements({ statement: id, open: onlyOpen || "", cursor });
    return { items: found.movements, cursor: found.cursor };
  });
  const watching = watch(context, data, (one) => OVER.has(one.state), (one) => {
    context.announce(statement.states[one.state]);
    list.load();
  });
  const linking = makeLinking(context, (told) => {
    said = told;
    data.load();
    list.load();
  });

  // ---------------------------------------------------------------- read by other columns
  const layouts = may("body:write") ? makeData(context, calls.columns) : null;
  const again = makeForm(context, {
    check: ({ layout }) => (layout ? {} : { layout: text.layoutMissing }),
    act: async ({ layout }) => {
      data.value = await calls.readStatement(id, layout);
      watching.begin();
    },
  });
  const readAgain = (columns) => (columns.length ? html`<form class="box" novalidate
      @submit=${again.submit} aria-label=${text.again}>
    <h2>${text.again}</h2>
    ${again.summary()}
    ${again.choice("layout", statement.layout, columns.map((each) => [each.name,
      `${each.name} – ${each.account}`]))}
    ${again.button(text.again)}
  </form>` : html`<p><a class="btn btn-primary" href=${context.address("statement")}
    >${text.sayColumns}</a></p>`);

  // ---------------------------------------------------------------- what became of it
  const outcomes = (one) => {
    const found = OUTCOMES.filter((each) => one.outcomes?.[each]);
    return found.length ? html`<h2>${text.identified}</h2><ul class="numbers">${found.map((each) => html`<li>
      ${text.outcomes[each]}<strong>${count(one.outcomes[each], language)}</strong>
      ${text.meanings[each]}</li>`)}</ul>` : nothing;
  };

  const left = (one) => Object.entries(text.left)
    .map(([name, label]) => [label, one.counts[name] ? count(one.counts[name], language) : ""]);

  const draw = (one) => html`
    <p>${badge(statement.states, one.state)}</p>
    ${one.state === "reading" ? html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>
      ${text.reading}</p>` : nothing}
    ${one.code ? html`<p class="alert alert-danger" role="alert">
      ${words.codes[one.code] ?? fill(words.codes.other, { code: one.code })}</p>` : nothing}
    ${layouts && ["awaited", "failed"].includes(one.state) ? layouts.view(readAgain) : nothing}
    <section class="sheet" aria-label=${text.counts}>${facts([
      [words.settlements.columns.account, one.account], [statement.at, moment(one.created_at, language)],
      ...(one.state === "read" ? [
        [statement.readRows, count(one.counts.read ?? 0, language)],
        [text.ignored, count(one.ignored, language)],
        [statement.found, fill(text.foundOf, { n: count(one.movements, language),
          amount: amount(one.cents, language) })],
        [text.fresh, count(one.fresh, language)],
        [text.known, one.movements > one.fresh ? count(one.movements - one.fresh, language) : ""],
        ...left(one),
      ] : []),
    ])}</section>
    ${one.problems.length ? html`<h2>${text.problems}</h2>${table({
      caption: text.problems,
      columns: [[statement.row], [statement.outcome]],
      rows: one.problems,
      cells: ([row, code]) => [row, statement.reasons[code] ?? code],
    })}` : nothing}
    ${outcomes(one)}`;

  const rows = (items) => (items.length ? html`${movementsTable(context, text.title, items,
    (each) => deeds(context, linking, each))}${more(words, list)}`
    : html`<p>${onlyOpen ? text.noneOpen : text.none}</p>${more(words, list)}`);

  const view = () => html`<p><a href=${context.address("statement")}>${statement.title}</a></p>
    <h1 tabindex="-1" class="whole">${data.value?.file_name || text.title}</h1>
    ${done(said)}
    ${data.view(draw)}
    <h2>${text.title}</h2>
    <nav class="views" aria-label=${words.filter}><ul>
      <li><a href=${context.address("movements", { id })} aria-current=${onlyOpen ? nothing : "true"}
        >${text.all}</a></li>
      <li><a href=${context.address("movements", { id, only: "open" })}
        aria-current=${onlyOpen ? "true" : nothing}>${text.open}</a></li></ul></nav>
    ${list.view(rows)}${linking.view()}`;
  return { title: text.title, view, leave: watching.leave };
}
