// One delivery: how far it is, what became of each notice, and what failed sent again.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { facts } from "../../parts/notice.js";
import * as api from "../api.js";
import { attemptsTable } from "../parts/attempts.js";
import { makeDialog } from "../parts/dialog.js";
import { whyNot } from "../parts/receivers.js";
import { badge, count, done, follow, moment, progress } from "../parts/show.js";
import { more } from "../parts/table.js";
import { makeActs, makeData, makeList, watch } from "../parts/work.js";
import { may } from "../session.js";

const OVER = new Set(["done", "halted", "called_off"]);
const MAY_BE_CALLED_OFF = new Set(["planning", "waiting", "running", "halted"]);
const SENT_ANEW = ["failed", "uncertain", "skipped"];

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.delivery;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  let state = "";
  const data = makeData(context, () => api.deliveryOf(id));
  const list = makeList(context, async (cursor) => {
    const found = await api.attempts(id, { state, cursor });
    return { items: found.attempts, cursor: found.cursor };
  });
  const watching = watch(context, data, (run) => OVER.has(run.state), (run) => {
    context.announce(words.deliveries.states[run.state]);
    list.load();
  });

  const decided = (work, said) => acts.run(async () => {
    data.value = await work();
    list.load();
    watching.begin();
  }, said);
  const off = makeDialog(context, {
    id: "off", title: () => text.offTitle, text: () => text.offText, yes: text.off,
    act: async () => {
      data.value = await api.callOff(id);
      list.load();
      watching.begin();
    },
  });
  const again = makeDialog(context, {
    id: "again", danger: false, title: (name) => fill(text.againTitle, {
      n: count(data.value[name], language) }),
    text: (name) => text.againText[name], yes: text.again,
    act: async (name) => {
      data.value = await api.resend(id, [name]);
      acts.said = text.resent;
      list.load();
      watching.begin();
    },
  });

  function actions(run) {
    if (!may("body:write")) return nothing;
    const anew = SENT_ANEW.filter((each) => run[each] && ["done", "halted"].includes(run.state));
    return html`<p class="buttons">
      ${anew.map((each) => html`<button type="button" class="btn btn-primary"
        @click=${() => again.open(each)}>${fill(text.againOf[each], { n: count(run[each], language) })}
        </button>`)}
      ${run.state === "halted" ? html`<button type="button" class="btn btn-outline-primary"
        @click=${() => decided(() => api.resume(id), text.resumed)}>${text.resume}</button>` : nothing}
      ${MAY_BE_CALLED_OFF.has(run.state) ? html`<button type="button" class="btn btn-outline-primary"
        @click=${() => off.open(id)}>${text.off}</button>` : nothing}
      ${Array.from({ length: run.state === "done" ? run.archives : 0 }, (_, at) => acts.button(
        `${text.archive} ${at + 1}`, async () => follow(await api.archiveOf(id, at + 1)),
        { said: words.saved }))}</p>`;
  }

  const draw = (run) => {
    const decidedCount = run.sent + run.failed + run.uncertain + run.skipped + run.called_off;
    return html`<p>${badge(words.deliveries.states, run.state)}</p>
      ${run.state === "waiting" ? html`<p class="alert alert-info">${fill(text.waiting, {
        at: moment(run.starts_at, language) })}</p>` : nothing}
      ${run.words || run.code ? html`<p>${text.said}</p>
        <p class="said">${run.words || whyNot(words, run.code)}</p>
        ${run.words && run.code ? html`<p>${whyNot(words, run.code)}</p>` : nothing}` : nothing}
      ${run.channel === "postal" ? letters(run) : nothing}
      ${OVER.has(run.state) ? nothing : progress(fill(text.progress, {
        done: count(decidedCount, language), all: count(decidedCount + run.queued, language),
      }), decidedCount, decidedCount + run.queued)}
      <section class="sheet" aria-label=${text.counts}>${facts([
        [words.deliveries.channel, words.deliveries.channels[run.channel] ?? run.channel],
        [run.channel === "mail" ? words.deliveries.account : words.deliveries.profile, run.profile],
        [words.deliveries.sent, count(run.sent, language)],
        [words.deliveries.failed, count(run.failed, language)],
        [text.uncertain, run.uncertain ? count(run.uncertain, language) : ""],
        [text.skipped, run.skipped ? count(run.skipped, language) : ""],
        [text.calledOff, run.called_off ? count(run.called_off, language) : ""],
        [words.deliveries.queued, count(run.queued, language)],
        [words.deliveries.begun, moment(run.created_at, language)],
        [text.ended, moment(run.ended_at, language)],
      ])}
      ${run.flow ? html`<p><a href=${context.address("flow", { id: run.flow })}
        >${words.position.toFlow}</a></p>` : nothing}</section>
      ${actions(run)}`;
  };

  /** What went into the package is not what was posted: that is the order's page. */
  const letters = (run) => html`<p class="alert alert-info">${run.state === "done" && run.sent
    ? text.lettersReady : text.lettersBefore}
    <a href=${context.address("letter", { id })}>${words.menuOf.letters}</a></p>`;

  const rows = (items) => (items.length ? html`${attemptsTable(context, items)}${more(words, list)}`
    : html`<p>${text.noAttempts}</p>`);
  const choose = (event) => {
    state = event.target.value;
    list.load();
  };

  const view = () => html`<p><a href=${context.address("deliveries")}>${words.deliveries.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}
    <h2>${words.deliveries.attempts}</h2>
    <div class="row-field narrow"><label for="state">${words.state}</label>
      <select class="form-select" id="state" @change=${choose}>
        <option value="">${text.allStates}</option>
        ${Object.entries(words.deliveries.attemptStates).map(([value, name]) => html`<option
          value=${value}>${name}</option>`)}
      </select></div>
    ${list.view(rows)}${off.view()}${again.view()}`;
  return { title: text.title, view, leave: watching.leave };
}
