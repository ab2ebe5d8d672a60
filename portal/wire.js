// A call of our own server and what can go wrong with it; what is called is said by api.js.

const PATIENCE_MS = 30_000;

/** `code` is the API's stable one, or `offline`, `unreachable`, `timeout`, `unreadable`. */
export class ApiError extends Error {
  constructor(code, status = 0, details = {}, waitS = 0) {
    super(code);
    Object.assign(this, { code, status, details, waitS });
  }
}

/** `body`: a Blob goes as it is, anything else as JSON. `cache` as fetch has it. */
export async function send(method, path, body, accept, headers = {}, cache = "no-store") {
  const options = { method, headers: { Accept: accept, ...headers }, cache };
  options.signal = AbortSignal.timeout(PATIENCE_MS);
  if (body !== undefined) {
    const isFile = body instanceof Blob;
    options.headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
    options.body = isFile ? body : JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
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

export async function json(method, path, body, headers) {
  const answer = await send(method, path, body, "application/json", headers);
  try {
    return await answer.json();
  } catch {
    throw new ApiError("unreadable", answer.status);
  }
}

/** The file and the name that the server gives it. */
export async function file(method, path, body, type, headers) {
  const answer = await send(method, path, body, type, headers);
  const said = /filename="([^"/\\]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { data: await answer.blob(), name: said?.[1] ?? `pagopa.${type.split("/")[1]}` };
}
