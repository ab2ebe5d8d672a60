// The public API, and nothing else of the server.

import * as wire from "./wire.js";

export { ApiError } from "./wire.js";

const BASE = "/v1/portal";

const json = (method, path, body, headers) => wire.json(method, BASE + path, body, headers);
const file = (path, body, type) => wire.file("POST", BASE + path, body, type);
const part = encodeURIComponent;

// Bodies and their services change seldom: once for each visit is enough.
const known = new Map();

function once(path) {
  if (!known.has(path)) {
    const asked = json("GET", path);
    known.set(path, asked);
    asked.catch(() => known.delete(path));
  }
  return known.get(path);
}

export const bodies = async () => (await once("/bodies")).items;
export const bodyOf = (code) => once(`/bodies/${part(code)}`);
/** The picture at a body's `logo_url`; the browser keeps it for a while. */
export const logoOf = async (place) =>
  (await wire.send("GET", place, undefined, "image/png, image/svg+xml", {}, "default")).blob();
export const search = (wanted) => json("POST", "/search", wanted);
export const noticeFile = (key, language) =>
  file("/notice", { key, language }, "application/pdf");
export const pay = (order) => json("POST", "/carts", order);
/** `outcome`: what the address of the return said; the server remembers it and believes its
 * receipts. */
export const cartOf = (id, outcome) =>
  json("GET", `/carts/${part(id)}${outcome ? `?outcome=${part(outcome)}` : ""}`);
/** `once`: a name of this request, so that sending it twice makes one notice. */
export const ask = (body, service, order, once) =>
  json("POST", `/bodies/${part(body)}/services/${part(service)}`, order, {
    "Idempotency-Key": once,
  });
export const receipts = (notice, taxCode, body) =>
  json("POST", "/receipts", { notice, tax_code: taxCode, ...(body ? { body } : {}) });
export const receiptFile = (key, form, language) =>
  file("/receipt", { key, form, language }, form === "pdf" ? "application/pdf" : "application/xml");
/** Of a training event: what the body itself issues, beside pagoPA's receipt. */
export const trainingReceipt = (key) => file("/training-receipt", { key }, "application/pdf");
export const help = (request) => json("POST", "/help", request);
