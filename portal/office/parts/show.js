// How the office shows what it shows everywhere: states, instants, files, notes of success.

import { html, nothing } from "../../lit.js";
import { ApiError } from "../../wire.js";
import { icon } from "../../parts/icon.js";

const COLOURS = {
  valid: "primary", published: "primary", listed: "primary", checked: "primary", running: "primary",
  paid: "success", reported: "success", paid_outside: "success", imported: "success",
  generated: "success", done: "success", sent: "success",
  partially_paid: "warning", uncertain: "warning", waiting: "warning", halted: "danger",
  expired: "danger", failed: "danger",
  cashed: "success", exact: "success", prefix: "success", single: "success", linked: "success",
  kept: "success", read: "success", proposed: "warning", awaited: "warning", none: "warning",
  differs: "danger", anomalous: "danger", refused: "danger", revoked: "danger",
  posted: "success", verified: "success", issued: "success", to_send: "warning",
  incomplete: "danger", partly: "warning", not_verified: "warning", asking: "warning",
};
const LOCALES = { it: "it-IT", en: "en-GB", fr: "fr-FR", es: "es-ES" };

/** `texts`: what each state is called; `colour` where another page means something else by its name. */
export const badge = (texts, name, colour = COLOURS[name] ?? "secondary") => html`<span
  class="badge state-${colour}"
  >${texts[name] ?? name}</span>`;

/** An instant as the clocks of Italy show it. */
export function moment(stamp, language) {
  if (!stamp) return "";
  const how = { dateStyle: "short", timeStyle: "short", timeZone: "Europe/Rome" };
  return new Intl.DateTimeFormat(LOCALES[language], how).format(new Date(stamp));
}

/** 2026-06-30 as 30/06/2026. */
export function shortDay(text, language) {
  if (!text) return "";
  const how = { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(LOCALES[language], how).format(new Date(`${text}T12:00:00Z`));
}

/** The last second of a day in Italy, winter or summer. */
export function endOfDay(day) {
  const how = { hour: "2-digit", hourCycle: "h23", timeZone: "Europe/Rome" };
  const winter = new Date(`${day}T22:59:59.000Z`);
  const isWinter = new Intl.DateTimeFormat("en", how).format(winter) === "23";
  return isWinter ? winter.toISOString() : `${day}T21:59:59.000Z`;
}

/** The day of an instant in Italy, as a field for days takes it; "" for none. */
export function dayOf(stamp) {
  if (!stamp) return "";
  const how = { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Europe/Rome" };
  return new Intl.DateTimeFormat("sv-SE", how).format(new Date(stamp));
}

export const count = (value, language) => new Intl.NumberFormat(LOCALES[language]).format(value);

/** The whole of an address of the web, "" of any other. */
export function addressOf(url) {
  const target = new URL(url, location.href);
  return ["https:", "http:"].includes(target.protocol) ? target.href : "";
}

/** Fetches what the server gave a link for; it always comes as a download. */
export function follow({ url, file_name: name }) {
  const address = addressOf(url);
  if (!address) throw new ApiError("unreadable");
  const link = document.createElement("a");
  link.href = address;
  link.download = name ?? "";
  document.body.append(link);
  link.click();
  link.remove();
}

export const done = (text) => (text ? html`<p class="alert alert-success" role="status">
  ${icon("check-circle", "icon-sm icon-success")} ${text}</p>` : nothing);

export function progress(label, value, most) {
  return html`<div class="progress-row"><label for="progress">${label}</label>
    <progress id="progress" max=${Math.max(most, 1)} value=${value}></progress></div>`;
}
