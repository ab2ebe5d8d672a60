// One way by which notices go out: where it leads, what opens it (written, never shown).

import { html, nothing } from "../../../lit.js";
import { makeForm } from "../../../parts/form.js";
import { done } from "../../parts/show.js";
import { makeActs, makeData } from "../../parts/work.js";
import { may } from "../../session.js";
import * as calls from "../calls.js";
import { answer } from "../parts/answer.js";
import { tick } from "../parts/fields.js";
import { KINDS, makeKind } from "../parts/kinds.js";
import { refusalOf } from "../parts/refusal.js";

const CODE = /^[a-z0-9][a-z0-9_-]{0,39}$/;
// Said on the page of what was made a moment ago, and only then.
let justMade = "";

export function open(context) {
  const { words, parameters } = context;
  const text = words.settings.channel;
  const acts = makeActs(context);
  const id = parameters.get("id") ?? "";
  if (id && id === justMade) acts.said = text.saved;
  justMade = "";
  let kept = null;
  let kind = KINDS.includes(parameters.get("kind")) ? parameters.get("kind") : "sftp";
  let form = null;
  let fields = null;
  let tried = null;
  const data = makeData(context, async () => {
    const [carriers, services] = await Promise.all([calls.carriers(), calls.services()]);
    kept = id ? carriers.find((each) => each.code === id) ?? null : null;
    kind = kept?.kind ?? kind;
    if (!id || kept) begin(carriers, services);
    return { carriers, services };
  });

  function begin(carriers, services) {
    form = makeForm(context, { check, act: save, refused });
    fields = makeKind(kind, {
      context, words, form, carriers, services, isSet: Boolean(kept?.secrets_set),
    });
    Object.assign(form.values, fields.begin(kept?.setting ?? {}), { code: kept?.code ?? "" });
  }

  const check = (typed) => ({
    ...(kept || CODE.test(typed.code?.trim() ?? "") ? {} : { code: words.codes.carrier_code }),
    ...fields.check(typed),
  });

  async function save(typed) {
    tried = null;
    acts.said = "";
    const code = kept?.code ?? typed.code.trim();
    const wanted = { setting: { kind, ...fields.setting(typed) }, version: kept?.version ?? 0 };
    const secrets = Object.fromEntries(Object.entries(fields.secrets(typed)).filter(([, one]) => one));
    if (typed.forget) wanted.secrets = {};
    else if (Object.keys(secrets).length) wanted.secrets = secrets;
    const saved = await calls.saveCarrier(code, wanted);
    if (!kept) {
      justMade = code;
      return context.go("channel", { id: code });
    }
    kept = saved;
    begin(data.value.carriers, data.value.services);
    acts.said = text.saved;
    context.update();
    document.querySelector("h1")?.focus();
  }

  const refused = refusalOf(words, {
    carrier_code: "code", area_host: "host", area_port: "port", area_user: "user", area_folder: "folder",
    area_fingerprint: "fingerprint", area_key: kind === "sftp" ? "key" : "password",
    area_secret_missing: "password", net_authority: "authority", members_address: "url",
    members_profession: "profession", members_header: "header", members_fields: "more-fields",
    members_secret: "key", appio_key: "key", appio_amount: "most", postal_provider: "provider",
    carrier_secret_needed: () => (["sftp", "ftps"].includes(kind) ? "password" : "key"),
  }, (path) => {
    const name = path.split(".").filter((each) => !["setting", "secrets", ...KINDS].includes(each));
    return { most_cents: "most", per_minute: "pace", fields: "more-fields" }[name[0]] ?? name[0];
  });

  async function tryOut() {
    tried = null;
    tried = await calls.tryCarrier(kept.code);
    context.update();
    document.getElementById("answer")?.focus();
  }

  // What a server says of itself the first time is what is to be compared, and then kept.
  const fingerprint = () => (kind === "sftp" && tried?.code === "area_host_key"
    ? /SHA256:[A-Za-z0-9+/]{43}/.exec(tried.words)?.[0] : null);
  const believe = () => html`<div class="alert alert-warning"><p>${text.believeText}</p>
    <p><button type="button" class="btn btn-outline-primary btn-sm" @click=${() => {
      form.set("fingerprint", fingerprint());
      document.getElementById("fingerprint")?.focus();
    }}>${text.believe}</button></p></div>`;

  const draw = () => {
    if (!may("body:write")) return html`<p class="alert alert-info">${words.readOnly}</p>`;
    if (!form) return html`<p>${words.codes.not_found}</p>`;
    return html`
      ${kept ? html`<p>${acts.button(words.settings.try, tryOut)}</p>
        <p class="hint">${text.tryText[kind]}</p>` : nothing}
      ${tried ? answer(words, tried) : nothing}${fingerprint() ? believe() : nothing}
      <form class="box" novalidate @submit=${form.submit} aria-label=${text.form}>
        ${form.summary()}
        ${kept ? nothing : form.text("code", text.code, { most: 40, hint: words.mail.codeHint })}
        ${fields.view()}
        ${kept?.secrets_set ? tick(form, "forget", text.forget) : nothing}
        <p class="buttons">${form.button(words.settings.save)}<a class="btn btn-outline-primary"
          href=${context.address("channels")}>${words.menuOf.channels}</a></p>
      </form>`;
  };

  const view = () => html`<p><a href=${context.address("channels")}>${words.menuOf.channels}</a></p>
    <h1 tabindex="-1">${id || text.kinds[kind]}</h1>
    <p class="lead">${id ? html`${text.kinds[kind]}. ` : nothing}${text.lead[kind]}</p>
    ${done(acts.said)}${acts.problem()}${data.view(draw)}`;
  return { title: id || text.kinds[kind], view };
}
