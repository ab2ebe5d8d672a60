// How flows are asked for, and who is written to about what waits too long. Keys and passwords are
// written and never read back.

import { html, nothing } from "../../../lit.js";
import { isMail } from "../../../codes.js";
import { makeForm } from "../../../parts/form.js";
import { done } from "../../parts/show.js";
import * as calls from "../calls.js";

const addresses = (text) => (text ?? "").split(/[\s,;]+/).filter(Boolean);

/** `data`: the setting, as it was read and as it is once it is saved. */
export function makeSetting(context, data) {
  const { words } = context;
  const text = words.settlements.setting;
  let said = "";
  let shown = null; // the version that the form shows

  const form = makeForm(context, {
    check: ({ way, broker, station, recipients, days }) => ({
      ...(way !== "soap" || /^\d{11}$/.test(broker) ? {} : { broker: text.brokerWrong }),
      ...(way !== "soap" || /^\d{11}_\d{2}$/.test(station) ? {} : { station: text.stationWrong }),
      ...(/^([0-5]?\d|60)?$/.test(days ?? "") ? {} : { days: text.daysWrong }),
      ...(addresses(recipients).every(isMail) ? {} : { recipients: words.mailWrong }),
    }),
    act: async ({ way, broker, station, key, password, letters, recipients, days }) => {
      said = "";
      const wanted = { way, broker, station, letters, recipients: addresses(recipients),
        stand_in_days: Number(days || 0), version: data.value.version };
      // Left empty they stay what they are; nobody can read them back.
      if (key) wanted.key = key;
      if (password) wanted.password = password;
      data.value = await calls.saveSetting(wanted);
      said = text.saved;
      context.update();
    },
    refused: (error) => ({
      settlement_setting: { [form.values.way === "soap" ? "password" : "key"]:
        words.codes.settlement_setting },
      recipients_too_many: { recipients: words.codes.recipients_too_many },
      mail_address: { recipients: words.mailWrong },
    })[error.code] ?? {},
  });

  function view() {
    const setting = data.value;
    if (!setting) return nothing;
    if (shown !== setting.version) {
      shown = setting.version;
      Object.assign(form.values, { way: setting.way, broker: setting.broker, station: setting.station,
        key: "", password: "", letters: setting.letters, days: String(setting.stand_in_days),
        recipients: setting.recipients.join("\n") });
    }
    const secret = (name, isSet) => form.text(name, text[name], { type: "password", most: 200,
      autocomplete: "new-password", optional: true,
      hint: isSet ? words.mail.passwordSet : words.mail.passwordHint });
    const { way } = form.values;
    return html`<details class="box"><summary>${text.title}</summary>
      ${done(said)}
      <form novalidate @submit=${form.submit} aria-label=${text.title}>
        ${form.summary()}
        <div class="filters">
          ${form.choice("way", text.way, Object.entries(text.ways))}
          ${way === "rest" ? secret("key", setting.key) : nothing}
          ${way === "soap" ? html`
            ${form.text("broker", text.broker, { inputmode: "numeric", most: 11 })}
            ${form.text("station", text.station, { most: 14 })}
            ${secret("password", setting.password)}` : nothing}
          ${form.text("days", text.days, { hint: text.daysHint, inputmode: "numeric", most: 2,
            optional: true })}
        </div>
        <div class="tick-row"><input type="checkbox" class="tick-box" id="letters"
          .checked=${Boolean(form.values.letters)}
          @change=${(event) => form.set("letters", event.target.checked)}>
          <label for="letters">${text.letters}</label></div>
        ${form.values.letters ? form.area("recipients", text.recipients,
          { hint: text.recipientsHint, optional: true, most: 2_600 }) : nothing}
        ${form.button(words.mail.save)}
      </form>
    </details>`;
  }
  return { view };
}
