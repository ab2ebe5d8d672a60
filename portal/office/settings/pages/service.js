// One service of the catalogue: made, changed, retired.

import { html, nothing } from "../../../lit.js";
import { LANGUAGES } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { makeDialog } from "../../parts/dialog.js";
import { done } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { makeAsking } from "../parts/asking.js";
import { slug, tick } from "../parts/fields.js";
import { groupedIban } from "../parts/iban.js";
import { makePricing } from "../parts/pricing.js";
import { refusalOf } from "../parts/refusal.js";
import { makeTaxonomy } from "../parts/taxonomy.js";

const CODE = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const CODES = Object.keys(LANGUAGES);
const TEXT_CHARS = 2_000;
// Said on the page of what was made a moment ago, and only then.
let justMade = "";
const FRESH = { version: 0, active: true, description: {}, form: [], price: null };

export function open(context) {
  const { words, parameters } = context;
  const text = words.settings.service;
  const acts = makeActs(context);
  const id = parameters.get("id") ?? "";
  if (id && id === justMade) acts.said = text.saved;
  justMade = "";
  let kept = FRESH;
  let form, pricing, asking, taxonomy;
  const data = makeData(context, async () => {
    const [body, found] = await Promise.all([calls.body(), id ? calls.serviceOf(id) : proposed()]);
    begin(found, body);
    return { body };
  });

  /** What a new one begins as: of a preset all but the account and the taxonomy's code. */
  async function proposed() {
    const preset = parameters.get("preset");
    const found = preset ? (await calls.presets()).find((each) => each.code === preset) : null;
    return found ? { ...FRESH, ...found, form: found.form.fields } : FRESH;
  }

  function begin(service, body) {
    kept = service;
    const { code, subject, iban, chapter, active, stamp } = service;
    const only = body?.accounts.length === 1 ? body.accounts[0].iban : "";
    const values = { code, subject, taxonomy: service.taxonomy, iban: iban ?? only, chapter, active, stamp };
    for (const each of CODES) values[`text-${each}`] = service.description[each];
    form = makeForm(context, { values, check, act: save, refused });
    pricing = makePricing(context, form, service.price);
    asking = makeAsking(context, form, service.form);
    taxonomy = makeTaxonomy(context, form);
    taxonomy.know(service.taxonomy);
  }

  function check(typed) {
    return {
      ...(typed.subject?.trim() ? {} : { subject: words.settings.missing }),
      ...(kept.version || CODE.test(codeOf(typed)) ? {} : { code: words.codes.service_code_malformed }),
      ...(/^9\/[0-9A-Z]{7}[A-Z]{2}\/$/.test(typed.taxonomy?.trim() ?? "") ? {}
        : { taxonomy: words.codes.taxonomy_malformed }),
      ...(typed.iban ? {} : { iban: words.settings.missing }),
      ...(/^([0-9A-Za-z./-]{1,20})?$/.test(typed.chapter?.trim() ?? "") ? {}
        : { chapter: words.codes.chapter_malformed }),
      ...pricing.check(typed), ...asking.check(),
    };
  }

  const codeOf = (typed) => typed.code?.trim() || slug(typed.subject ?? "");

  async function put(wanted) {
    const code = kept.version ? kept.code : wanted.code;
    const { code: _, ...rest } = wanted;
    const saved = await calls.saveService(code, rest);
    if (!id) {
      justMade = code;
      return context.go("service", { id: code });
    }
    begin(saved, data.value.body);
    context.update();
    document.querySelector("h1")?.focus();
  }

  async function save(typed) {
    await put({
      code: codeOf(typed), subject: typed.subject.trim(), taxonomy: typed.taxonomy.trim(),
      iban: typed.iban, chapter: typed.chapter?.trim() ?? "", active: Boolean(typed.active),
      stamp: Boolean(typed.stamp), price: pricing.wanted(typed), form: asking.wanted(),
      description: Object.fromEntries(CODES.map((each) => [each, typed[`text-${each}`]?.trim() ?? ""])),
      version: kept.version,
    });
    acts.said = text.saved;
    context.update();
  }

  const refused = refusalOf(words, {
    taxonomy_unknown: "taxonomy", taxonomy_malformed: "taxonomy", iban_unknown: "iban",
    chapter_malformed: "chapter", service_subject: "subject", service_code_malformed: "code",
    service_description: "text-it", price_list: () => pricing.place(0, "label"), price_limits: "most",
    form_field: ({ field }) => asking.named(field),
  }, (path) => {
    const [head, at, ...rest] = path.split(".");
    if (head === "form") return asking.place(Number(at));
    if (head === "description") return `text-${at}`;
    if (head !== "price") return head;
    return rest[0] === "items" ? pricing.place(Number(rest[1]), rest[2]) : "price";
  });

  // ---------------------------------------------------------------- retired, and back
  const turn = (active) => {
    const { code, ...rest } = kept;
    return put({ ...rest, code, active });
  };
  const retire = makeDialog(context, {
    id: "retire", title: () => text.retireTitle, text: () => text.retireText, yes: text.retire,
    act: async () => {
      await turn(false);
      acts.said = text.retired;
    },
  });

  const said = (each) => form.area(`text-${each}`, LANGUAGES[each], { optional: true, most: TEXT_CHARS });
  const editor = (body) => html`<form novalidate @submit=${form.submit} aria-label=${text.form}>
    ${form.summary()}
    <section class="box"><h2>${text.what}</h2>
      ${form.text("subject", text.subject, { most: 90, hint: text.subjectHint })}
      ${kept.version ? nothing : form.text("code", text.code, { optional: true, most: 40, hint: text.codeHint })}
      ${tick(form, "active", text.active, text.activeHint)}
    </section>
    <section class="box"><h2>${words.settings.taxonomy.title}</h2>${taxonomy.view()}</section>
    <section class="box"><h2>${text.money}</h2>
      ${form.choice("iban", words.settings.ibans.iban, body.accounts.map((each) => [
        each.iban, `${groupedIban(each.iban)} – ${each.holder}`]))}
      ${form.text("chapter", text.chapter, { optional: true, most: 20, hint: text.chapterHint })}
      ${pricing.view()}
      ${tick(form, "stamp", text.stamp, text.stampHint)}
    </section>
    <section class="box"><h2>${text.description}</h2><p>${text.descriptionText}</p>
      ${said("it")}
      <details><summary>${text.translations}</summary>${CODES.slice(1).map(said)}</details>
    </section>
    <section class="box"><h2>${words.settings.asking.title}</h2>${asking.view()}</section>
    <p class="buttons">${form.button(words.settings.save)}
      <a class="btn btn-outline-primary" href=${context.address("services")}>${words.menuOf.services}</a></p>
  </form>`;

  const seen = () => facts([
    [text.subject, kept.subject], [text.code, kept.code], [words.settings.taxonomy.title, kept.taxonomy],
    [words.settings.ibans.iban, groupedIban(kept.iban ?? "")], [text.chapter, kept.chapter],
    [words.settings.pricing.title, words.settings.pricing.kinds[kept.price?.kind ?? "none"]],
    [text.description, kept.description.it],
    [words.settings.asking.title, kept.form.map((each) => each.label.it).join(", ")],
  ]);

  const draw = ({ body }) => {
    if (!may("body:write")) {
      return html`<p class="alert alert-info">${words.readOnly}</p>${id ? seen() : nothing}`;
    }
    if (!body) {
      return html`<p>${words.settings.noBody} <a href=${context.address("body")}>${words.menuOf.body}</a></p>`;
    }
    return html`${kept.version ? html`<p class="buttons">${kept.active
      ? html`<button type="button" class="btn btn-outline-primary" @click=${() => retire.open(kept)}
        >${text.retire}</button>`
      : acts.button(text.revive, () => turn(true), { said: text.revived })}</p>` : nothing}
      ${editor(body)}`;
  };

  const title = id ? text.title : text.fresh;
  const view = () => html`<p><a href=${context.address("services")}>${words.menuOf.services}</a></p>
    <h1 tabindex="-1">${kept.subject || title}</h1>
    ${done(acts.said)}${acts.problem()}
    ${data.view(draw)}${retire.view()}`;
  return { title, view };
}
