// How the body posts: what fills a posting that says nothing else, what its chapters are for the
// treasurer, and how both are known to each other.

import { html, nothing } from "../../../lit.js";
import { makeForm } from "../../../parts/form.js";
import { done } from "../../parts/show.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { chaptersOf } from "../chapters.js";
import { treasurerForm } from "../treasurer.js";

export function open(context) {
  const { words } = context;
  const text = words.accounts.books;
  let said = "";
  let version = 0;
  const chapters = chaptersOf(context);
  const treasurer = treasurerForm(context, tell);
  const data = makeData(context, async () => {
    const [setting, ...known] = await Promise.all([api.setting(), ...treasurer.load()]);
    take(setting);
    treasurer.take(...known);
    return setting;
  });

  function take(setting) {
    version = setting.version;
    chapters.take(setting.classifications);
    Object.assign(form.values, {
      per: setting.per, account: setting.account, counterpart: setting.counterpart,
      fixed: setting.counterpart_name, late: setting.late, chapter: setting.chapter,
      fee: setting.fee_chapter, automatic: setting.automatic,
    });
  }

  const form = makeForm(context, {
    check: (typed) => ({
      ...Object.fromEntries(["per", "counterpart", "late"].filter((each) => !typed[each])
        .map((each) => [each, text.missing])),
      ...(typed.counterpart === "fixed" && !typed.fixed?.trim() ? { fixed: text.fixedMissing } : {}),
      ...chapters.check(),
    }),
    refused: ({ code }) => ({
      posting_account: { account: words.codes.posting_account },
      iban_unknown: { account: words.codes.iban_unknown },
      posting_counterpart: { fixed: words.codes.posting_counterpart },
      chapter_malformed: { chapter: words.codes.chapter_malformed },
    })[code] ?? {},
    act: async (typed) => {
      tell("");
      take(await api.saveSetting({
        per: typed.per, account: (typed.account ?? "").trim(), counterpart: typed.counterpart,
        counterpart_name: typed.counterpart === "fixed" ? typed.fixed.trim() : "",
        late: typed.late, chapter: (typed.chapter ?? "").trim(), fee_chapter: (typed.fee ?? "").trim(),
        automatic: Boolean(typed.automatic), classifications: chapters.given(), version,
      }));
      tell(text.saved);
    },
  });

  function tell(what) {
    said = what;
    if (!said) return;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const editor = () => html`<form class="box" novalidate @submit=${form.submit} aria-label=${text.rules}>
    <h2>${text.rules}</h2>
    ${form.summary()}
    <div class="filters">
      ${form.choice("per", text.per, Object.entries(text.pers))}
      ${form.choice("counterpart", text.counterpart, Object.entries(text.counterparts))}
      ${form.values.counterpart === "fixed" ? form.text("fixed", text.fixed, { most: 140 }) : nothing}
      ${form.text("account", text.account, { optional: true, most: 34, hint: text.accountHint })}
      ${form.text("chapter", text.chapter, { optional: true, most: 20, hint: text.chapterHint })}
      ${form.text("fee", text.fee, { optional: true, most: 20, hint: text.feeHint })}
      ${form.choice("late", text.late, Object.entries(text.lates), { hint: text.lateHint })}
    </div>
    <div class="tick-row"><input type="checkbox" class="tick-box" id="automatic"
      .checked=${Boolean(form.values.automatic)}
      @change=${(event) => form.set("automatic", event.target.checked)}>
      <label for="automatic">${text.automatic}</label></div>
    ${chapters.view()}
    ${form.button(text.save)}
  </form>`;

  const shown = (setting) => html`<ul>
    <li>${text.per}: ${text.pers[setting.per]}</li>
    <li>${text.counterpart}: ${setting.counterpart_name || text.counterparts[setting.counterpart]}</li>
    <li>${text.account}: ${setting.account || "–"}</li>
    <li>${text.chapter}: ${setting.chapter || "–"}</li>
    <li>${text.late}: ${text.lates[setting.late]}</li></ul>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${data.view((setting) => (may("body:write") ? html`${editor()}${treasurer.view()}`
      : html`<p class="alert alert-info">${words.readOnly}</p>${shown(setting)}`))}`;
  return { title: text.title, view };
}
