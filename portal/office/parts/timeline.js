// What happened to a position, in words: what, when, by whom, and what was said with it.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import { moment, shortDay } from "./show.js";

export function timeline(context, events) {
  const { words, language } = context;
  const text = words.position;
  return html`<ol class="timeline">${events.map((each) => {
    const by = text.by[each.by.split(":")[0]];
    const more = said(words, language, each.facts);
    return html`<li>
      <strong>${text.events[each.event] ?? each.event}</strong> –
      ${words.positions.states[each.state] ?? each.state}<br>
      <time datetime=${each.at}>${moment(each.at, language)}</time>${by ? html`, ${by}` : nothing}
      ${more.length ? html`<br><small>${more.join(" · ")}</small>` : nothing}</li>`;
  })}</ol>`;
}

/** What of its facts says something to a person. */
function said(words, language, facts) {
  const { cents, day, due, ends, subject, reason, rules, days, debtor, how, note, late } = facts;
  const text = words.position.facts;
  return [
    cents && amount(cents, language), day && shortDay(day, language),
    due && fill(text.due, { day: shortDay(due, language) }),
    ends && fill(text.ends, { day: shortDay(ends, language) }),
    late && text.late, subject && text.subject, reason && text.reason, rules && text.rules, days && text.days,
    debtor && text.debtor, how && words.outside.hows[how], note,
  ].filter(Boolean);
}
