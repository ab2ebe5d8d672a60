// A flow that came by another way is handed in here; what was refused says why.

import { html, nothing } from "../../../lit.js";
import { fill } from "../../../language.js";
import { makeForm } from "../../../parts/form.js";
import { badge, done, moment } from "../../parts/show.js";
import { table } from "../../parts/table.js";
import { makeData, watch } from "../../parts/work.js";
import * as calls from "../calls.js";
import { FILE_BYTES, fileField } from "./files.js";

const SHOWN = 10;

export function makeUpload(context, changed) {
  const { words, language } = context;
  const text = words.settlements.upload;
  let said = "";
  const data = makeData(context, calls.sources);
  const isOver = (sources) => sources.every((each) => each.state !== "reading");
  const watching = watch(context, data, isOver, (sources) => isOver(sources) && changed());

  const form = makeForm(context, {
    check: ({ flowFile }) => (!flowFile ? { flowFile: words.settlements.files.none }
      : flowFile.size > FILE_BYTES ? { flowFile: words.settlements.files.tooLarge } : {}),
    act: async ({ flowFile }) => {
      said = "";
      const source = await calls.handInFlow(flowFile);
      said = fill(text.taken, { name: source.file_name });
      form.values.flowFile = null;
      document.getElementById("flowFile").value = "";
      await data.load();
      watching.begin();
    },
  });

  const sources = (items) => (items.length ? html`<h3>${text.came}</h3>${table({
    caption: text.came,
    columns: [[text.file], [text.at], [text.by], [words.state]],
    rows: items.slice(0, SHOWN),
    cells: (each) => [
      each.flow ? html`<a href=${context.address("settlement", { id: each.flow })}
        >${each.file_name}</a>` : each.file_name,
      moment(each.created_at, language), text.carriers[each.carrier] ?? each.carrier,
      html`${badge(text.states, each.state)}${each.code ? html`<small>${words.codes[each.code]
        ?? fill(words.codes.other, { code: each.code })}</small>` : nothing}${each.arrival
        ? html`<small>${text.arrivals[each.arrival] ?? each.arrival}</small>` : nothing}`,
    ],
  })}` : nothing);

  const view = () => html`<details class="box"><summary>${text.title}</summary>
    <form novalidate @submit=${form.submit} aria-label=${text.title}>
      <p>${text.lead}</p>
      ${done(said)}
      ${form.summary()}
      ${fileField(form, words, "flowFile", text.file, text.hint, ".xml,.json")}
      ${form.button(text.go)}
    </form>
    ${data.view(sources)}
  </details>`;
  return { view, leave: watching.leave };
}
