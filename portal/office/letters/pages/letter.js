// One order of letters, step by step: the package, the sample that somebody looks at, the shipping,
// what the print service reports.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { icon } from "../../../parts/icon.js";
import { facts } from "../../../parts/notice.js";
import * as office from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { addressOf, badge, count, done, follow, moment, shortDay } from "../../parts/show.js";
import { makeActs, makeData, watch } from "../../parts/work.js";
import { may, session } from "../../session.js";
import { carriers as carriersOf } from "../../settings/calls.js";
import { tick } from "../../settings/parts/fields.js";
import * as calls from "../calls.js";
import { AFTER, REPORTS, colourOf, isOver } from "../parts/states.js";

const NOTE_CHARS = 500;
const ENDED = new Set(["done", "halted", "called_off"]); // the run, which makes the package

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.letters.letter;
  const names = words.letters.letters.states;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  const looked = { values: {}, set: (name, value) => { looked.values[name] = value; context.update(); } };
  let note = "";

  const data = makeData(context, async () => {
    const [run, order, carriers, people] = await Promise.all([
      office.deliveryOf(id), calls.orderOf(id), carriersOf(), peopleOf(),
    ]);
    const profile = carriers.find((each) => each.code === run.profile)?.setting;
    return { run, order, people, provider: profile?.provider ?? run.profile, area: profile?.area ?? "" };
  });
  const isAtRest = ({ run, order }) => (order ? order.state !== "handing" : ENDED.has(run.state));
  const watching = watch(context, data, isAtRest,
    ({ order }) => order && context.announce(names[order.state]));

  async function peopleOf() {
    const all = may("grants:read") ? (await office.grants()).grants : [];
    const known = new Map(all.map((each) => [each.user, each.name || each.mail]));
    return known.set(session().user, session().name || session().mail);
  }

  async function take(event) {
    data.value = { ...data.value, order: await calls.takeStep(id, event, note.trim()) };
    looked.values = {};
    acts.said = text.said[event] ?? text.said.report;
    watching.begin();
  }

  // ---------------------------------------------------------------- what is asked before each step
  const noteField = (event) => html`<div class="row-field"><label for="note">${text.notes[event] ?? text.notes.report}
      <span class="optional">${words.optional}</span></label>
    <input class="form-control" id="note" maxlength=${NOTE_CHARS} autocomplete="off" .value=${note}
      @input=${(typed) => { note = typed.target.value; }}></div>`;
  const question = makeDialog(context, {
    id: "step", yes: text.yes, danger: false,
    title: (event) => text.titles[event],
    text: (event) => fill(text.texts[event === "ship" && !data.value.area ? "byHand" : event],
      { provider: data.value.provider }),
    more: noteField, act: take, back: () => document.querySelector("h1"),
  });
  const ask = (event) => {
    note = "";
    question.open(event);
  };
  const step = (event, label, look = "btn-primary") => html`<button type="button" class="btn ${look}"
    @click=${() => ask(event)}>${label}</button>`;

  // ---------------------------------------------------------------- the sample
  let sample = null;
  const bring = () => acts.run(async () => { sample = await calls.sampleOf(id); });
  const files = () => (sample ? html`<ul class="items">${sample.map((each) => html`<li class="sheet">
      <span class="whole">${each.name}</span>${each.shown ? html`<a href=${addressOf(each.shown)}
      class="btn btn-outline-primary btn-sm" target="_blank" rel="noopener noreferrer"
      >${text.show}<span class="visually-hidden"> ${each.name} ${text.newTab}</span></a>` : nothing}<button
      type="button" class="btn btn-outline-primary btn-sm"
      @click=${() => follow({ url: each.url, file_name: each.name })}>${icon("download", "icon-sm icon-primary")}
      ${text.download}<span class="visually-hidden"> ${each.name}</span></button></li>`)}</ul>
    <p class="hint">${text.linksEnd}</p>` : html`<p><button type="button" class="btn btn-outline-primary"
      @click=${bring} aria-disabled=${acts.isBusy ? "true" : nothing}>${icon("file-pdf", "icon-sm icon-primary")}
      ${text.look}</button></p>`);

  function approve() {
    if (looked.values.looked) return ask("approve");
    acts.failure = null;
    looked.values.missing = true;
    context.update();
    return document.getElementById("looked")?.focus();
  }
  const judging = () => (may("body:write") ? html`
    <div class=${looked.values.missing && !looked.values.looked ? "is-wrong" : ""}>
      ${looked.values.missing && !looked.values.looked ? html`<p class="wrong" role="alert">${text.lookFirst}</p>`
        : nothing}
      ${tick(looked, "looked", text.looked)}</div>
    <p class="buttons"><button type="button" class="btn btn-primary" @click=${approve}>${text.approve}</button>
      ${step("refuse", text.refuse, "btn-outline-primary")}</p>` : nothing);

  // ---------------------------------------------------------------- step by step
  const stepOf = (order, event) => order.steps.findLast((each) => each.event === event);
  const who = (by) => {
    const [kind, user] = by.split(":");
    return data.value.people.get(user) ?? words.position.by[kind] ?? kind;
  };
  const told = (found) => (found ? html`<p>${icon("check-circle", "icon-sm icon-success")}
    ${fill(text.told, { event: text.events[found.event], at: moment(found.at, language), who: who(found.by) })}
    ${found.note ? html`<br><span class="hint">${found.note}</span>` : nothing}</p>` : nothing);

  function section(name, order, content) {
    const isDone = AFTER[name]?.has(order.state) ?? true;
    const isNow = !isDone && !isOver(order.state)
      && (name === "sample" || AFTER.sample.has(order.state)) && (name !== "report" || AFTER.ship.has(order.state));
    return html`<li class=${isDone ? "is-done" : isNow ? "is-now" : ""} aria-current=${isNow ? "step" : nothing}>
      <h2>${text.steps[name]}</h2>
      ${isDone || isNow ? content(isNow) : html`<p class="hint">${isOver(order.state) ? text.never : text.later}</p>`}
    </li>`;
  }

  const packed = ({ order, run }) => () => html`<p>${fill(text.packed, {
      n: count(order.recipients, language), cents: amount(order.cents, language) })}
      ${order.attachments ? fill(text.enclosed, { n: order.attachments }) : nothing}</p>
    ${run.skipped + run.failed ? html`<p class="alert alert-warning">${fill(text.out, {
      n: count(run.skipped + run.failed, language) })}
      <a href=${context.address("delivery", { id })}>${text.whoIsOut}</a></p>` : nothing}`;
  const seen = (order) => (isNow) => html`<p>${text.sampleText}</p>${files()}
    ${isNow ? judging() : told(stepOf(order, "approve"))}`;

  const days = (order) => (order.ship_by ? html`<p>${fill(text.shipBy, {
    day: shortDay(order.ship_by, language), due: shortDay(order.earliest, language) })}
    ${order.accepted_late ? text.acceptedLate : nothing}</p>` : nothing);
  const failed = ({ order }) => {
    const last = order.steps.at(-1);
    return order.state === "approved" && last?.event === "fail" ? html`<div class="alert alert-danger" role="alert">
      <p>${text.failed}</p><p class="said">${last.note}</p></div>` : nothing;
  };
  const parcel = (run) => Array.from({ length: run.archives }, (_, at) => acts.button(
    fill(text.archive, { n: at + 1 }), async () => follow(await office.archiveOf(id, at + 1)),
    { said: words.saved, sign: icon("download", "icon-sm icon-primary") }));
  const shipped = (found) => (isNow) => {
    const { order, run, area, provider } = found;
    if (!isNow) return html`${told(stepOf(order, "ship"))}${told(stepOf(order, "hand"))}`;
    if (order.state === "handing") {
      return html`<p class="waiting"><span class="spinner" aria-hidden="true"></span> ${fill(text.handing, {
        n: count(order.done, language) })}</p>`;
    }
    return html`${days(order)}${failed(found)}
      ${order.late ? html`<p class="alert alert-warning">${text.tooLate}
        <a href=${context.address("deliveries", { channel: "postal" })}>${text.again}</a></p>`
        : html`<p>${fill(area ? text.byArea : text.byHand, { provider })}</p>`}
      <p class="buttons">${area || order.late ? nothing : parcel(run)}
        ${may("body:write") && !order.late ? step("ship", area ? text.ship : text.brought) : nothing}</p>`;
  };

  const reported = (order) => (isNow) => html`
    ${["print", "enclose", "post"].map((each) => told(stepOf(order, each)))}
    ${isNow ? html`<p>${text.reportText}</p>${may("body:write") ? html`<p class="buttons">${REPORTS[order.state].map(
      (each) => step(each, text.reports[each], "btn-outline-primary"))}</p>` : nothing}` : nothing}`;

  const whole = (found) => {
    const { order, provider } = found;
    const off = stepOf(order, "refuse") ?? stepOf(order, "cancel");
    return html`<p>${badge(names, order.state, colourOf(order.state))}</p>
      ${off ? html`<div class="alert alert-warning">${told(off)}<p>${text.startAgain}
        <a href=${context.address("deliveries", { channel: "postal" })}>${words.letters.letters.begin}</a></p></div>`
        : nothing}
      <section class="sheet" aria-label=${text.about}>${facts([
        [words.letters.letters.provider, provider],
        [text.orderedBy, who(order.ordered_by)],
        [words.letters.letters.made, moment(order.created_at, language)],
        [text.disclaimer, order.disclaimer],
      ])}</section>
      <ol class="steps">
        ${section("packed", order, packed(found))}
        ${section("sample", order, seen(order))}
        ${section("ship", order, shipped(found))}
        ${section("report", order, reported(order))}
      </ol>
      ${may("body:write") && ["sampled", "approved"].includes(order.state) ? html`<p>${step("cancel", text.cancel,
        "btn-outline-primary")}</p>` : nothing}`;
  };

  const before = ({ run }) => html`<p>${badge(words.deliveries.states, run.state)}</p>
    ${ENDED.has(run.state) ? html`<p class="alert alert-warning">${text.noOrder}</p>`
      : html`<p class="waiting"><span class="spinner" aria-hidden="true"></span> ${text.preparing}</p>`}
    <p><a href=${context.address("delivery", { id })}>${words.delivery.title}</a></p>`;

  const view = () => html`<p><a href=${context.address("letters")}>${words.menuOf.letters}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view((found) => (found.order ? whole(found) : before(found)))}
    ${question.view()}`;
  return { title: text.title, view, leave: watching.leave };
}
