// Deliveries of single notices: where each went, what became of it, in the other side's own words.

import { html, nothing } from "../../lit.js";
import { whyNot } from "./receivers.js";
import { badge, moment } from "./show.js";
import { table } from "./table.js";

/** Messages on IO are of an event, with a number behind it; most channels have one way only. */
const wayOf = (text, { leg, channel }) => text.legs[leg.split("-")[0]] ?? text.channels[channel] ?? channel;

/** `act(attempt)`: what may be done with one, nothing where that is nothing. */
export function attemptsTable(context, attempts, act) {
  const { words, language } = context;
  const text = words.deliveries;
  return table({
    caption: text.attempts,
    columns: [[words.positions.debtor], [text.to], [words.state], [text.at], [text.words],
      ...(act ? [[words.refusals.act]] : [])],
    rows: attempts,
    cells: (each) => [
      html`<a href=${context.address("position", { id: each.position })}>${each.name}</a>
        <small>${each.notice}</small>`,
      html`${each.to || "–"}<small>${wayOf(text, each)}${each.number > 1
        ? ` · ${text.again} ${each.number}` : ""}</small>`,
      badge(text.attemptStates, each.state), moment(each.ended_at || each.planned_at, language),
      html`${each.words || "–"}${each.code ? html`<small>${whyNot(words, each.code)}</small>`
        : nothing}`,
      ...(act ? [act(each)] : []),
    ],
  });
}
