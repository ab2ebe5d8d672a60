// What each body declares by law on a page of its own; here are the links to them, and what holds
// for the portal itself.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { problem, waiting } from "./problem.js";

const ADDRESS = { accessibility: "accessibility_url", privacy: "privacy_url" };

export function statement(context, kind) {
  const { words } = context;
  const text = words[kind];
  let bodies = null;
  let failure = null;

  async function load() {
    failure = null;
    context.update();
    try {
      const all = await api.bodies();
      bodies = await Promise.all(all.map((each) => api.bodyOf(each.code)));
    } catch (error) {
      failure = error;
    }
    context.update();
  }

  const one = (body) => {
    const link = safe(body.contacts?.[ADDRESS[kind]]);
    return html`<li>${body.name}: ${link ? html`<a href=${link} rel="noopener">${text.link}</a>`
      : text.noLink}</li>`;
  };

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    ${text.paragraphs.map((each) => html`<p>${each}</p>`)}
    <h2>${text.bodies}</h2>
    ${failure ? problem(words, failure, load) : nothing}
    ${bodies ? html`<ul>${bodies.map(one)}</ul>` : failure ? nothing : waiting(words)}
    <p><a href=${context.address("help")}>${words.menuOf.help}</a></p>`;

  load();
  return { title: text.title, view };
}

/** An address that a browser may be sent to, or nothing. */
function safe(address) {
  return /^https:\/\//.test(address ?? "") ? address : "";
}
