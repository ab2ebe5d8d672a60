// New flows and receipts are looked for whenever a list is opened; here is when that was last, and a
// button for who cannot wait. The API does it at most every few minutes.

import { html, nothing } from "../../../lit.js";
import { explain } from "../../../parts/problem.js";
import { ApiError } from "../../../wire.js";
import { fill } from "../../../language.js";
import { moment } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";

// What a look brings is there some seconds later.
const AGAIN_MS = [2_000, 6_000, 15_000];

/** `reload()` brings what the page shows anew. */
export function makeLooking(context, reload) {
  const { words, language } = context;
  const text = words.settlements.looking;
  const acts = makeActs(context);
  const data = makeData(context, calls.setting);

  let told = "";

  async function now() {
    told = "";
    const { begun } = await calls.look();
    await data.load();
    told = begun ? text.begun : text.justNow;
    if (!begun) return;
    for (const pauseMs of AGAIN_MS) {
      setTimeout(() => {
        if (!context.isOpen()) return;
        data.load();
        reload();
      }, pauseMs);
    }
  }

  function draw(setting) {
    if (setting.way === "none") return html`<p class="alert alert-info">${text.byHand}</p>`;
    const at = setting.looked_at ? fill(text.last, { at: moment(setting.looked_at, language) })
      : text.never;
    return html`
      ${setting.look_code ? html`<div class="alert alert-warning"><p>${text.failed}
        ${explain(words, new ApiError(setting.look_code))}</p></div>` : nothing}
      <p class="buttons">${may("body:write") ? acts.button(text.now, now) : nothing}
        <span>${at} <span role="status">${told}</span></span></p>`;
  }
  const view = () => html`${acts.problem()}${data.view(draw)}`;
  return { view, setting: data };
}
