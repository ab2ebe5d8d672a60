// Which language: the address says it, else what was chosen in this tab, else the browser, else
// Italian.

export const LANGUAGES = { it: "Italiano", en: "English", fr: "Français", es: "Español" };
const KEPT = "language";

export function languageOf(parameters, preferred = []) {
  const wanted = [parameters.get("lang"), sessionStorage.getItem(KEPT)];
  wanted.push(...preferred.map((each) => each.slice(0, 2).toLowerCase()));
  return wanted.find((each) => Object.hasOwn(LANGUAGES, each ?? "")) ?? "it";
}

export function remember(language) {
  sessionStorage.setItem(KEPT, language);
}

export async function wordsOf(language) {
  const { words } = await import(`./words/${language}.js`);
  return words;
}

/** What a body wrote, in this language or else in Italian, which is always there. */
export const said = (texts, language) => texts?.[language] || texts?.it || "";

/** "{n} avvisi" with its values put in; what has no value stays, so that it is seen. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
