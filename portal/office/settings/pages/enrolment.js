// The enrolment with pagoPA (Self Care, Area Riservata): what it asks for, ready to be copied, and
// what is still missing here.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { icon } from "../../../parts/icon.js";
import { badge } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData } from "../../parts/work.js";
import * as calls from "../calls.js";
import { small } from "../parts/fields.js";

// Where each thing is put right.
const PLACE = {
  creditor: "body", ipa: "body", cbill: "body", stations: "body", contacts: "body", logo: "body",
  accounts: "ibans", postal: "ibans", services: "services", taxonomy: "services",
};

export function open(context) {
  const { words } = context;
  const text = words.settings.enrolment;
  let copied = "";
  const data = makeData(context, async () => {
    const [body, list, services, connection] = await Promise.all([
      calls.body(), calls.checklist(), calls.services(), calls.connection(),
    ]);
    return { body, list, services: services.filter((each) => each.active), connection };
  });

  async function copy(label, value) {
    try {
      await navigator.clipboard.writeText(value);
      copied = label;
      context.announce(fill(text.copied, { name: label }));
    } catch {
      copied = "";
      context.announce(text.notCopied);
    }
    context.update();
  }

  const ids = (found) => table({
    caption: text.ids,
    columns: [[text.name], [text.value], [text.copying]],
    rows: idsOf(found),
    cells: ([label, value]) => [label, html`<span class="secret">${value}</span>`,
      small(copied === label ? text.done : text.copy, label, () => copy(label, value))],
  });

  const idsOf = ({ body, services }) => {
    const settings = words.settings;
    const own = [
      [settings.body.name, body.name], [settings.body.fiscalCode, body.fiscal_code],
      [settings.body.ipa, body.ipa], [settings.body.cbill, body.cbill],
      [settings.body.contact.mail, body.contacts.mail], [settings.body.contact.pec, body.contacts.pec],
    ];
    for (const each of body.segregations) {
      const of = (label) => `${label} – ${each.name || each.partner}`;
      own.push([of(settings.body.partnerCode), each.partner], [of(settings.body.segregationCode), each.code]);
      own.push(...each.stations.map((one, at) => [of(fill(text.station, { n: at + 1 })), one]));
    }
    own.push(...body.accounts.map((each, at) => [fill(text.iban, { n: at + 1 }), each.iban]));
    const codes = [...new Set(services.map((each) => each.taxonomy))];
    own.push(...codes.map((each) => [fill(text.taxonomyOf, { name: services
      .filter((one) => one.taxonomy === each).map((one) => one.subject).join(", ") }), each]));
    return own.filter(([, value]) => value);
  };

  const item = ([name, there]) => html`<li>${icon(there ? "check-circle" : "close-circle",
      `icon-sm ${there ? "icon-success" : "icon-danger"}`)}
    <span class="visually-hidden">${there ? text.there : text.notThere}:</span> ${text.items[name] ?? name}
    ${there ? nothing : html` <a href=${context.address(PLACE[name] ?? "body")}>${text.mend}<span
      class="visually-hidden"> ${text.items[name] ?? name}</span></a>`}</li>`;

  const draw = (found) => html`
    <p>${badge({ done: text.ready, waiting: text.notReady }, found.list.ready ? "done" : "waiting")}</p>
    <h2>${text.checks}</h2>
    <ul class="checks">${Object.entries(found.list.items).map(item)}</ul>
    ${found.list.warnings.map((each) => html`<p class="alert alert-warning">${text.warnings[each] ?? each}</p>`)}
    ${found.body ? html`<h2>${text.ids}</h2><p>${text.idsText}</p>
      ${ids(found)}` : html`<p>${words.settings.noBody}
        <a href=${context.address("body")}>${words.menuOf.body}</a></p>`}
    <h2>${text.stepsTitle}</h2>
    <ol>${text.steps.map((each) => html`<li>${each}</li>`)}</ol>
    <p>${text.model} ${found.connection?.version
      ? html`<strong>${words.settings.pagopa.modes[found.connection.mode]}</strong>`
      : html`<a href=${context.address("pagopa")}>${words.menuOf.pagopa}</a>`}</p>`;

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>${data.view(draw)}`;
  return { title: text.title, view };
}
