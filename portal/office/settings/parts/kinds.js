// The kinds of carriers: for each what its form begins with, asks, and gives to the API.

import { html, nothing } from "../../../lit.js";
import { centsOf } from "../../../format.js";
import { secret, small, tick, ticked, ticks } from "./fields.js";
import { makeRows } from "./rows.js";

export const KINDS = ["sftp", "ftps", "members", "appio", "postal"];
const PURPOSES = ["own", "website", "postal"];
const LOGINS = ["bearer", "basic", "header"];
const EVENTS = ["to_pay", "paid", "revoked"];
const ORIGINS = ["dues", "spontaneous"];
export const TOLD = ["tax_code", "name", "iuv", "notice_number", "year", "amount", "cents", "due",
  "subject", "file_name", "content", "content_type", "sha256"];
const USUAL = { tax_code: "tax_code", iuv: "iuv", file_name: "file_name", content: "content" };
const HOST = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

const trimmed = (typed, names) => Object.fromEntries(names.map((each) => [each, typed[each]?.trim() ?? ""]));
const whole = (text, most) => /^\d{1,6}$/.test(text ?? "") && Number(text) >= 1 && Number(text) <= most;

/** A folder of a server: SFTP and FTPS ask nearly the same. */
function area(kind) {
  return ({ words, form, isSet }) => {
    const text = words.settings.channel;
    const own = kind === "sftp" ? ["fingerprint"] : ["authority"];
    return {
      begin: (setting) => ({ purpose: "own", ...setting, port: String(setting.port ?? (kind === "sftp" ? 22 : 21)) }),
      check: (typed) => ({
        ...(HOST.test(typed.host?.trim() ?? "") ? {} : { host: words.codes.area_host }),
        ...(whole(typed.port, 65_535) ? {} : { port: words.codes.area_port }),
        ...(typed.user?.trim() ? {} : { user: words.settings.missing }),
      }),
      setting: (typed) => ({ ...trimmed(typed, ["host", "user", "folder", ...own]),
        purpose: typed.purpose || "own", port: Number(typed.port) }),
      secrets: (typed) => ({ password: typed.password ?? "",
        ...(kind === "sftp" ? { key: typed.key?.trim() ? `${typed.key.trim()}\n` : "",
          passphrase: typed.passphrase ?? "" } : {}) }),
      view: () => html`<div class="filters">
          ${form.text("host", text.host, { most: 253 })}
          ${form.text("port", words.mail.port, { inputmode: "numeric", most: 5 })}
          ${form.text("folder", text.folder, { optional: true, most: 300, hint: text.folderHint })}
        </div>
        ${form.choice("purpose", text.purpose, PURPOSES.map((each) => [each, text.purposes[each]]))}
        ${form.values.purpose === "website" ? html`<p class="hint">${text.websiteText}</p>` : nothing}
        ${kind === "sftp" ? form.text("fingerprint", text.fingerprint, {
          optional: true, most: 60, hint: text.fingerprintHint })
          : form.area("authority", text.authority, { optional: true, most: 20_000, hint: text.authorityHint })}
        <h2>${text.secrets}</h2><div class="filters">
          ${form.text("user", words.mail.user, { most: 100 })}
          ${secret(words, form, "password", words.login.password, isSet)}
        </div>
        ${kind === "sftp" ? html`<details ?open=${Boolean(form.errors.key)}><summary>${text.byKey}</summary>
          ${form.area("key", text.key, { optional: true, most: 20_000, hint: text.keyHint })}
          ${secret(words, form, "passphrase", text.passphrase, false)}</details>` : nothing}`,
    };
  };
}

function members({ context, words, form, isSet }) {
  const text = words.settings.channel;
  const fields = makeRows(context, form, "told", ["ours", "theirs"]);
  const constants = makeRows(context, form, "constant", ["name", "value"]);
  const pairs = (rows, one, other) => Object.fromEntries(rows.all()
    .filter((each) => each[one]).map((each) => [each[one].trim(), each[other].trim()]));
  return {
    begin: (setting) => {
      for (const [ours, theirs] of Object.entries(setting.fields ?? USUAL)) fields.add({ ours, theirs });
      for (const [name, value] of Object.entries(setting.constants ?? {})) constants.add({ name, value });
      return { login: "bearer", method: "POST", ...setting };
    },
    check: (typed) => ({
      ...(/^https:\/\/\S+$/.test(typed.url?.trim() ?? "") ? {} : { url: words.codes.members_address }),
      ...(/^[a-z0-9_-]{1,40}$/.test(typed.profession?.trim() ?? "") ? {}
        : { profession: words.codes.members_profession }),
      ...(typed.login === "header" && !typed.header?.trim() ? { header: words.codes.members_header } : {}),
      ...(fields.all().some((each) => each.ours === "content" && each.theirs.trim()) ? {}
        : { "more-fields": words.codes.members_fields }),
    }),
    setting: (typed) => ({
      ...trimmed(typed, ["url", "profession", "probe", "authority"]), login: typed.login,
      method: typed.method, header: typed.login === "header" ? typed.header.trim() : "",
      fields: pairs(fields, "ours", "theirs"), constants: pairs(constants, "name", "value"),
    }),
    secrets: (typed) => ({ key: typed.key ?? "" }),
    view: () => html`
      ${form.text("url", text.url, { most: 1000, hint: text.urlHint })}
      <div class="filters">
        ${form.text("profession", text.profession, { most: 40, hint: text.professionHint })}
        ${form.choice("method", text.method, [["POST", "POST"], ["PUT", "PUT"]])}
        ${form.choice("login", text.login, LOGINS.map((each) => [each, text.logins[each]]))}
        ${form.values.login === "header" ? form.text("header", text.header, { most: 60 }) : nothing}
        ${secret(words, form, "key", form.values.login === "basic" ? text.basicKey : text.membersKey, isSet, 4000)}
      </div>
      ${form.text("probe", text.probe, { optional: true, most: 1000, hint: text.probeHint })}
      <fieldset class="group"><legend>${text.fields}</legend><p class="hint">${text.fieldsText}</p>
        ${fields.keys.map((key) => html`<div class="filters">
          ${form.choice(fields.name(key, "ours"), text.ours, TOLD.map((each) => [each, text.told[each]]))}
          ${form.text(fields.name(key, "theirs"), text.theirs, { most: 60 })}
          <div class="row-field">${small(words.settings.remove, fields.get(key, "theirs"),
            () => fields.drop(key, "more-fields"))}</div></div>`)}
        <p><button type="button" id="more-fields" class="btn btn-outline-primary btn-sm"
          @click=${fields.more}>${text.moreFields}</button></p></fieldset>
      <fieldset class="group"><legend>${text.constants}</legend><p class="hint">${text.constantsText}</p>
        ${constants.keys.map((key) => html`<div class="filters">
          ${form.text(constants.name(key, "name"), text.theirs, { most: 60 })}
          ${form.text(constants.name(key, "value"), text.value, { most: 300 })}
          <div class="row-field">${small(words.settings.remove, constants.get(key, "name"),
            () => constants.drop(key, "more-constants"))}</div></div>`)}
        <p><button type="button" id="more-constants" class="btn btn-outline-primary btn-sm"
          @click=${constants.more}>${text.moreConstants}</button></p></fieldset>
      ${form.area("authority", text.authority, { optional: true, most: 20_000, hint: text.authorityHint })}`,
  };
}

function appio({ words, form, isSet, services }) {
  const text = words.settings.channel;
  const codes = services.map((each) => each.code);
  // One that was retired is there only while it is still chosen.
  const isOffered = ({ active, code }) => active || form.values[`services-${code}`];
  return {
    begin: ({ enabled = true, events = EVENTS, automatic = [], services: told = [], payee, most_cents: most,
      per_minute: pace = 300 }) => {
      const values = { enabled, payee, pace: String(pace), all: !told.length,
        most: most ? `${Math.floor(most / 100)},${String(most % 100).padStart(2, "0")}` : "" };
      const mark = (name, found) => found.forEach((each) => { values[`${name}-${each}`] = true; });
      mark("events", events);
      mark("automatic", automatic);
      mark("services", told);
      return values;
    },
    check: (typed) => ({
      ...(whole(typed.pace, 6_000) ? {} : { pace: words.mail.numberWrong }),
      ...(!typed.most?.trim() || centsOf(typed.most) !== null ? {}
        : { most: words.settings.pricing.amountWrong }),
      ...(typed.all || ticked(typed, "services", codes).length ? {} : { all: text.servicesMissing }),
    }),
    setting: (typed) => ({
      enabled: Boolean(typed.enabled), payee: Boolean(typed.payee), per_minute: Number(typed.pace),
      most_cents: typed.most?.trim() ? centsOf(typed.most) : 0, events: ticked(typed, "events", EVENTS),
      automatic: ticked(typed, "automatic", ORIGINS),
      services: typed.all ? [] : ticked(typed, "services", codes),
    }),
    secrets: (typed) => ({ key: typed.key ?? "" }),
    view: () => html`
      ${tick(form, "enabled", text.enabled, text.enabledHint)}
      ${secret(words, form, "key", text.appioKey, isSet, 200)}
      ${ticks(form, "events", text.events, EVENTS.map((each) => [each, text.event[each]]))}
      ${ticks(form, "automatic", text.automatic, ORIGINS.map((each) => [each, words.position.origins[each]]))}
      <fieldset class="group"><legend>${text.services}</legend>
        ${tick(form, "all", text.allServices)}
        ${form.values.all ? nothing : services.filter(isOffered).map((each) => tick(form, `services-${each.code}`, each.subject))}
      </fieldset>
      <div class="filters">
        ${form.text("most", text.mostCents, { optional: true, inputmode: "decimal", most: 15, hint: text.mostHint })}
        ${form.text("pace", words.mail.perMinute, { inputmode: "numeric", most: 4 })}
      </div>
      ${tick(form, "payee", text.payee, text.payeeHint)}`,
  };
}

function postal({ words, form, carriers }) {
  const text = words.settings.channel;
  const areas = carriers.filter((each) => each.setting.purpose === "postal");
  return {
    begin: (setting) => ({ ...setting }),
    check: (typed) => (typed.provider?.trim() ? {} : { provider: words.settings.missing }),
    setting: (typed) => ({ provider: typed.provider.trim(), area: typed.area ?? "" }),
    secrets: () => ({}),
    view: () => html`<div class="filters">
      ${form.text("provider", text.provider, { most: 100 })}
      ${form.choice("area", text.area, areas.map((each) => [each.code, `${each.code} – ${each.setting.host}`]),
        { optional: true, none: text.byHand, hint: text.areaHint })}</div>`,
  };
}

/** `kind`'s form: {begin(setting), check(typed), setting(typed), secrets(typed), view()}. */
export const makeKind = (kind, given) => ({
  sftp: area("sftp"), ftps: area("ftps"), members, appio, postal,
})[kind](given);
