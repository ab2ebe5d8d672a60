// What is asked for by the day: the rules, and what they come to.

import { html, nothing } from "../../lit.js";
import { amount } from "../../format.js";
import { fill } from "../../language.js";
import { shortDay } from "./show.js";
import { table } from "./table.js";

/** `amounts`: as the API says them, from a day on. */
export function amountsTable(context, amounts) {
  const { words, language } = context;
  const text = words.amounts;
  return table({
    caption: text.title,
    columns: [[text.from], [text.asked, "number"], [text.why]],
    rows: amounts,
    cells: (each) => [shortDay(each.day, language), amount(each.cents, language),
      each.parts.length ? html`${each.parts.map((part) => html`${part.reason}:
        ${part.cents > 0 ? "+" : ""}${amount(part.cents, language)}<br>`)}${each.daily
        ? html`<small>${text.daily}</small>` : nothing}` : text.plain],
  });
}

/** A rule in one line: how much, from when, until when. `rule.days` counts from the due date. */
export function ruleWords(context, rule) {
  const { words, language } = context;
  const text = words.amounts;
  const much = [
    rule.cents ? amount(rule.cents, language) : "",
    Number(rule.percent) ? `${percent(rule.percent, language)} %` : "",
    Number(rule.yearly_percent) ? fill(text.yearly, { n: percent(rule.yearly_percent, language) }) : "",
  ].filter(Boolean).join(" + ");
  return `${text.kinds[rule.kind]} – ${rule.reason}: ${much}, ${when(rule, words, language)}`;
}

function when(rule, words, language) {
  const text = words.amounts;
  if (rule.days !== undefined) return fill(text.within[rule.kind], { n: rule.days });
  const [first, last] = [shortDay(rule.first, language), shortDay(rule.last, language)];
  if (first && last) return fill(text.between, { first, last });
  return first ? fill(text.since, { first }) : fill(text.until, { last });
}

const percent = (value, language) => new Intl.NumberFormat(language,
  { maximumFractionDigits: 3 }).format(Number(value));
