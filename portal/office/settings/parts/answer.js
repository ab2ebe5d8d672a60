// What the other side said to a try: its own words, as text.

import { html } from "../../../lit.js";

export const answer = (words, { works, code, words: said }) => html`<div tabindex="-1" id="answer"
    class="alert ${works ? "alert-success" : "alert-danger"}" role=${works ? "status" : "alert"}>
  <p>${works ? words.settings.tryGood : words.settings.tryBad}
    ${works ? "" : words.codes[code] ?? code}</p>
  <p>${words.settings.theirWords}</p><p class="said">${said || "–"}</p></div>`;
