// One settlement flow: what it claims, what receipts and bank say of it, its payments, its versions.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { facts } from "../../../parts/notice.js";
import { badge, count, done, follow, moment, shortDay } from "../../parts/show.js";
import { more, table } from "../../parts/table.js";
import { makeActs, makeData, makeList } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeLinking } from "../parts/linking.js";
import { deeds, movementsTable } from "../parts/movements.js";
import { paymentsTable } from "../parts/payments.js";
import { makeReopening } from "../parts/reopening.js";
import { makeRevision } from "../parts/revision.js";
import { advice, meaning } from "../parts/tell.js";

// A flow has one transfer, seldom two; who linked more by mistake sees the first of them.
const MOVEMENTS = 20;
// What a link means is worked out a moment later.
const AGAIN_MS = 1_500;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.settlements.settlement;
  const list = words.settlements.settlements;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  const data = makeData(context, async () => {
    const flow = await calls.settlementOf(id);
    const movements = await Promise.all(flow.movements.slice(0, MOVEMENTS).map(calls.movementOf));
    if (flow.versions.length > 1) revision ??= makeRevision(context, id, reload);
    return { flow, movements };
  });
  const payments = makeList(context, async (cursor) => {
    const found = await calls.collections({ flow: id, cursor });
    return { items: found.collections, cursor: found.cursor };
  });
  let revision = null; // once it is seen that several versions came
  let unknown = null; // movements that may be linked, once somebody wants to

  function reload() {
    data.load();
    setTimeout(() => context.isOpen() && data.load(), AGAIN_MS);
  }
  const linking = makeLinking(context, (said) => {
    acts.said = said;
    unknown = null;
    context.update();
    reload();
  });
  const reopening = makeReopening(context, (said) => {
    acts.said = said;
    payments.load();
  });
  async function choose() {
    unknown = (await calls.movements({ open: true, limit: 200 })).movements;
    context.update();
    document.getElementById("unknown")?.focus();
  }
  const bring = (version) => acts.run(async () => {
    (await calls.filesOf(id, version.id)).forEach(follow);
  }, words.saved);

  // ---------------------------------------------------------------- checks
  function checksOf(flow) {
    const version = flow.versions.find((each) => each.counts);
    const money = (cents) => (cents === null ? "–" : amount(cents, language));
    const many = (value) => (value === null ? "–" : count(value, language));
    return [
      [text.countCheck, many(version.said_count), many(version.lines),
        version.said_count === null || version.said_count === version.lines],
      [text.sumCheck, money(version.said_cents), money(version.cents),
        version.said_cents === null || version.said_cents === version.cents],
      [text.bankCheck, money(flow.cents), flow.bank_day ? money(flow.bank_cents) : "–",
        flow.bank_day ? flow.bank_cents === flow.cents : null],
      [text.receiptCheck, money(flow.cents - flow.elsewhere_cents), money(flow.matched_cents),
        flow.matched_cents === flow.cents - flow.elsewhere_cents],
    ];
  }

  const checks = (flow) => table({
    caption: text.checks,
    columns: [[text.check], [text.wanted, "number"], [text.found, "number"], [text.outcome]],
    rows: checksOf(flow),
    cells: ([name, wanted, found, isRight]) => [name, wanted, found, isRight === null
      ? badge({ waiting: text.waits }, "waiting")
      : badge(isRight ? { done: text.right } : { failed: text.differs }, isRight ? "done" : "failed")],
  });

  function summary(flow) {
    const version = flow.versions.find((each) => each.counts);
    const part = (cents) => (cents ? amount(cents, language) : "");
    return html`<section class="sheet" aria-label=${text.what}>
      <p class="title-row"><strong>${list.desks[flow.desk]}</strong>
        ${badge(list.states, flow.state)}</p>
      <p class="sum"><span class="visually-hidden">${words.amount}</span>
        <strong>${amount(flow.cents, language)}</strong></p>
      ${facts([
        [list.psp, version.sender ? `${version.sender} (${flow.psp})` : flow.psp],
        ["TRN", version.trn], [list.settledOn, shortDay(flow.settled, language)],
        [text.created, moment(version.created, language)], [list.lines, count(flow.lines, language)],
        [text.bankedOn, shortDay(flow.bank_day, language)],
        [text.difference, part(flow.difference_cents)], [text.unreceipted, part(flow.unreceipted_cents)],
        [text.anomalous, part(flow.anomalous_cents)], [text.elsewhere, part(flow.elsewhere_cents)],
        [text.posted, flow.posted_lines ? fill(words.settlements.checks.posted, {
          n: count(flow.posted_lines, language), of: count(flow.lines, language) }) : ""],
      ])}</section>`;
  }

  // ---------------------------------------------------------------- its money
  const own = (movement) => deeds(context, linking, movement, movement.link ? ["unlink"] : ["link"]);
  const other = (movement, flow) => html`<button type="button" class="btn btn-outline-primary btn-sm"
    @click=${() => linking.open(movement.id, "accept", flow)}>${text.linkHere}<span
    class="visually-hidden"> ${fill(words.settlements.linking.of, {
      day: shortDay(movement.day, language), amount: amount(movement.cents, language) })}</span></button>`;

  const bank = (flow, movements) => html`<h2>${text.bank}</h2>
    ${movements.length ? html`${movementsTable(context, text.bank, movements, own)}
      ${movements.some((each) => each.notes.length) ? notes(movements) : nothing}`
      : html`<p>${text.noBank}</p>`}
    ${may("body:write") && flow.bank_cents !== flow.cents && unknown === null ? html`<p class="buttons">
      ${acts.button(text.choose, choose)}</p>` : nothing}
    ${unknown === null ? nothing : html`<h3 id="unknown" tabindex="-1">${text.unknown}</h3>
      ${unknown.length ? movementsTable(context, text.unknown, unknown, (each) => other(each, flow))
        : html`<p>${text.noUnknown}</p>`}`}`;

  const notes = (movements) => html`<h3>${text.notes}</h3><ol class="timeline">
    ${movements.flatMap((each) => each.notes).map((each) => html`<li>
      <strong>${text.linked[each.link?.kind ?? "unlink"]}</strong>: ${each.note}<br>
      <time datetime=${each.at}>${moment(each.at, language)}</time></li>`)}</ol>`;

  // ---------------------------------------------------------------- its versions
  const versions = (flow) => {
    const mine = flow.versions.find((each) => each.counts);
    const off = (value, base, show) => (value === base ? nothing : html`<small>
      ${value > base ? "+" : "−"}${show(Math.abs(value - base), language)}</small>`);
    return html`<h2>${text.versions}</h2>${table({
      caption: text.versions,
      columns: [[text.created], [list.lines, "number"], [words.amount, "number"], [text.came],
        [words.state], [text.file]],
      rows: flow.versions,
      cells: (each) => [
        html`${moment(each.created, language)}<small>${fill(text.revision, { n: each.revision })}</small>`,
        html`${count(each.lines, language)}${off(each.lines, mine.lines, count)}`,
        html`${amount(each.cents, language)}${off(each.cents, mine.cents, amount)}`,
        words.settlements.upload.carriers[each.carrier] ?? (each.carrier || "–"),
        html`${badge({ done: text.counts, off: text.countsNot }, each.counts ? "done" : "off")}
          ${Object.entries(each.labels).map(([label, times]) => html`<small>
            ${meaning(words, label)}${times > 1 ? ` (${count(times, language)})` : nothing}</small>`)}`,
        html`<button type="button" class="btn btn-outline-primary btn-sm" @click=${() => bring(each)}
          >${text.download}<span class="visually-hidden"> ${moment(each.created, language)}</span></button>`,
      ],
    })}`;
  };

  const labelsOf = (flow) => [...new Set([...flow.labels, ...(flow.unreceipted_cents ? ["IUV_NO_RT"] : []),
    ...flow.versions.filter((each) => each.counts).flatMap((each) => Object.keys(each.labels))])];

  const draw = ({ flow, movements }) => html`
    ${summary(flow)}
    <h2>${text.checks}</h2>
    ${flow.complete ? nothing : html`<p class="alert alert-info">${words.settlements.checks.incomplete}</p>`}
    ${checks(flow)}
    ${labelsOf(flow).length ? html`<h2>${text.todo}</h2><section class="sheet" aria-label=${text.todo}
      >${advice(words, labelsOf(flow))}</section>` : nothing}
    ${revision ? revision.view() : nothing}
    ${bank(flow, movements)}
    <h2>${text.payments}</h2>
    ${payments.view((items) => (items.length
      ? html`${paymentsTable(context, text.payments, items, reopening, true)}${more(words, payments)}`
      : html`<p>${text.noPayments}</p>${more(words, payments)}`))}
    ${versions(flow)}`;

  const view = () => html`<p><a href=${context.address("settlements")}>${list.title}</a></p>
    <h1 tabindex="-1" class="whole">${data.value?.flow.flow_id || text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${linking.view()}`;
  return { title: text.title, view, leave: () => revision?.leave() };
}
