// The body itself: its codes, how people reach it, its partners and their segregation codes, how
// dues come in, until when a payment outside the node may be recorded, its logo.

import { html, nothing } from "../../../lit.js";
import { isMail, isTaxCode } from "../../../codes.js";
import { day } from "../../../format.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { done } from "../../parts/show.js";
import { makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { small, tick, ticked, ticks } from "../parts/fields.js";
import { cleanIban, isIban } from "../parts/iban.js";
import { makeLogo } from "../parts/logo.js";
import { refusalOf } from "../parts/refusal.js";
import { makeRows } from "../parts/rows.js";

const MODES = ["file", "register_isi", "register_external", "accounting"];
const CONTACTS = ["office", "phone", "mail", "pec", "website", "accessibility_url", "privacy_url"];
const PRINTED = CONTACTS.slice(0, 5);
const PRINTED_CHARS = 100;
const PARTNER = ["code", "partner", "name", "stations"];

export function open(context) {
  const { words, language } = context;
  const text = words.settings.body;
  let kept = null;
  let form = null;
  let partners = null;
  let logo = null;
  let said = "";
  const data = makeData(context, async () => {
    kept = await calls.body();
    begin();
    showLogo();
    return { kept };
  });

  function showLogo() {
    if (!kept) return; // a picture needs a setting to be of
    logo ??= makeLogo(context, () => kept.logo, (body) => { kept = body; }, (what) => { said = what; });
  }

  function begin() {
    const { fiscal_code, name, sector, ipa, cbill, site, counter, outside_until } = kept ?? {};
    const values = {
      fiscal_code, name, sector, ipa, cbill, site, counter, ...kept?.contacts,
      outside: Boolean(outside_until), outside_until, segregation: kept?.segregation,
    };
    for (const each of MODES) values[`modes-${each}`] = kept ? kept.modes.includes(each) : true;
    form = makeForm(context, { values, check, act: save, refused });
    partners = makeRows(context, form, "partner", PARTNER);
    for (const each of kept?.segregations ?? [{}]) {
      partners.add({ ...each, stations: each.stations?.join(", ") });
    }
  }

  // ---------------------------------------------------------------- what is sent
  const listed = (typed) => typed.split(/[\s,;]+/).filter(Boolean);
  const codes = () => partners.all().map((each) => each.code.trim());
  const chosen = (typed) => (codes().includes(typed.segregation) ? typed.segregation
    : codes().length === 1 ? codes()[0] : "");
  const printed = (typed) => PRINTED.map((each) => typed[each]?.trim()).filter(Boolean).join(" · ");

  function check(typed) {
    const need = (name) => (typed[name]?.trim() ? {} : { [name]: words.settings.missing });
    const address = (name) => (!typed[name]?.trim() || isMail(typed[name].trim()) ? {}
      : { [name]: words.mailWrong });
    const link = (name) => (/^(https:\/\/\S+)?$/.test(typed[name]?.trim() ?? "") ? {}
      : { [name]: text.linkWrong });
    const wrong = {
      ...(isBody(typed.fiscal_code) ? {} : { fiscal_code: words.codes.creditor_code_malformed }),
      ...need("name"), ...address("mail"), ...address("pec"),
      ...link("accessibility_url"), ...link("privacy_url"),
      ...(printed(typed).length > PRINTED_CHARS ? { office: text.contactsLong } : {}),
      ...(typed.outside && !typed.outside_until ? { outside_until: text.outsideMissing } : {}),
    };
    for (const key of partners.keys) {
      const own = partners.read(key);
      const mark = (field, code) => { wrong[partners.name(key, field)] = words.codes[code]; };
      if (!/^\d{2}$/.test(own.code.trim())) mark("code", "segregation_code_malformed");
      if (!isBody(own.partner)) mark("partner", "partner_code_malformed");
      const start = `${own.partner.trim()}_`;
      if (!listed(own.stations).every((each) => each.startsWith(start) && /_\d{2}$/.test(each))) {
        mark("stations", "station_malformed");
      }
    }
    if (!chosen(typed)) wrong.segregation = words.codes.segregation_code_unknown;
    if (!kept && !isIban(cleanIban(typed.iban ?? ""))) wrong.iban = words.codes.iban_malformed;
    return { ...wrong, ...(kept ? {} : need("holder")) };
  }

  async function save(typed) {
    const clean = (name) => typed[name]?.trim() ?? "";
    const first = [{ iban: cleanIban(typed.iban ?? ""), holder: clean("holder") }];
    kept = await calls.saveBody({
      ...(kept ?? { accounts: first, version: 0 }),
      fiscal_code: clean("fiscal_code"), name: clean("name"), sector: clean("sector"),
      ipa: clean("ipa"), cbill: clean("cbill").toUpperCase(), site: Boolean(typed.site),
      counter: clean("counter"), segregation: chosen(typed),
      contacts: Object.fromEntries(CONTACTS.map((each) => [each, clean(each)])),
      segregations: partners.all().map((each) => ({
        code: each.code.trim(), partner: each.partner.trim(), name: each.name.trim(),
        stations: listed(each.stations),
      })),
      outside_until: typed.outside ? typed.outside_until : null,
      modes: ticked(typed, "modes", MODES),
    });
    begin();
    showLogo();
    said = text.saved;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const rowOf = (field, wanted) => {
    const at = partners.all().findIndex(wanted);
    return partners.place(Math.max(at, 0), field);
  };
  const refused = refusalOf(words, {
    creditor_code_malformed: "fiscal_code", ipa_malformed: "ipa", cbill_malformed: "cbill",
    segregation_code_unknown: "segregation", iban_malformed: "iban", iban_check: "iban",
    segregation_code_taken: ({ segregation }) => rowOf("code", (each) => each.code === segregation),
    segregation_code_used: ({ segregation }) => rowOf("code", (each) => each.code === segregation),
    segregation_code_repeated: () => rowOf("code", () => true),
    partner_code_malformed: ({ segregation }) => rowOf("partner", (each) => each.code === segregation),
    station_malformed: ({ station }) => rowOf("stations", (each) => each.stations.includes(station)),
    notice_field_too_long: ({ field }) => ({ info: "office", creditor_name: "name" })[field] ?? field,
    notice_field_characters: ({ field }) => ({ info: "office", creditor_name: "name" })[field] ?? field,
  }, (path) => {
    const [head, at, field] = path.split(".");
    if (head === "segregations") return partners.place(Number(at), field ?? "code");
    return head === "contacts" ? at : head;
  });

  // ---------------------------------------------------------------- what is seen
  const one = (key) => {
    const own = partners.read(key);
    const name = (field) => partners.name(key, field);
    return html`<fieldset class="group"><legend>${own.name || own.code || text.partner}</legend>
      <div class="filters">
        ${form.text(name("code"), text.segregationCode, { inputmode: "numeric", most: 2 })}
        ${form.text(name("partner"), text.partnerCode, { inputmode: "numeric", most: 11 })}
        ${form.text(name("name"), text.partnerName, { optional: true, most: 50 })}
      </div>
      ${form.text(name("stations"), text.stations, { optional: true, most: 300, hint: text.stationsHint })}
      ${partners.keys.length > 1 ? small(words.settings.remove, own.name || own.code,
        () => partners.drop(key, "more-partners")) : nothing}</fieldset>`;
  };

  const editor = () => html`<form novalidate @submit=${form.submit} aria-label=${text.title}>
    ${form.summary()}
    <section class="box"><h2>${text.who}</h2>
      ${form.text("name", text.name, { most: 50, hint: text.nameHint })}
      <div class="filters">
      ${form.text("fiscal_code", text.fiscalCode, { inputmode: "numeric", most: 11 })}
      ${form.text("sector", text.sector, { optional: true, most: 50 })}
      ${form.text("ipa", text.ipa, { optional: true, most: 20 })}
      ${form.text("cbill", text.cbill, { optional: true, most: 7 })}
    </div><p class="hint">${text.cbillHint}</p></section>
    <section class="box" @change=${() => context.update()}><h2>${text.partners}</h2>
      <p>${text.partnersText}</p>
      ${partners.keys.map(one)}
      <p><button type="button" class="btn btn-outline-primary btn-sm" id="more-partners"
        @click=${partners.more}>${text.morePartners}</button></p>
      ${codes().length > 1 || form.errors.segregation ? form.choice("segregation", text.segregation,
        codes().filter(Boolean).map((each) => [each, each]), { hint: text.segregationHint }) : nothing}
    </section>
    ${kept ? nothing : html`<section class="box"><h2>${text.account}</h2><p>${text.accountText}</p>
      <div class="filters">
        ${form.text("iban", words.settings.ibans.iban, { capitals: true, most: 42 })}
        ${form.text("holder", words.settings.ibans.holder, { most: 50 })}
      </div></section>`}
    <section class="box"><h2>${text.contacts}</h2><p>${text.contactsText}</p><div class="filters">
      ${PRINTED.map((each) => form.text(each, text.contact[each], { optional: true, most: 50 }))}</div>
      ${CONTACTS.slice(5).map((each) => form.text(each, text.contact[each], {
        optional: true, most: 300, type: "url", hint: text.linkHint }))}
    </section>
    <section class="box"><h2>${text.paying}</h2>
      ${tick(form, "site", text.site)}
      ${form.text("counter", text.counter, { optional: true, most: 50, hint: text.counterHint })}
      ${tick(form, "outside", text.outside, text.outsideHint)}
      ${form.values.outside ? form.text("outside_until", text.outsideUntil, { type: "date" }) : nothing}
    </section>
    <section class="box"><h2>${text.modes}</h2><p>${text.modesText}</p>
      ${ticks(form, "modes", text.modesLegend, MODES.map((each) => [each, text.mode[each]]))}</section>
    <p class="buttons">${form.button(words.settings.save)}</p>
  </form>`;

  const seen = () => (kept ? facts([
    [text.name, kept.name], [text.fiscalCode, kept.fiscal_code], [text.sector, kept.sector],
    [text.ipa, kept.ipa], [text.cbill, kept.cbill],
    ...kept.segregations.map((each) => [`${text.segregationCode} ${each.code}`,
      `${each.name} ${each.partner} ${each.stations.join(", ")}`]),
    ...CONTACTS.map((each) => [text.contact[each], kept.contacts[each]]),
    [text.outsideUntil, kept.outside_until && day(kept.outside_until, language)],
    [text.modes, kept.modes.map((each) => text.mode[each]).join(", ")],
  ]) : html`<p>${text.nothing}</p>`);

  const view = () => html`<h1 tabindex="-1">${text.title}</h1>
    <p class="lead">${text.lead}</p>
    ${done(said)}
    ${data.view(() => html`
      ${may("body:write") ? editor() : html`<p class="alert alert-info">${words.readOnly}</p>${seen()}`}
      ${logo?.view() ?? nothing}`)}`;
  return { title: text.title, view };
}

const isBody = (text) => /^\d{11}$/.test(text?.trim() ?? "") && isTaxCode(text.trim());
