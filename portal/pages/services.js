// What a body offers without a notice: choose the body, then the service.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";
import { amount } from "../format.js";
import { fill, said } from "../language.js";
import { icon } from "../parts/icon.js";
import { logo } from "../parts/logo.js";
import { problem, waiting } from "../parts/problem.js";

export function open(context) {
  const { words, parameters } = context;
  const text = words.services;
  let bodies = null;
  let body = null;
  let failure = null;
  let code = parameters.get("body") ?? "";

  async function load() {
    failure = null;
    context.update();
    try {
      bodies = await api.bodies();
      if (!code && bodies.length === 1) code = bodies[0].code;
      body = code ? await api.bodyOf(code) : null;
    } catch (error) {
      failure = error;
    }
    context.update();
    if (body) context.announce(fill(text.count, { n: body.services.length, name: body.name }));
  }

  const choose = (event) => event.target.value
    && context.go("services", { body: event.target.value });

  function view() {
    return html`<h1 tabindex="-1">${text.title}</h1>
      <p class="lead">${text.lead}</p>
      ${failure ? problem(words, failure, load) : nothing}
      ${!bodies && !failure ? waiting(words) : nothing}
      ${bodies?.length === 0 ? html`<p class="alert alert-info">${text.noBodies}</p>` : nothing}
      ${bodies?.length > 1 ? html`<div class="row-field narrow">
        <label for="body">${words.search.body}</label>
        <select class="form-select" id="body" @change=${choose}>
          <option value="" ?selected=${!code}>${words.choose}</option>
          ${bodies.map((each) => html`<option value=${each.code} ?selected=${each.code === code}
            >${each.name}</option>`)}
        </select></div>` : nothing}
      ${body ? list(context, body) : nothing}`;
  }

  load();
  return { title: text.title, view };
}

function list(context, body) {
  const { words } = context;
  return html`<section aria-labelledby="body-name">
    <h2 id="body-name" class="with-logo">${logo(context, body.code, body.name)}
      <span>${body.name}</span></h2>
    ${body.services.length ? html`<ul class="tiles">${body.services.map((each) => html`<li
      class="tile">${icon("note", "icon-primary")}<div>
        <h3><a href=${context.address("service", { body: body.code, service: each.code })}
          >${each.subject}</a></h3>
        ${aside(context, each)}
        <p class="price">${price(context, each.price, each.stamp_cents ?? 0)}</p>
      </div></li>`)}</ul>` : html`<p class="alert alert-info">${words.services.none}</p>`}
  </section>`;
}

function aside({ language }, service) {
  const text = said(service.description, language);
  return text && text !== service.subject ? html`<p>${text}</p>` : nothing;
}

/** `stamp`: what the digital stamp costs that is bought with it, in cents. */
function price({ words, language }, price, stamp) {
  if (!price || price.kind === "fixed") return amount((price?.cents ?? 0) + stamp, language);
  if (price.kind === "free") return words.services.free;
  const least = Math.min(...price.tariffs.map((each) => each.cents));
  return fill(words.services.from, { amount: amount(least + stamp, language) });
}
