// What the treasurer is told (OPI flows) and what he answers.

import { html, nothing } from "../../../lit.js";
import { amount } from "../../../format.js";
import { fill } from "../../../language.js";
import { icon } from "../../../parts/icon.js";
import { problem } from "../../../parts/problem.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, count, done, follow, moment } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { orderLink, orderName, reason, rowButton, years, yearNow } from "../shown.js";

// As much as one call may bring (API Gateway in front of Lambda).
const FILE_BYTES = 5_900_000;

export function open(context) {
  const { words, language, parameters } = context;
  const text = words.accounts.treasury;
  const given = parameters.get("year") ?? "";
  const year = /^\d{4}$/.test(given) ? Number(given) : yearNow();
  const acts = makeActs(context);
  let lacking = null;
  const data = makeData(context, async () => {
    const [treasurer, flows, messages] = await Promise.all([
      api.treasurer(), api.opiFlows(year), api.opiMessages(),
    ]);
    return { treasurer, flows, messages };
  });

  // ---------------------------------------------------------------- flows
  const making = makeDialog(context, {
    id: "make", danger: false, yes: text.make,
    title: () => fill(text.makeTitle, { year }), text: () => text.makeText,
    act: async () => {
      lacking = null;
      try {
        const flow = await api.makeOpiFlow(year);
        data.value = { ...data.value, flows: [flow, ...data.value.flows] };
        acts.said = fill(text.made, { name: flow.id, n: count(flow.orders.length, language) });
      } catch (error) {
        // What is wanting is a list to work off, not a line in a dialog.
        if (error.code !== "opi_lacking") throw error;
        lacking = error.details;
        acts.said = "";
      }
    },
    back: () => document.getElementById("lacking"),
  });
  const file = (flow) => acts.run(async () => follow(await api.opiFile(flow)), words.saved);
  const sign = (flow) => acts.run(async () => {
    const signed = await api.signOpiFlow(flow);
    data.value = { ...data.value,
      flows: data.value.flows.map((each) => (each.id === flow.id ? signed : each)) };
  }, text.signing);

  const lackingView = ({ provisionals = [], chapters = [] }) => html`<div class="alert alert-warning"
      id="lacking" tabindex="-1" role="alert">
    <p>${words.codes.opi_lacking}</p>
    ${provisionals.length ? html`<p>${text.noProvisional}
      ${provisionals.map((one, at) => html`${at ? ", " : ""}${orderLink(context, one)}`)}</p>` : nothing}
    ${chapters.length ? html`<p>${text.noClass} ${chapters.join(", ")}.
      <a href=${context.address("books")}>${words.menuOf.books}</a></p>` : nothing}</div>`;

  const flowRows = (flows) => (flows.length ? table({
    caption: text.flows,
    columns: [[text.name], [text.at], [text.orders], [words.amount, "number"], [text.signature],
      [text.file]],
    rows: flows,
    cells: (each) => [
      each.id, moment(each.created_at, language),
      html`${count(each.orders.length, language)}<small>${extent(each.orders)}</small>`,
      amount(each.cents, language),
      html`${badge(text.signatures, each.signature)}${each.signature_code ? html`<small>
        ${reason(words, each.signature_code)}</small>` : nothing}`,
      html`<span class="buttons">${rowButton("XML", each.id, () => file(each))}
        ${may("body:write") && each.signature === "none" ? rowButton(text.sign, each.id, () => sign(each))
          : nothing}</span>`,
    ],
  }) : html`<p>${text.noFlows}</p>`);

  // ---------------------------------------------------------------- answers
  let wrong = "";
  let failure = null;
  let isBusy = false;
  async function handIn(event) {
    event.preventDefault();
    if (isBusy) return;
    const form = event.target;
    const chosen = form.elements.file.files[0];
    failure = null;
    wrong = !chosen ? words.dues.noFile : chosen.size > FILE_BYTES ? text.tooLarge : "";
    if (wrong) {
      context.update();
      return form.elements.file.focus();
    }
    isBusy = true;
    context.announce(words.wait);
    context.update();
    try {
      await api.handInOutcomes(chosen);
      form.reset();
      acts.said = fill(text.handedIn, { name: chosen.name });
      data.value = { ...data.value, messages: await api.opiMessages() };
    } catch (error) {
      failure = error;
    }
    isBusy = false;
    context.announce("");
    context.update();
    if (!failure) document.querySelector("h1")?.focus();
  }

  const upload = () => html`<form class="box" novalidate @submit=${handIn} aria-label=${text.upload}>
    <h3>${text.upload}</h3>
    ${failure ? problem(words, failure) : nothing}
    <div class="row-field ${wrong ? "is-wrong" : ""}">
      <label for="file">${words.dues.file}</label>
      <p class="hint" id="file-hint">${text.fileHint}</p>
      ${wrong ? html`<p class="wrong" id="file-error" role="alert">${wrong}</p>` : nothing}
      <input class="form-control" type="file" id="file" name="file" accept=".xml,.p7m"
        aria-describedby="file-hint${wrong ? " file-error" : ""}"
        aria-invalid=${wrong ? "true" : nothing} aria-required="true">
    </div>
    <p class="buttons"><button class="btn btn-primary" type="submit"
      aria-disabled=${isBusy ? "true" : nothing}>${isBusy ? words.wait : text.send}</button></p>
  </form>`;

  const messageRows = (messages) => (messages.length ? table({
    caption: text.answers,
    columns: [[words.dues.file], [text.at], [words.state], [text.told, "number"], [text.signature]],
    rows: messages,
    cells: (each) => [
      each.file_name || text.carriers[each.carrier], moment(each.received_at, language),
      html`${badge(text.states, each.state)}${each.code ? html`<small>${reason(words, each.code)}</small>`
        : nothing}`,
      html`${count(each.orders, language)}${each.unknown_total ? html`<small>${fill(text.unknown, {
        n: count(each.unknown_total, language),
        names: each.unknown.slice(0, 5).map((one) => orderName(one.order)).join(", ") })}</small>` : nothing}`,
      each.signature ? badge(text.authenticity, each.signature) : "–",
    ],
  }) : html`<p>${text.noAnswers}</p>`);

  const draw = ({ treasurer, flows, messages }) => html`
    ${treasurer ? nothing : html`<p class="alert alert-warning">${text.unsaid}
      <a href=${context.address("books")}>${words.menuOf.books}</a></p>`}
    <h2>${text.flows}</h2>
    <nav aria-label=${text.years}><p class="buttons">${years().map((each) => html`<a
      class="btn btn-sm ${Number(each) === year ? "btn-primary" : "btn-outline-primary"}"
      aria-current=${Number(each) === year ? "page" : nothing}
      href=${context.address("treasury", { year: each })}>${each}</a>`)}</p></nav>
    ${lacking ? lackingView(lacking) : nothing}
    ${flowRows(flows)}
    ${may("body:write") && treasurer ? html`<p class="buttons"><button type="button" class="btn btn-primary"
      @click=${() => making.open(year)}>${icon("plus-circle", "icon-sm icon-white")} ${text.make}</button></p>`
    : nothing}
    <h2>${text.answers}</h2>
    ${messageRows(messages)}
    ${may("body:write") ? upload() : html`<p class="alert alert-info">${words.readOnly}</p>`}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${making.view()}`;
  return { title: text.title, view };
}

/** The first and the last of the orders in a flow. */
function extent(orders) {
  const names = orders.map((each) => each.order).sort();
  return names.length > 1 ? `${orderName(names[0])} – ${orderName(names.at(-1))}` : names.map(orderName).join();
}
