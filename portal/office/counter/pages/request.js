// One request for help: who asks, what, about which notice, and whether somebody has seen to it.

import { html, nothing } from "../../../lit.js";
import { LANGUAGES, fill } from "../../../language.js";
import { grouped } from "../../../format.js";
import { facts } from "../../../parts/notice.js";
import { badge, done, moment } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may, session } from "../../session.js";
import * as calls from "../calls.js";
import { COLOURS } from "./help.js";

// What may be said of each: the state that it gets.
const NEXT = { open: ["answered", "closed"], answered: ["closed", "open"], closed: ["open"] };

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.counter.request;
  const list = words.counter.help;
  const id = parameters.get("id") ?? "";
  const acts = makeActs(context);
  const data = makeData(context, () => calls.requestOf(id));

  async function decide(state) {
    try {
      data.value = await calls.decide(id, state, data.value.version);
    } catch (error) {
      if (error.code === "conflict") await data.load(); // shown as it is now, with what went wrong
      throw error;
    }
  }

  const by = ({ by: said }) => {
    const [, user] = said.split(":");
    return user === session().user ? session().name || session().mail : text.colleague;
  };
  const answer = (found) => `mailto:${encodeURIComponent(found.email)}?subject=${encodeURIComponent(
    fill(text.subject, { id: found.id }))}`;

  const draw = (found) => html`<p>${badge(list.states, found.state, COLOURS[found.state])}
      ${found.by ? html`<span class="hint">${fill(text.changed, {
        at: moment(found.changed_at, language), who: by(found) })}</span>` : nothing}</p>
    <p class="letter-text">${found.text}</p>
    <section class="sheet" aria-label=${text.who}>${facts([
      [list.name, found.name],
      [text.mail, html`<a href=${answer(found)}>${found.email}</a>`],
      [text.language, LANGUAGES[found.language] ?? text.languages[found.language] ?? found.language],
      [list.at, moment(found.at, language)],
      [list.notice, found.notice ? html`<a href=${context.address("positions", { iuv: found.notice })}
        >${grouped(found.notice)}</a>` : ""],
      [text.number, found.id],
    ])}</section>
    ${may("body:write") ? html`<p class="buttons">
      ${found.state === "open" ? html`<a class="btn btn-primary" href=${answer(found)}>${text.answer}</a>` : nothing}
      ${NEXT[found.state].map((each) => acts.button(text.acts[each], () => decide(each),
        { said: text.said[each] }))}</p>
      <p class="hint">${text.hint}</p>` : html`<p class="alert alert-info">${words.readOnly}</p>`}`;

  const view = () => html`<p><a href=${context.address("help")}>${list.title}</a></p>
    <h1 tabindex="-1">${text.title}</h1>
    ${done(acts.said)}${acts.problem()}${data.view(draw)}`;
  return { title: text.title, view };
}
