// A body's logo beside its name, in a box of one size. It comes by a call, because API Gateway gives
// the bytes of a picture only to who asks for its very type, which the browser's own <img> does not.

import { html, nothing } from "../lit.js";
import * as api from "../api.js";

// By body: a data: address (the only kind the policy allows beside files), "" for none.
const known = new Map();

export function logo(context, code, name) {
  if (!known.has(code)) {
    known.set(code, "");
    load(code).then((address) => {
      known.set(code, address);
      if (address) context.update();
    }, () => known.delete(code)); // a page without a picture is whole; another one asks again
  }
  const address = known.get(code);
  return address ? html`<img class="logo" src=${address} alt=${name} width="72" height="72">`
    : nothing;
}

async function load(code) {
  const { logo_url: place } = await api.bodyOf(code);
  return place ? addressOf(await api.logoOf(place)) : "";
}

function addressOf(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
