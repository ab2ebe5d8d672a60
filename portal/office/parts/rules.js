// What one position asks more or less by the day, changed and seen before it is sent.

import { html, nothing } from "../../lit.js";
import { amountsTable } from "./amounts.js";
import { makeChanges } from "./changes.js";
import { makeActs } from "./work.js";

/** `form`: the one that they are part of; `rules`: those that there are; `preview()` asks what would
 * be asked for by the day, null while something else is missing. */
export function makeRules(context, form, rules, preview) {
  const { words } = context;
  const acts = makeActs(context);
  const changes = makeChanges(context, form, { dated: true });
  changes.fill(rules);
  const before = JSON.stringify(changes.given());
  let previewed = null;

  async function look() {
    form.errors = changes.check();
    form.failure = null;
    previewed = null;
    if (Object.keys(form.errors).length) {
      context.update();
      return document.getElementById("problems")?.focus();
    }
    return acts.run(async () => { previewed = (await preview()).amounts; });
  }

  return {
    check: changes.check,

    /** All of them, where one is another than before; the server wants all or none. */
    given() {
      const found = changes.given();
      return JSON.stringify(found) === before ? {} : { rules: found };
    },

    /** What was shown is of other values now. */
    forget() {
      if (!previewed) return;
      previewed = null;
      context.update();
    },

    view: () => html`<fieldset><legend>${words.changes.title}</legend>
      <p class="hint">${words.changes.lead} ${words.changes.open}</p>
      ${changes.view()}
      ${acts.problem()}
      ${form.values.changes.length ? html`<p class="buttons"><button type="button"
        class="btn btn-outline-primary" @click=${look} aria-disabled=${acts.isBusy ? "true" : nothing}
        >${words.changes.look}</button></p>` : nothing}
      <div role="status">${previewed ? amountsTable(context, previewed) : nothing}</div>
    </fieldset>`,
  };
}
