// Registers (albi): how they are reached, dues read from them, notices told to them.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { icon } from "../../../parts/icon.js";
import { onceKey } from "../../api.js";
import * as office from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, count, done, moment } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData, watch } from "../../parts/work.js";
import { may } from "../../session.js";
import * as api from "../calls.js";
import { exportBox } from "../exporting.js";
import { registerForm } from "../register.js";
import { reason, rowButton, select, yearNow, years } from "../shown.js";

export function open(context) {
  const { words, language } = context;
  const text = words.accounts.registers;
  const acts = makeActs(context);
  let editor = null;
  let year = String(yearNow());
  let flow = "";
  const keys = new Map(); // one for each register and year, so that pressing twice is one fetch
  const data = makeData(context, async () => {
    const [found, fetches, carriers, failed, flows] = await Promise.all([
      api.registers(), api.fetches(), may("body:write") ? api.carriers() : [], api.reports("failed"),
      office.flows(),
    ]);
    return { ...found, fetches, carriers, failed, flows: flows.filter((each) => each.state === "generated") };
  });
  const watching = watch(context, data, (found) => found.fetches.every((each) => each.state !== "fetching"));
  const exporting = exportBox(context, { year, what: "payments", fixed: true });

  function edit(register) {
    acts.said = "";
    editor = registerForm(context, { register, connectors: data.value.connectors,
      carriers: data.value.carriers.filter((each) => each.kind === "sftp"),
      saved: (kept) => {
        data.value.registers = [...data.value.registers.filter((each) => each.code !== kept.code), kept]
          .sort((one, other) => one.code.localeCompare(other.code));
        close(fill(text.saved, { code: kept.code }));
      },
      close: () => close("") });
    context.update();
    document.getElementById("editor")?.focus();
  }
  function close(said) {
    editor = null;
    acts.said = said;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const removal = makeDialog(context, {
    id: "remove", yes: text.remove, text: () => text.removeText,
    title: (register) => fill(text.removeTitle, { code: register.code }),
    act: async (register) => {
      await api.removeRegister(register.code);
      data.value.registers = data.value.registers.filter((each) => each !== register);
      acts.said = fill(text.removed, { code: register.code });
    },
  });
  const reading = makeDialog(context, {
    id: "fetch", danger: false, yes: text.fetch, text: () => text.fetchText,
    title: (register) => fill(text.fetchTitle, { code: register.code }),
    more: () => select("fetch-year", words.position.year, [String(yearNow() + 1), ...years()]
      .map((each) => [each, each]), year, (value) => { year = value; }),
    act: async (register) => {
      const wish = `${register.code} ${year}`;
      if (!keys.has(wish)) keys.set(wish, onceKey());
      const begun = await api.fetchDues(register.code, Number(year), keys.get(wish));
      keys.delete(wish);
      data.value.fetches = [begun, ...data.value.fetches.filter((each) => each.id !== begun.id)];
      acts.said = text.fetching;
      watching.begin();
    },
  });
  const publishing = makeDialog(context, {
    id: "publish", danger: false, yes: text.publish, text: () => text.publishText,
    title: (register) => fill(text.publishTitle, { code: register.code }),
    more: () => select("publish-flow", words.positions.flow, data.value.flows.map((each) => [each.id,
      each.parameters.description || moment(each.created_at, language)]), flow,
    (value) => { flow = value; }),
    act: async (register) => {
      await api.publish(register.code, flow);
      acts.said = text.published;
    },
  });
  function askPublish(register) {
    flow = data.value.flows[0].id;
    publishing.open(register);
  }

  const label = (kind) => data.value.connectors.find((each) => each.name === kind)?.label ?? kind;
  const one = (register) => html`<li class="sheet"><div>
      <p class="creditor">${register.code} <span class="hint">${label(register.kind)}</span></p>
      <p class="hint">${text.ways[register.way]} · ${register.format.toUpperCase()} ·
        ${register.way === "https" ? register.url : register.file}
        ${register.way === "https" ? html` · ${register.secret ? text.secretIs : text.secretIsNot}` : nothing}</p>
    </div>
    ${may("body:write") ? html`<p class="buttons">
      ${rowButton(text.fetch, register.code, () => reading.open(register))}
      ${data.value.flows.length ? rowButton(text.publish, register.code, () => askPublish(register)) : nothing}
      ${rowButton(words.mail.edit, register.code, () => edit(register))}
      ${rowButton(text.remove, register.code, () => removal.open(register))}</p>` : nothing}</li>`;

  const fetchRows = (fetches) => (fetches.length ? table({
    caption: text.fetches,
    columns: [[text.register], [words.position.year], [text.at], [words.state], [text.dues, "number"]],
    rows: fetches,
    cells: (each) => [
      each.batch ? html`<a href=${context.address("import", { id: each.batch })}>${each.register_code}
        <span class="visually-hidden">${text.toImport}</span></a>` : each.register_code,
      each.year, moment(each.created_at, language),
      html`${badge(text.states, each.state)}${each.code ? html`<small>${reason(words, each.code)}</small>` : nothing}
        ${each.words ? html`<small lang="it">${each.words}</small>` : nothing}
        ${each.release ? html`<small>${fill(text.release, { release: each.release })}</small>` : nothing}
        ${each.batch ? html`<small>${text.toImport}</small>` : nothing}`,
      each.batch ? count(each.count, language) : "–",
    ],
  }) : html`<p>${text.noFetches}</p>`);

  const draw = (found) => html`
    ${found.failed.length ? html`<p class="alert alert-danger" role="alert">
      ${fill(text.failed, { n: count(found.failed.length, language) })}
      <a href=${context.address("writebacks", { state: "failed" })}>${words.accounts.writebacks.title}</a></p>` : nothing}
    ${found.registers.length ? html`<ul class="items">${found.registers.map(one)}</ul>` : html`<p>${text.none}</p>`}
    ${may("body:write") ? editor ? editor.view() : html`<p><button type="button" class="btn btn-primary"
      @click=${() => edit(null)}>${icon("plus-circle", "icon-sm icon-white")} ${text.add}</button></p>`
    : html`<p class="alert alert-info">${words.readOnly}</p>`}
    <h2>${text.fetches}</h2>
    <p>${text.fetchesText}</p>
    ${fetchRows(found.fetches)}
    <h2>${words.accounts.writebacks.title}</h2>
    <p>${text.toldText} <a href=${context.address("writebacks")}>${text.toTold}</a></p>
    ${exporting.view()}`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${removal.view()}${reading.view()}${publishing.view()}`;
  return { title: text.title, view, leave: watching.leave };
}
