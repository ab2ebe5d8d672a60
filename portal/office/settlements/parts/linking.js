// What a person says of a movement of the bank: of which flow or payment it is, that it is none of
// ours, or that what was said before does not hold. Always with a note, which stays.

import { html, nothing } from "../../../lit.js";
import { ApiError } from "../../../wire.js";
import { amount } from "../../../format.js";
import { makeForm } from "../../../parts/form.js";
import { facts } from "../../../parts/notice.js";
import { problem, waiting } from "../../../parts/problem.js";
import { shortDay } from "../../parts/show.js";
import * as calls from "../calls.js";
import { makeFrame } from "./frame.js";

const OTHER = "other";
const NOTE_CHARS = 500;

/** `changed(said)` is told in words what was done. `open(id, deed, flow)`: deed is link, accept (of
 * the flow that is proposed, or of `flow`), aside, unlink. */
export function makeLinking(context, changed) {
  const { words, language } = context;
  const text = words.settlements.linking;
  let about = null; // {id, deed, flow, movement, flows, failure}
  const frame = makeFrame(context, "linking", () => { about = null; });

  const form = makeForm(context, {
    check: (typed) => ({
      ...(about.deed === "link" ? targetWrong(typed) : {}),
      ...(about.deed === "accept" && !typed.linkFlow ? { linkFlow: text.flowMissing } : {}),
      ...(typed.linkNote?.trim() ? {} : { linkNote: words.codes.link_note }),
    }),
    act: async (typed) => {
      const { id, deed, movement } = about;
      const said = { note: typed.linkNote.trim(), version: movement.version };
      try {
        if (deed === "unlink") await calls.unlink(id, said);
        else await calls.link(id, { ...said, ...await targetOf(typed) });
      } catch (error) {
        // Somebody else was here: what is sent next time is about what is there now.
        if (error.code === "conflict") about.movement = await calls.movementOf(id);
        throw error;
      }
      frame.close();
      changed(text.said[deed]);
    },
    refused: (error) => ({
      link_unknown: { [form.values.linkKind === "payment" ? "linkIuv" : "linkId"]:
        words.codes.link_unknown },
      link_several: { linkFlow: text.several }, link_note: { linkNote: words.codes.link_note },
    })[error.code] ?? {},
  });

  function targetWrong({ linkKind, linkFlow, linkId, linkIuv }) {
    if (!linkKind) return { linkKind: text.kindMissing };
    if (linkKind === "payment") return linkIuv?.trim() ? {} : { linkIuv: text.iuvMissing };
    if (linkKind !== "flow") return {};
    if (!linkFlow) return { linkFlow: text.flowMissing };
    return linkFlow !== OTHER || linkId?.trim() ? {} : { linkId: text.idMissing };
  }

  async function targetOf({ linkKind, linkFlow, linkId, linkIuv }) {
    if (about.deed === "aside") return {};
    if (about.deed === "link" && linkKind === "none") return {};
    if (about.deed === "link" && linkKind === "payment") return { iuv: linkIuv.trim() };
    if (linkFlow !== OTHER) return { flow: linkFlow };
    const { flows } = await calls.settlements({ flow_id: linkId.trim() });
    if (flows.length === 1) return { flow: flows[0].id };
    if (!flows.length) throw new ApiError("link_unknown");
    // One id, several PSPs or years: which of them is to be said.
    about.flows = [...flows, ...about.flows.filter((each) => !flows.some((one) => one.id === each.id))];
    form.values.linkFlow = "";
    throw new ApiError("link_several");
  }

  async function open(id, deed, flow = null) {
    about = { id, deed, flow, movement: null, flows: [], failure: null };
    Object.assign(form.values, {
      linkKind: "flow", linkFlow: flow?.id ?? "", linkId: "", linkIuv: "", linkNote: "",
    });
    Object.assign(form, { errors: {}, failure: null });
    frame.open();
    await load(about);
  }

  async function load(mine) {
    mine.failure = null;
    try {
      mine.movement = await calls.movementOf(mine.id);
      mine.flows = await candidates(mine);
      if (mine.deed === "accept" && mine.flows.length === 1) form.values.linkFlow = mine.flows[0].id;
    } catch (error) {
      mine.failure = error;
    }
    if (about !== mine) return;
    context.update();
    frame.focus();
  }

  /** The flows that the movement may be of, the nearest amount first. */
  async function candidates({ deed, flow, movement }) {
    if (flow) return [flow];
    if (deed === "accept") return (await calls.settlements({ flow_id: movement.flow_id })).flows;
    if (deed !== "link") return [];
    const found = await Promise.all(["open", "odd"].map((desk) => calls.settlements({ desk })));
    const off = (each) => Math.abs(each.cents - each.bank_cents - movement.cents);
    return found.flatMap((each) => each.flows).sort((one, other) => off(one) - off(other));
  }

  const nameOf = (flow) => [flow.id,
    `${flow.flow_id} – ${amount(flow.cents, language)} – ${shortDay(flow.settled, language)}`];

  const target = () => html`
    ${form.choice("linkKind", text.kind, Object.entries(text.kinds))}
    ${form.values.linkKind === "flow" ? html`
      ${form.choice("linkFlow", text.flow, [...about.flows.map(nameOf), [OTHER, text.other]])}
      ${form.values.linkFlow === OTHER ? form.text("linkId", text.id, { most: 70 }) : nothing}`
      : nothing}
    ${form.values.linkKind === "payment" ? form.text("linkIuv", "IUV", { most: 35 }) : nothing}`;

  const asked = ({ deed, flows, movement }) => html`
    ${facts([[text.day, shortDay(movement.day, language)],
      [words.amount, amount(movement.cents, language)]])}
    <p class="said">${movement.text}</p>
    ${deed === "link" ? target() : nothing}
    ${deed === "accept" && flows.length === 1 ? facts([[text.flow, nameOf(flows[0])[1]]]) : nothing}
    ${deed === "accept" && flows.length > 1
      ? form.choice("linkFlow", text.flow, flows.map(nameOf)) : nothing}
    ${deed === "accept" && !flows.length ? html`<p class="alert alert-warning">
      ${words.codes.link_unknown}</p>` : nothing}
    ${form.area("linkNote", text.note, { hint: text.noteHint, most: NOTE_CHARS })}`;

  const content = () => html`<p>${text.texts[about.deed]}</p>
    ${form.summary()}
    ${about.failure ? problem(words, about.failure, () => load(about)) : nothing}
    ${about.movement ? asked(about) : about.failure ? nothing : waiting(words)}`;

  const view = () => (about ? frame.view(form, text.titles[about.deed], content(),
    about.movement ? form.button(text.yes[about.deed]) : nothing)
    : frame.view(form, text.titles.link, null));
  return { open, view };
}
