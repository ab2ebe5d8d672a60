// How the body is joined to pagoPA: who answers the node, the keys (written, never shown), whether
// they open, and what pagoPA would not take.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import * as office from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { done, moment } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { secret, small, tick } from "../parts/fields.js";
import { answer } from "../parts/answer.js";
import { refusalOf } from "../parts/refusal.js";

const MODES = ["node", "gpd", "aca"];
const PRODUCTS = ["positions", "receipts", "biz"];
const ENVIRONMENTS = ["production", "test"];

export function open(context) {
  const { words, language } = context;
  const text = words.settings.pagopa;
  const acts = makeActs(context);
  let form = null;
  let trial = null; // {product, answer}
  const data = makeData(context, async () => {
    const connection = await calls.connection();
    if (connection) begin(connection);
    return { connection };
  });
  const refusals = makeData(context, () => office.refusals(""));

  function begin({ mode, environment, broker, version }) {
    // Before anything was said the proposal is the one that most bodies want.
    form = makeForm(context, {
      values: { mode: version ? mode : "", environment, broker }, check, act: ask,
      refused: refusalOf(words, {
        pagopa_key_missing: "positions", pagopa_key_malformed: "positions",
        pagopa_broker_malformed: "broker",
      }, (path) => path.split(".").at(-1)),
    });
  }

  function check(typed) {
    const { keys } = data.value.connection;
    const has = typed.positions || (keys.positions && !typed["drop-positions"]);
    return {
      ...(typed.mode ? {} : { mode: words.settings.missing }),
      ...(/^(\d{11})?$/.test(typed.broker?.trim() ?? "") ? {}
        : { broker: words.codes.pagopa_broker_malformed }),
      ...(typed.mode && typed.mode !== "node" && !has
        ? { positions: words.codes.pagopa_key_missing } : {}),
    };
  }

  async function save() {
    const typed = form.values;
    const keys = {};
    for (const each of PRODUCTS) {
      if (typed[each]) keys[each] = typed[each];
      else if (typed[`drop-${each}`]) keys[each] = "";
    }
    const connection = await calls.saveConnection({
      mode: typed.mode, environment: typed.environment, broker: typed.broker?.trim() ?? "", keys,
      version: data.value.connection.version,
    });
    data.value = { connection };
    trial = null;
    begin(connection);
    acts.said = text.saved;
    context.update();
    document.querySelector("h1")?.focus();
  }

  // Where positions are told elsewhere from now on, all that is open is told there.
  const moved = makeDialog(context, {
    id: "moved", title: () => text.movedTitle, yes: words.settings.save, act: save,
    text: ({ mode }) => (mode === "node" ? text.movedNode : text.movedText),
  });
  function ask(typed) {
    const { mode, environment, version } = data.value.connection;
    const same = typed.mode === mode && (mode === "node" || typed.environment === environment);
    acts.said = "";
    if (same || !version) return save();
    return moved.open({ mode: typed.mode });
  }

  const tryOut = (product) => acts.run(async () => {
    trial = null;
    trial = { product, answer: await calls.tryConnection(product) };
    context.update();
    document.getElementById("answer")?.focus();
  });

  // ---------------------------------------------------------------- what is seen
  const key = (product, keys) => html`<fieldset class="group"><legend>${text.product[product]}</legend>
    <p class="hint">${text.productText[product]}</p>
    ${secret(words, form, product, text.key, keys[product], 200)}
    ${keys[product] ? html`${tick(form, `drop-${product}`, text.dropKey)}
      <p>${small(text.try, text.product[product], () => tryOut(product))}</p>` : nothing}
    ${trial?.product === product ? answer(words, trial.answer) : nothing}</fieldset>`;

  const editor = ({ keys }) => html`<form novalidate @submit=${form.submit} aria-label=${text.title}>
    ${form.summary()}
    <section class="box"><h2>${text.how}</h2>
      ${form.choice("mode", text.mode, MODES.map((each) => [each, text.modes[each]]))}
      ${form.values.mode ? html`<p class="hint">${text.modeText[form.values.mode]}</p>` : nothing}
      ${form.choice("environment", text.environment, ENVIRONMENTS.map((each) => [
        each, text.environments[each]]))}
      ${form.text("broker", text.broker, { optional: true, inputmode: "numeric", most: 11,
        hint: text.brokerHint })}</section>
    <section class="box"><h2>${text.keys}</h2><p>${text.keysText}</p>
      ${PRODUCTS.map((each) => key(each, keys))}</section>
    <p class="buttons">${form.button(words.settings.save)}</p></form>`;

  const state = ({ creditor, mode, version, environment, keys, look, paused_until: paused }) => facts([
    [words.settings.body.fiscalCode, creditor],
    [text.mode, version ? text.modes[mode] : text.unset],
    [text.environment, text.environments[environment]],
    [text.keys, PRODUCTS.filter((each) => keys[each]).map((each) => text.product[each]).join(", ")
      || text.noKeys],
    [text.look, look.at ? `${moment(look.at, language)}${look.code
      ? ` – ${words.codes[look.code] ?? look.code}` : ""}` : text.never],
    [text.paused, paused && paused > new Date().toISOString() ? moment(paused, language) : ""],
  ]);

  // The list itself, and what can be done about it, is a page of its own.
  const standing = ({ refusals: items, cursor }) => html`<p>${items.length
    ? fill(text.some, { n: `${items.length}${cursor ? "+" : ""}` }) : text.noRefusals}
    <a href=${context.address("refusals")}>${text.toRefusals}</a></p>`;

  const draw = ({ connection }) => (connection ? html`${state(connection)}
    ${may("body:write") ? editor(connection) : html`<p class="alert alert-info">${words.readOnly}</p>`}`
    : html`<p>${words.settings.noBody} <a href=${context.address("body")}>${words.menuOf.body}</a></p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead} <a href=${context.address("enrolment")}>${words.menuOf.enrolment}</a></p>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}
    <h2>${text.refusals}</h2>${refusals.view(standing)}${moved.view()}`;
  return { title: text.title, view };
}
