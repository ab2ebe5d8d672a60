// What a page loads, does and waits for. One thing at a time: a second press changes nothing.

import { html, nothing } from "../../lit.js";
import { problem, waiting } from "../../parts/problem.js";

const FIRST_MS = 800;
const LAST_MS = 5_000;

/** The page's data: `load()` brings them, `view(draw)` shows them, or that they are coming, or why
 * they are not. */
export function makeData(context, load) {
  const data = { value: null, failure: null, isBusy: false };
  data.load = async () => {
    data.failure = null;
    data.isBusy = true;
    context.update();
    try {
      data.value = await load();
    } catch (error) {
      data.failure = error;
    }
    data.isBusy = false;
    context.update();
    return data.value;
  };
  data.view = (draw) => html`
    ${data.failure ? problem(context.words, data.failure, data.load) : nothing}
    ${data.value !== null ? draw(data.value) : data.failure ? nothing : waiting(context.words)}`;
  data.first = data.load();
  return data;
}

/** A list that comes in pages: `load(cursor)` gives {items, cursor}. */
export function makeList(context, load) {
  const list = { items: null, cursor: null, failure: null, isBusy: false };
  let asked = 0;
  async function bring(cursor) {
    const mine = (asked += 1);
    list.isBusy = true;
    list.failure = null;
    context.update();
    try {
      const page = await load(cursor);
      if (mine !== asked) return; // somebody has asked for something else since
      list.items = cursor ? [...list.items, ...page.items] : page.items;
      list.cursor = page.cursor;
    } catch (error) {
      if (mine !== asked) return;
      list.failure = error;
    }
    list.isBusy = false;
    context.update();
  }
  list.load = () => bring("");
  list.next = () => list.isBusy || bring(list.cursor);
  list.view = (draw) => html`
    ${list.failure ? problem(context.words, list.failure, list.load) : nothing}
    ${list.items ? draw(list.items) : list.failure ? nothing : waiting(context.words)}`;
  list.load();
  return list;
}

/** Acts of buttons: `act(work, again)`; what went wrong is in `failure`. */
export function makeActs(context) {
  const acts = { failure: null, isBusy: false, said: "" };
  acts.run = async (work, said = "") => {
    if (acts.isBusy) return;
    Object.assign(acts, { isBusy: true, failure: null, said: "" });
    context.announce(context.words.wait);
    context.update();
    try {
      await work();
      acts.said = said;
    } catch (error) {
      acts.failure = { error, again: () => acts.run(work, said) };
    }
    acts.isBusy = false;
    context.announce("");
    context.update();
  };
  acts.problem = () => (acts.failure
    ? problem(context.words, acts.failure.error, acts.failure.again) : nothing);
  acts.button = (text, work, { said = "", look = "btn-outline-primary", sign = nothing } = {}) =>
    html`<button type="button" class="btn ${look}" aria-disabled=${acts.isBusy ? "true" : nothing}
      @click=${() => acts.run(work, said)}>${sign} ${text}</button>`;
  return acts;
}

/** Looks again and again, ever less often, while the page is open and `isOver(value)` is not so.
 * `changed(value)` is told what is new. */
export function watch(context, data, isOver, changed = () => {}) {
  let pauseMs = FIRST_MS;
  let timer = 0;
  async function look() {
    const before = JSON.stringify(data.value);
    await data.load();
    if (JSON.stringify(data.value) !== before) changed(data.value);
    plan();
  }
  function plan() {
    clearTimeout(timer);
    if (!context.isOpen() || data.value === null || isOver(data.value)) return;
    timer = setTimeout(look, pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, LAST_MS);
  }
  data.first.then(plan);
  return {
    /** Something was begun: look from now on. */
    begin: () => { pauseMs = FIRST_MS; plan(); },
    leave: () => clearTimeout(timer),
  };
}
