// Amounts, days and numbers as each language writes them.

const LOCALES = { it: "it-IT", en: "en-GB", fr: "fr-FR", es: "es-ES" };

export function amount(cents, language) {
  // As on paper, where a thousand has its point in every language.
  const how = { style: "currency", currency: "EUR", useGrouping: "always" };
  return new Intl.NumberFormat(LOCALES[language], how).format(cents / 100);
}

/** "2026-03-31", or an instant, as a day of Rome. */
export function day(text, language) {
  const at = new Date(text.length === 10 ? `${text}T12:00:00Z` : text);
  const how = { day: "numeric", month: "long", year: "numeric", timeZone: "Europe/Rome" };
  return new Intl.DateTimeFormat(LOCALES[language], how).format(at);
}

/** By fours, as it is printed on the notice. */
export function grouped(notice) {
  return notice.replace(/(.{4})(?=.)/g, "$1\u00a0");
}

/** What somebody wrote as an amount, in cents: "12", "12,5", "1.234,56", "1,234.56"; else null. */
export function centsOf(text) {
  const bare = text.replace(/[\s\u00a0€]/g, "");
  const found = /^(\d{1,3}(?:[.,]\d{3})+|\d{1,9})(?:[.,](\d{1,2}))?$/.exec(bare);
  if (!found) return null;
  const whole = Number(found[1].replace(/[.,]/g, ""));
  return whole * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

/** Cents as somebody would type them: the way back of `centsOf`. */
export const typedOf = (cents) => `${Math.floor(cents / 100)},${String(cents % 100).padStart(2, "0")}`;
