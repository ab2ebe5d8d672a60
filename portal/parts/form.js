// Forms: labels, hints, errors by field with a summary that takes the focus, one sending at a time.

import { html, live, nothing } from "../lit.js";
import { explain } from "./problem.js";

/**
 * `check(values)` gives {field: text} of what is wrong; `act(values)` does the work and may throw
 * an ApiError, of which `refused(error)` gives what it says of single fields. Values are what was
 * typed, by field.
 */
export function makeForm(context, { check, act, refused = () => ({}), values = {} }) {
  const form = { values, errors: {}, failure: null, isBusy: false };
  const { words } = context;

  form.set = (name, value) => {
    form.values[name] = value;
    context.update();
  };

  form.submit = async (event) => {
    event?.preventDefault();
    if (form.isBusy) return;
    form.failure = null;
    form.errors = check(form.values);
    if (Object.keys(form.errors).length) return show();
    form.isBusy = true;
    context.announce(words.wait);
    context.update();
    try {
      await act(form.values);
    } catch (error) {
      form.failure = explain(words, error);
      form.errors = refused(error);
      if (Object.keys(form.errors).length) form.failure = null;
    }
    form.isBusy = false;
    if (!context.isOpen()) return;
    context.announce("");
    if (form.failure || Object.keys(form.errors).length) show();
    else context.update();
  };

  function show() {
    context.update();
    document.getElementById("problems")?.focus();
  }

  form.summary = () => {
    const wrong = Object.entries(form.errors);
    if (!wrong.length && !form.failure) return nothing;
    return html`<div class="alert alert-danger" id="problems" role="alert" tabindex="-1">
      ${form.failure ? html`<p>${form.failure}</p>` : html`<p>${words.correct}</p>
        <ul>${wrong.map(([name, text]) => html`<li>
          <a href="#${name}" @click=${jump}>${text}</a></li>`)}</ul>`}
    </div>`;
  };

  form.button = (text, sign = nothing) => html`<button class="btn btn-primary" type="submit"
    aria-disabled=${form.isBusy ? "true" : nothing}>${sign}${form.isBusy ? words.wait : text}
  </button>`;

  /** `settled(text)`: called when a text was pasted, or is whole (left, or sent by Enter). */
  form.text = (name, label, more = {}) => {
    const { hint, optional, type = "text", ...rest } = more;
    return row(name, label, hint, optional && !rest.unsaid, html`<input class="form-control" id=${name} name=${name}
      type=${type} .value=${live(form.values[name] ?? "")}
      inputmode=${rest.inputmode ?? nothing} autocomplete=${rest.autocomplete ?? "off"}
      maxlength=${rest.most ?? nothing} spellcheck="false"
      autocapitalize=${rest.capitals ? "characters" : "off"}
      aria-required=${optional ? nothing : "true"}
      aria-invalid=${form.errors[name] ? "true" : nothing}
      aria-describedby=${described(name, hint)}
      @change=${(event) => rest.settled?.(event.target.value)}
      @input=${(event) => {
        form.values[name] = event.target.value;
        if (event.inputType === "insertFromPaste") rest.settled?.(event.target.value);
      }}>`);
  };

  form.area = (name, label, more = {}) => row(name, label, more.hint, more.optional,
    html`<textarea class="form-control" id=${name} name=${name} rows="6"
      maxlength=${more.most ?? nothing} .value=${live(form.values[name] ?? "")}
      aria-required=${more.optional ? nothing : "true"}
      aria-invalid=${form.errors[name] ? "true" : nothing}
      aria-describedby=${described(name, more.hint)}
      @input=${(event) => (form.values[name] = event.target.value)}></textarea>`);

  /** `choices` are [value, text]. */
  form.choice = (name, label, choices, more = {}) => row(name, label, more.hint,
    more.optional && !more.unsaid,
    html`<select class="form-select" id=${name} name=${name}
      aria-required=${more.optional ? nothing : "true"}
      aria-invalid=${form.errors[name] ? "true" : nothing}
      aria-describedby=${described(name, more.hint)}
      @change=${(event) => form.set(name, event.target.value)}>
      <option value="" ?selected=${!form.values[name]}>${more.none ?? words.choose}</option>
      ${choices.map(([value, text]) => html`<option value=${value}
        ?selected=${form.values[name] === value}>${text}</option>`)}
    </select>`);

  function described(name, hint) {
    const ids = [hint && `${name}-hint`, form.errors[name] && `${name}-error`].filter(Boolean);
    return ids.length ? ids.join(" ") : nothing;
  }

  function row(name, label, hint, optional, control) {
    const error = form.errors[name];
    return html`<div class="row-field ${error ? "is-wrong" : ""}">
      <label for=${name}>${label}${optional ? html` <span class="optional">${words.optional}</span>`
        : nothing}</label>
      ${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : nothing}
      ${error ? html`<p class="wrong" id="${name}-error">${error}</p>` : nothing}
      ${control}
    </div>`;
  }
  return form;
}

function jump(event) {
  event.preventDefault();
  document.getElementById(event.currentTarget.hash.slice(1))?.focus();
}
