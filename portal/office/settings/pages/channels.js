// The ways by which notices go out: which there are, their profiles, what to know about them.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import * as office from "../../api.js";
import { makeDialog } from "../../parts/dialog.js";
import { badge, done } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { answer } from "../parts/answer.js";
import { makeEnclosures } from "../parts/enclosures.js";
import { small } from "../parts/fields.js";
import { KINDS } from "../parts/kinds.js";
import { makeReceipts } from "../parts/receipts.js";

export function open(context) {
  const { words, language } = context;
  const text = words.settings.channels;
  const kinds = words.settings.channel.kinds;
  const acts = makeActs(context);
  let tried = null; // {code, answer}
  let receipts = null;
  const data = makeData(context, async () => {
    const [ways, carriers, texts, wishes, accounts] = await Promise.all([
      office.channels(), calls.carriers(), calls.texts(language), calls.wishes(), office.mailAccounts(),
    ]);
    receipts = makeReceipts(context, wishes, accounts);
    return { ways, carriers, texts, accounts };
  });
  const enclosures = makeEnclosures(context);

  const tryOut = (carrier) => acts.run(async () => {
    tried = null;
    tried = { code: carrier.code, answer: await calls.tryCarrier(carrier.code) };
    context.update();
    document.getElementById("answer")?.focus();
  });
  const removal = makeDialog(context, {
    id: "remove", yes: words.settings.remove, text: () => text.removeText,
    title: (carrier) => fill(text.removeTitle, { code: carrier.code }),
    act: async (carrier) => {
      await calls.removeCarrier(carrier.code);
      data.value = { ...data.value, carriers: data.value.carriers.filter((each) => each !== carrier) };
      acts.said = fill(text.removed, { code: carrier.code });
    },
  });

  // ---------------------------------------------------------------- which ways there are
  const isOn = (ways, kind) => ways.find((each) => each.name === kind)?.enabled ?? false;
  const set = (name, { carriers, accounts }) => {
    if (name === "mail") return accounts.length;
    return name === "zip" ? null : carriers.filter((each) => each.kind === name).length;
  };
  const stateOf = (way, found) => {
    if (!way.enabled) return "called_off";
    const count = set(way.name, found);
    return count === null || count ? "done" : "waiting";
  };
  const ways = (found) => table({
    caption: text.ways,
    columns: [[text.way], [words.state], [text.how]],
    rows: found.ways,
    cells: (each) => [
      text.names[each.name] ?? each.title, badge(text.states, stateOf(each, found)),
      html`${text.about[each.name] ?? ""}${each.name === "mail" ? html` <a
        href=${context.address("mail")}>${words.menuOf.mail}</a>` : nothing}`,
    ],
  });

  // ---------------------------------------------------------------- their profiles
  const place = ({ kind, setting }) => {
    if (kind === "sftp" || kind === "ftps") return `${setting.host}:${setting.port} ${setting.folder}`;
    if (kind === "members") return setting.url;
    if (kind === "postal") return setting.provider;
    return setting.enabled ? text.on : text.off;
  };
  const one = (carrier, found) => html`<li class="sheet"><div>
      <p class="creditor">${carrier.code} <span class="hint">${kinds[carrier.kind]}</span></p>
      <p>${place(carrier)}${carrier.setting.purpose ? html` <span class="hint">
        ${words.settings.channel.purposes[carrier.setting.purpose]}</span>` : nothing}</p>
      ${carrier.kind === "postal" ? nothing : html`<p class="hint">${carrier.secrets_set ? text.secret
        : text.noSecret}</p>`}
      ${isOn(found.ways, carrier.kind) ? nothing : html`<p class="hint">${text.notOn}</p>`}
      ${tried?.code === carrier.code ? answer(words, tried.answer) : nothing}
    </div>
    ${may("body:write") ? html`<p class="buttons">
      ${small(words.settings.try, carrier.code, () => tryOut(carrier))}
      <a class="btn btn-outline-primary btn-sm" href=${context.address("channel", { id: carrier.code })}
        >${words.settings.edit}<span class="visually-hidden"> ${carrier.code}</span></a>
      ${small(words.settings.remove, carrier.code, () => removal.open(carrier))}</p>` : nothing}</li>`;

  const draw = (found) => html`${ways(found)}
    <h2>${text.profiles}</h2>
    ${found.carriers.length ? html`<ul class="items">${found.carriers.map((each) => one(each, found))}</ul>`
      : html`<p>${text.none}</p>`}
    ${may("body:write") ? html`<h3>${text.add}</h3><p class="buttons">${KINDS.map((each) => html`<a
      class="btn btn-outline-primary btn-sm" href=${context.address("channel", { kind: each })}
      >${kinds[each]}</a>`)}</p>` : nothing}
    ${receipts.view()}${enclosures.view()}
    <h2>${text.help}</h2>
    <details class="box"><summary>${text.appio}</summary>
      <dl class="facts">${found.texts.appio.map((each) => html`<div>
        <dt>${text.topics[each.topic] ?? each.topic}</dt><dd>${each.text}</dd></div>`)}</dl></details>
    <details class="box"><summary>${text.website}</summary><p>${fill(text.websiteText, {
      file: found.texts.index_file, columns: found.texts.index_columns.join(", ") })}</p></details>
    <details class="box"><summary>${text.folder}</summary><p>${text.folderText}</p></details>
    <details class="box"><summary>${text.letters}</summary><p>${found.texts.disclaimer}</p></details>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${may("body:write") ? nothing : html`<p class="alert alert-info">${words.readOnly}</p>`}
    ${done(acts.said)}${acts.problem()}${data.view(draw)}${removal.view()}`;
  return { title: text.title, view };
}
