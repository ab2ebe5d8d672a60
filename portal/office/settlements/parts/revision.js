// A version that came after the flow was posted: what it changes, and whether it is to count.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { count, done, moment } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData, watch } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeFrame } from "./frame.js";

const NOTE_CHARS = 500;

/** `changed()`: the flow is another now. */
export function makeRevision(context, id, changed) {
  const { words, language } = context;
  const text = words.settlements.revision;
  const acts = makeActs(context);
  let deed = null; // accept, refuse
  let said = "";
  const data = makeData(context, () => calls.revisionOf(id));
  const watching = watch(context, data, (found) => !found.running, (found) => {
    if (found.running) return;
    context.announce(text.over);
    changed();
  });
  const frame = makeFrame(context, "revision", () => { deed = null; });

  const form = makeForm(context, {
    check: ({ why }) => (why?.trim() ? {} : { why: words.codes.revision_note }),
    act: async ({ why, post }) => {
      const mine = deed;
      const isYes = mine === "accept";
      data.value = await calls.decideRevision(id, {
        version: data.value.waits.id, accept: isYes, post: isYes && Boolean(post), note: why.trim() });
      frame.close();
      said = text.said[mine];
      watching.begin();
      changed();
    },
  });

  function ask(wanted) {
    deed = wanted;
    Object.assign(form.values, { why: "", post: true });
    Object.assign(form, { errors: {}, failure: null });
    frame.open();
  }

  const next = () => acts.run(async () => {
    const found = await calls.revisionOf(id, data.value.cursor);
    data.value = { ...found, changes: [...data.value.changes, ...found.changes] };
  });

  const money = (cents) => (cents === null ? "–" : amount(cents, language));
  const changes = (found) => html`${table({
    caption: text.changes,
    columns: [["IUV"], [text.kind], [text.before, "number"], [text.after, "number"], [text.orders]],
    rows: found.changes,
    cells: (each) => [
      html`<span class="id">${each.iuv}</span>`, text.kinds[each.kind],
      html`${money(each.before_cents)}${each.before_outcome !== each.after_outcome && each.before_outcome
        ? html`<small>${text.outcome} ${each.before_outcome}</small>` : nothing}`,
      html`${money(each.after_cents)}${each.before_outcome !== each.after_outcome && each.after_outcome
        ? html`<small>${text.outcome} ${each.after_outcome}</small>` : nothing}`,
      each.orders.length ? each.orders.map((name) => html`<a href=${context.address("order",
        { id: name })}>${name}</a> `) : "–",
    ],
  })}${found.cursor ? acts.button(words.more, next) : nothing}`;

  const decisions = (found) => (found.decisions.length ? html`<h3>${text.decided}</h3>
    <ol class="timeline">${found.decisions.map((each) => html`<li>
      <strong>${each.accepted ? text.accepted : text.refused}</strong>: ${each.note}<br>
      <time datetime=${each.at}>${moment(each.at, language)}</time></li>`)}</ol>` : nothing);

  const draw = (found) => {
    if (!found.waits && !found.decisions.length) return nothing;
    const off = found.waits ? found.waits.cents - found.counts.cents : 0;
    return html`<h2 id="revised" tabindex="-1">${text.title}</h2>
      ${done(said)}${acts.problem()}
      ${found.running ? html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>
        ${text.running}</p>` : nothing}
      ${found.waits ? html`<p>${fill(text.waits, {
        at: moment(found.waits.created, language), n: count(found.differing, language),
        amount: `${off > 0 ? "+" : ""}${amount(off, language)}` })}</p>
        ${found.waits.good ? nothing : html`<p class="alert alert-warning">${text.lying}</p>`}
        ${changes(found)}
        ${may("body:write") && !found.running ? html`<p class="buttons">
          <button type="button" class="btn btn-primary" @click=${() => ask("accept")}
            >${text.accept}</button>
          <button type="button" class="btn btn-outline-primary" @click=${() => ask("refuse")}
            >${text.refuse}</button></p>` : nothing}` : nothing}
      ${decisions(found)}`;
  };

  const content = () => html`<p>${text.texts[deed]}</p>
    ${form.summary()}
    ${form.area("why", words.settlements.linking.note, { hint: text.noteHint, most: NOTE_CHARS })}
    ${deed === "accept" ? html`<div class="tick-row"><input type="checkbox" class="tick-box" id="post"
      .checked=${form.values.post} @change=${(event) => form.set("post", event.target.checked)}>
      <label for="post">${text.post}</label></div>` : nothing}`;

  const view = () => html`${data.view(draw)}${deed
    ? frame.view(form, text.titles[deed], content(), form.button(text[deed]))
    : frame.view(form, text.title, null)}`;
  return { view, leave: watching.leave };
}
