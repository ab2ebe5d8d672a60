// How far reconciliation is, for whoever opens the office: the share that is matched, what is not.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { count } from "../../parts/show.js";
import { makeData } from "../../parts/work.js";
import * as calls from "../calls.js";
import { meaning, shareOf } from "./tell.js";

export function makeMatched(context) {
  const { words, language } = context;
  const text = words.settlements.home;
  const data = makeData(context, calls.summary);

  function draw(found) {
    const share = shareOf(found);
    const odd = Object.entries(found.anomalies).sort(([, one], [, other]) => other - one);
    if (!found.flows && !odd.length) return nothing; // nothing was settled yet
    return html`<h2>${text.title}</h2><ul class="numbers"><li>${text.matched}
        <strong>${share === null ? "–" : `${share}%`}</strong>
        <a href=${context.address("settlements")}>${share === null ? text.nothing : fill(text.of, {
          n: count(found.matched, language), of: count(found.lines - found.elsewhere, language) })}</a>
      </li></ul>
      ${odd.length ? html`<h3>${text.unmatched}</h3><ul>${odd.map(([label, many]) => html`<li>
        <a href=${context.address("anomalies", { label })}>${meaning(words, label)}</a>
        ${count(many, language)}</li>`)}</ul>
        <p><a href=${context.address("anomalies")}>${text.anomalies}</a></p>`
        : html`<p>${text.fine}</p>`}`;
  }
  return { view: () => data.view(draw) };
}
