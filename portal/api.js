// The public API, and nothing else of the server.

const BASE = "/v1/portal";
const PATIENCE_MS = 30_000;

/** `code` is the API's stable one, or `offline`, `unreachable`, `timeout`, `unreadable`. */
export class ApiError extends Error {
  constructor(code, status = 0, details = {}, waitS = 0) {
    super(code);
    Object.assign(this, { code, status, details, waitS });
  }
}

async function send(method, path, body, accept, headers = {}) {
  const options = { method, headers: { Accept: accept, ...headers }, cache: "no-store" };
  options.signal = AbortSignal.timeout(PATIENCE_MS);
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(BASE + path, options);
  } catch (error) {
    if (error.name === "TimeoutError") throw new ApiError("timeout");
    throw new ApiError(navigator.onLine ? "unreachable" : "offline");
  }
  if (!answer.ok) throw await failure(answer);
  return answer;
}

async function failure(answer) {
  let said = {};
  try {
    said = (await answer.json()).error ?? {};
  } catch {
    // Not ours: a proxy's page. The status is all there is.
  }
  const waitS = Number(answer.headers.get("Retry-After") ?? said.details?.retry_after_s) || 0;
  return new ApiError(said.code ?? "unreadable", answer.status, said.details, waitS);
}

async function json(method, path, body, headers) {
  const answer = await send(method, path, body, "application/json", headers);
  try {
    return await answer.json();
  } catch {
    throw new ApiError("unreadable", answer.status);
  }
}

/** The file and the name that the server gives it. */
async function file(path, body, type) {
  const answer = await send("POST", path, body, type);
  const said = /filename="([^"/\\]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { data: await answer.blob(), name: said?.[1] ?? `pagopa.${type.split("/")[1]}` };
}

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
export const receipts = (notice, taxCode) =>
  json("POST", "/receipts", { notice, tax_code: taxCode });
export const receiptFile = (key, form, language) =>
  file("/receipt", { key, form, language }, form === "pdf" ? "application/pdf" : "application/xml");
export const help = (request) => json("POST", "/help", request);
