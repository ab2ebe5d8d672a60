// How one register is reached and what its columns are called.

import { html, nothing } from "../../lit.js";
import { makeForm } from "../../parts/form.js";
import * as api from "./calls.js";

// The fields of a due that a register's file may name in its own way.
const FIELDS = ["source", "category", "name", "tax_code", "address", "postcode", "city", "province",
  "mail", "pec", "service", "reason", "year", "chapter", "provenance", "amount", "due", "language",
  "stamp"];
// What all dues of a register may have in common.
const COMMON = ["category", "service", "reason", "chapter", "provenance", "language"];
const FRESH = { way: "sftp", format: "csv", file: "quote.csv", fetch: "asked", version: 0 };

/** `register` null is a new one; `saved(kept)` and `close()` end it. */
export function registerForm(context, { register, connectors, carriers, saved, close }) {
  const { words } = context;
  const text = words.accounts.registers;
  const values = { ...(register ?? FRESH), secret: "", forget: false };
  for (const name of FIELDS) values[`column_${name}`] = register?.columns[name] ?? "";
  for (const name of COMMON) values[`common_${name}`] = register?.constants[name] ?? "";
  const formatsOf = (kind) => connectors.find((each) => each.name === kind)?.formats ?? ["csv"];

  const form = makeForm(context, {
    values,
    check: (typed) => ({
      ...(register || /^[a-z0-9][a-z0-9-]{0,15}$/.test(typed.code ?? "") ? {} : { code: words.codes.register_code }),
      ...(typed.kind ? {} : { kind: text.missing }),
      ...(typed.way ? {} : { way: text.missing }),
      ...(formatsOf(typed.kind).includes(typed.format) ? {} : { format: words.codes.register_format }),
      ...(typed.way === "sftp" && !typed.carrier ? { carrier: text.carrierMissing } : {}),
      ...(typed.way === "https" ? { ...address(typed, "url"), ...address(typed, "report_url") } : {}),
      ...(typed.way === "https" || /^[\w-][\w.{}-]{0,79}$/.test(typed.file ?? "") ? {}
        : { file: words.codes.register_file }),
    }),
    refused: ({ code }) => ({
      register_secret_needed: { secret: words.codes.register_secret_needed },
      register_code: { code: words.codes.register_code },
      register_file: { file: words.codes.register_file },
      register_format: { format: words.codes.register_format },
      register_address: { url: words.codes.register_address },
      register_carrier: { carrier: words.codes.register_carrier },
    })[code] ?? {},
    act: async (typed) => saved(await api.saveRegister(register?.code ?? typed.code, wanted(typed))),
  });
  const address = (typed, name) => (/^https:\/\/[!-~]+$/.test(typed[name] ?? "") ? {} : { [name]: text.addressWrong });

  const own = (prefix, names) => html`<div class="filters">${names.map((name) => form.text(
    `${prefix}_${name}`, words.import.fields[name], { optional: true, unsaid: true, most: 140 }))}</div>`;

  const view = () => html`<section class="box" aria-labelledby="editor">
    <h2 id="editor" tabindex="-1">${register?.code ?? text.add}</h2>
    <form novalidate @submit=${form.submit} aria-label=${text.edit}>
      ${form.summary()}
      ${register ? nothing : form.text("code", text.code, { hint: text.codeHint, most: 16 })}
      <div class="filters">
        ${form.choice("kind", text.kind, connectors.map((each) => [each.name, each.label]))}
        ${form.choice("format", text.format, formatsOf(form.values.kind).map((each) => [each, each.toUpperCase()]))}
        ${form.choice("way", text.way, Object.entries(text.ways))}
        ${form.choice("fetch", text.fetching, Object.entries(text.fetchings), { hint: text.fetchHint })}
        ${form.values.way === "sftp" ? form.choice("carrier", text.carrier,
          carriers.map((each) => [each.code, each.code])) : nothing}
        ${form.values.way === "https" ? html`
          ${form.text("url", text.url, { most: 500, hint: text.urlHint })}
          ${form.text("report_url", text.reportUrl, { most: 500, hint: text.reportUrlHint })}
          ${form.text("secret", text.secret, { type: "password", autocomplete: "new-password",
            optional: true, most: 4_000, hint: register?.secret ? text.secretSet : text.secretHint })}`
        : form.text("file", text.file, { most: 80, hint: text.fileHint })}
      </div>
      ${form.values.way === "https" && register?.secret ? html`<div class="tick-row"><input type="checkbox"
        class="tick-box" id="forget" .checked=${form.values.forget}
        @change=${(event) => form.set("forget", event.target.checked)}>
        <label for="forget">${text.forget}</label></div>` : nothing}
      ${form.values.way === "sftp" && !carriers.length ? html`<p class="alert alert-warning">${text.noCarriers}</p>` : nothing}
      <details class="box"><summary>${text.columns}</summary><p>${text.columnsText}</p>${own("column", FIELDS)}</details>
      <details class="box"><summary>${text.common}</summary><p>${text.commonText}</p>${own("common", COMMON)}</details>
      <p class="buttons">${form.button(words.mail.save)}
        <button type="button" class="btn btn-outline-primary" @click=${close}>${words.no}</button></p>
    </form></section>`;
  return { view };
}

function wanted(typed) {
  const named = (prefix, names) => Object.fromEntries(names.map((name) => [name,
    (typed[`${prefix}_${name}`] ?? "").trim()]).filter(([, value]) => value));
  const isHttps = typed.way === "https";
  const found = {
    kind: typed.kind, way: typed.way, format: typed.format, version: typed.version,
    carrier: typed.way === "sftp" ? typed.carrier : "", url: isHttps ? typed.url : "",
    report_url: isHttps ? typed.report_url : "", file: typed.file || FRESH.file,
    fetch: typed.fetch,
    columns: named("column", FIELDS), constants: named("common", COMMON),
  };
  // Left empty it stays what it is; nobody can read it back.
  if (typed.secret) found.secret = typed.secret;
  else if (typed.forget) found.secret = "";
  return found;
}
