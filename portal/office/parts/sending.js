// The ways by which notices may go out: which of them are ready, what each asks, and what it will do.

import { html, nothing } from "../../lit.js";
import { fill } from "../../language.js";
import { tick, ticked, ticks } from "../settings/parts/fields.js";

// Those that have nothing to be set up; mail is offered even without an account, and says so.
const READY = ["mail", "zip"];
// What App IO sends has no PDF.
const PRINTED = ["mail", "zip", "sftp", "ftps", "members", "postal"];
const SECONDS = ["person", "en", "fr", "de", "sl"];

/** `form`: the one that its fields are part of. `take(setting)` before anything is drawn:
 * {channels, accounts, carriers, texts, enclosures}. */
export function makeWays(context, form) {
  const { words } = context;
  const text = words.deliveries;
  let setting = null;
  let names = [];

  const channel = () => form.values.channel;
  const nameOf = (name) => text.channels[name] ?? name;
  const profiles = (name) => setting.carriers.filter((each) => each.kind === name
    && each.setting.purpose !== "postal" && (name !== "appio" || each.setting.enabled));
  /** The only one is the chosen one. */
  const profile = (typed) => {
    const found = profiles(typed.channel);
    return found.find((each) => each.code === typed.profile) ?? (found.length === 1 ? found[0] : null);
  };

  function take(found) {
    setting = found;
    names = found.channels.filter((each) => each.enabled
      && (READY.includes(each.name) || profiles(each.name).length)).map((each) => each.name);
    if (!names.includes(channel())) form.values.channel = names[0] ?? "";
  }

  function check(typed, isPreview = false) {
    const wrong = {};
    if (!typed.channel) wrong.channel = text.channelMissing;
    if (typed.channel === "mail") {
      if (!typed.account && typed.to !== "pec") wrong.account = text.accountMissing;
      if (!typed.pec && typed.to !== "mail") wrong.pec = text.accountMissing;
    } else if (typed.channel && !READY.includes(typed.channel) && !profile(typed)) {
      wrong.profile = text.profileMissing;
    }
    if (typed.channel === "postal" && !typed.accepted && !isPreview) {
      wrong.accepted = text.acceptedMissing;
    }
    return wrong;
  }

  /** As the API wants it; what is as always is not said. */
  function wanted(typed) {
    const found = { channel: typed.channel };
    const options = {};
    if (typed.channel === "mail") {
      options.to = typed.to;
      if (typed.to === "both") options.pec_profile = typed.pec;
      found.profile = typed.to === "pec" ? typed.pec : typed.account;
    } else if (!READY.includes(typed.channel)) {
      found.profile = profile(typed).code;
    }
    if (PRINTED.includes(typed.channel)) {
      if (typed.second) options.second = typed.second;
      if (typed.noSlip) options.slip = false;
    }
    if (typed.channel === "postal") {
      options.disclaimer = setting.texts.disclaimer_version;
      options.attachments = ticked(typed, "enclosure", setting.enclosures.map((each) => each.code));
      options.accept_late = Boolean(typed.late);
    }
    if (Object.keys(options).length) found.options = options;
    return found;
  }

  // ---------------------------------------------------------------- what each asks
  const label = (account) => [account.code, `${account.code} – ${account.address}`];
  const mail = () => {
    const of = (kind) => setting.accounts.filter((each) => each.kind === kind).map(label);
    const { to } = form.values;
    return html`${form.choice("to", text.by, Object.entries(text.bys))}
      ${to !== "pec" ? form.choice("account", text.account, of("mail")) : nothing}
      ${to !== "mail" ? form.choice("pec", text.pec, of("pec")) : nothing}`;
  };
  const placeOf = ({ kind, code, setting: own }) => ({
    sftp: `${own.host}/${own.folder}`, ftps: `${own.host}/${own.folder}`,
    members: hostOf(own.url), postal: own.provider,
  })[kind] ?? code;

  const which = () => {
    const found = profiles(channel());
    if (READY.includes(channel()) || found.length < 2) return nothing;
    return form.choice("profile", text.profile, found.map((each) => [each.code,
      placeOf(each) === each.code ? each.code : `${each.code} – ${placeOf(each)}`]));
  };

  /** In words, before anything is pressed. */
  function does() {
    const chosen = READY.includes(channel()) ? null : profile(form.values);
    if (!READY.includes(channel()) && !chosen) return nothing;
    const own = chosen?.setting ?? {};
    const place = chosen ? placeOf(chosen) : "";
    return html`<p class="alert alert-info" id="does">${fill(text.does[channel()], { place })}
      ${own.purpose === "website" ? fill(text.withIndex, { file: setting.texts.index_file }) : nothing}
      ${channel() === "appio" && own.services?.length
        ? fill(text.onlyServices, { services: own.services.join(", ") }) : nothing}</p>`;
  }

  const letters = () => html`
    ${setting.enclosures.length ? ticks(form, "enclosure", text.enclosures,
      setting.enclosures.map((each) => [each.code, each.file_name])) : html`<p>${text.noEnclosures}
        <a href=${context.address("channels")}>${words.menuOf.channels}</a></p>`}
    ${tick(form, "late", text.late, text.lateHint)}
    <p class="letter-text">${setting.texts.disclaimer}</p>
    <div class=${form.errors.accepted ? "is-wrong" : ""}>
      ${form.errors.accepted ? html`<p class="wrong" id="accepted-error">${form.errors.accepted}</p>` : nothing}
      ${tick(form, "accepted", text.accepted)}</div>`;

  const printing = () => html`<details><summary>${text.printing}</summary>
    <div class="filters">${form.choice("second", text.second, SECONDS.map((each) => [each,
      text.seconds[each]]), { optional: true, unsaid: true, none: text.noSecond })}</div>
    ${tick(form, "noSlip", text.noSlip, text.noSlipHint)}</details>`;

  return {
    take, check, wanted,
    names: () => names,
    view: () => html`<div class="filters">
        ${form.choice("channel", text.channel, names.map((each) => [each, nameOf(each)]))}
        ${channel() === "mail" ? mail() : which()}
        ${form.text("undo", text.undo, { optional: true, unsaid: true, inputmode: "numeric", most: 4,
          hint: text.undoHint })}
      </div>
      ${channel() === "mail" && !setting.accounts.length ? html`<p class="alert alert-warning">
        ${text.noAccounts} <a href=${context.address("mail")}>${words.menuOf.mail}</a></p>` : does()}
      ${channel() === "postal" ? letters() : nothing}
      ${PRINTED.includes(channel()) ? printing() : nothing}`,
  };
}

const hostOf = (url) => {
  try {
    return new URL(url.replace(/[{}]/g, "")).host;
  } catch {
    return url; // as somebody wrote it
  }
};
