// The API of the office: by the session's cookie, with its token beside whatever changes something.

import * as wire from "../wire.js";
import * as kept from "./session.js";

const V1 = "/v1";
export const part = encodeURIComponent;
let over = () => {};
let askCode = async () => false;

/** `over()`: the session is no more; `askCode()`: lets somebody give a code, true when it was right. */
export function whenAsked(handlers) {
  ({ over, askCode } = handlers);
}

/** A name for one act of a person, so that sending it twice does it once. */
export const onceKey = () => crypto.randomUUID();

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (error.status === 401 && error.code === "unauthorized") over();
    if (error.code !== "step_up_required" || !(await askCode())) throw error;
    return work(); // the same act, with the token of the new cookie
  }
}

function headers(once) {
  const found = { "X-Sportello-CSRF": kept.csrf() };
  if (once) found["Idempotency-Key"] = once;
  return found;
}

export const get = (path) => attempt(() => wire.json("GET", V1 + path));
export const change = (method, path, body, once) =>
  attempt(() => wire.json(method, V1 + path, body, headers(once)));
export const post = (path, body, once) => change("POST", path, body, once);
const open = (path, body) => wire.json("POST", V1 + path, body); // nobody is logged in yet

export function query(values) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") found.set(name, value);
  }
  const text = found.toString();
  return text ? `?${text}` : "";
}

// ------------------------------------------------------------------ coming in
export const logIn = (mail, password) => open("/login", { mail, password });
export const giveCode = (token, code) => open("/login/code", { token, code });
export const enrol = (token) => open("/login/enrol", { token });
export const confirmEnrolment = (token, code) => open("/login/enrol/confirm", { token, code });
export const askReset = (mail) => open("/password/reset", { mail });
export const setPassword = (token, password) => open("/password", { token, password });
export const register = (wanted) => open("/registration", wanted);

// ------------------------------------------------------------------ one's own session
export const logOut = () => change("DELETE", "/session");
export async function stepUp(code) {
  kept.renew(await wire.json("POST", `${V1}/session/step-up`, { code }, headers()));
  await kept.load();
}
export async function switchTo(tenant, grant) {
  kept.renew(await post("/session/switch", { tenant, grant }));
  await kept.load();
}
export async function changePassword(present, fresh) {
  kept.renew(await post("/session/password", { present, new: fresh }));
}
export const renewCodes = async () => (await post("/session/recovery-codes")).recovery_codes;

// ------------------------------------------------------------------ dues
export const template = () => get("/body/dues/template");
export const mappings = async () => (await get("/body/dues/mappings")).mappings;
export const layouts = () => get("/body/dues/mappings");
export const handIn = (file, name, mapping, once) =>
  post(`/body/dues/files${query({ name, mapping })}`, file, once);
/** A file that is too great for one call: the place that it is sent to by `send` of parts/upload.js. */
export const beginImport = (name, mapping, once) =>
  post("/body/dues/imports", { file_name: name, mapping }, once);
export const checkImport = (id, mapping) =>
  post(`/body/dues/imports/${part(id)}/check${query({ mapping })}`);
export const columnsOf = (id, sheet) =>
  get(`/body/dues/imports/${part(id)}/columns${query({ sheet })}`);
export const saveMapping = (name, mapping) =>
  change("PUT", `/body/dues/mappings/${part(name)}`, mapping);
export const imports = async () => (await get("/body/dues/imports")).imports;
export const importOf = (id) => get(`/body/dues/imports/${part(id)}`);
export const faultsOf = (id) => get(`/body/dues/imports/${part(id)}/faults`);
export const commitImport = (id, skipFaulty) =>
  post(`/body/dues/imports/${part(id)}/commit`, { skip_faulty: skipFaulty });
export const services = async () => (await get("/body/services")).services;

// ------------------------------------------------------------------ flows
export const beginFlow = (filter, once) => post("/body/flows", filter, once);
export const summary = () => get("/body/summary");
export const flows = async () => (await get("/body/flows")).flows;
export const flowOf = (id) => get(`/body/flows/${part(id)}`);
export const flowDues = async (id, offset, limit) =>
  (await get(`/body/flows/${part(id)}/dues${query({ offset, limit })}`)).dues;
export const exclude = (id, dues) => post(`/body/flows/${part(id)}/exclude`, { dues });
export const previewOf = (id, given) => post(`/body/flows/${part(id)}/preview`, given);
export const generate = (id, given) => post(`/body/flows/${part(id)}/generate`, given);

// ------------------------------------------------------------------ positions
export const positions = (wanted) => get(`/body/positions${query(wanted)}`);
export const positionOf = (id) => get(`/body/positions/${part(id)}`);
export const noticeOf = (id) => get(`/body/positions/${part(id)}/notice`);
export const cancelPosition = (id) => post(`/body/positions/${part(id)}/cancel`);
export const makePosition = (wanted, once) => post("/body/positions", wanted, once);
/** What it would ask for; nothing is written. */
export const previewPosition = (wanted) => post("/body/positions/preview", wanted);
export const deletePosition = (id) => change("DELETE", `/body/positions/${part(id)}`);
export const payOutside = (id, paid) => post(`/body/positions/${part(id)}/paid-outside`, paid);
export const formOf = async (id) => (await get(`/body/positions/${part(id)}/form`)).fields;
export const bodySetting = () => get("/body");
export const editPosition = (id, edit) => change("PATCH", `/body/positions/${part(id)}`, edit);
/** What it would ask for then; nothing is written. */
export const previewEdit = (id, edit) => post(`/body/positions/${part(id)}/preview`, edit);
export const receiptsOf = async (id) =>
  (await get(`/body/positions/${part(id)}/receipts`)).receipts;
/** The orders of collection that posted its payments. */
export const ordersOf = async (id) => (await get(`/body/positions/${part(id)}/orders`)).orders;
export const deliveriesOf = async (id) =>
  (await get(`/body/positions/${part(id)}/deliveries`)).attempts;
export const receiptFile = (name, language) => attempt(() => wire.file("GET",
  `${V1}/body/receipts/${part(name)}/pdf?language=${language}`, undefined, "application/pdf"));

export const receiptOriginal = (name, source) => {
  const type = source === "node" ? "application/xml" : "application/octet-stream";
  return attempt(() => wire.file("GET", `${V1}/body/receipts/${part(name)}/original`, undefined, type));
};

// ------------------------------------------------------------------ the archive as a file
export const beginExport = (wanted, once) => post("/body/exports", wanted, once);
export const exported = async () => (await get("/body/exports")).exports;
export const exportOf = (id) => get(`/body/exports/${part(id)}`);
export const exportFile = (id) => get(`/body/exports/${part(id)}/file`);

// ------------------------------------------------------------------ what pagoPA would not take
export const refusals = (cursor) => get(`/body/pagopa/refusals${query({ cursor })}`);
export const retell = (position) => post(`/body/pagopa/refusals/${part(position)}/retry`);
export const retellAll = (once) => post("/body/pagopa/retry", undefined, once);

// ------------------------------------------------------------------ deliveries
export const channels = async () => (await get("/body/delivery/channels")).channels;
export const deliveries = async (flow) =>
  (await get(`/body/deliveries${query({ flow })}`)).deliveries;
export const beginDelivery = (wanted, once) => post("/body/deliveries", wanted, once);
/** What it would come to, of the positions behind `cursor`. */
export const previewDelivery = (wanted, cursor) =>
  post(`/body/deliveries/preview${query({ cursor })}`, wanted);
export const deliveryOf = (id) => get(`/body/deliveries/${part(id)}`);
export const attempts = (id, wanted) =>
  get(`/body/deliveries/${part(id)}/attempts${query(wanted)}`);
export const callOff = (id) => post(`/body/deliveries/${part(id)}/call-off`);
export const resume = (id) => post(`/body/deliveries/${part(id)}/resume`);
export const resend = (id, states) => post(`/body/deliveries/${part(id)}/resend`, { states });
export const archiveOf = (id, number) =>
  get(`/body/deliveries/${part(id)}/archive${query({ number })}`);

// ------------------------------------------------------------------ mail accounts
export const mailAccounts = async () => (await get("/body/mail-accounts")).accounts;
export const saveMailAccount = (code, wanted) =>
  change("PUT", `/body/mail-accounts/${part(code)}`, wanted);
export const removeMailAccount = (code) => change("DELETE", `/body/mail-accounts/${part(code)}`);
export const tryMailAccount = (code, to) => post(`/body/mail-accounts/${part(code)}/test`, { to });

// ------------------------------------------------------------------ who may enter
export const grants = () => get("/grants");
export const giveGrant = (wanted) => post("/grants", wanted);
export const changeGrant = (id, wanted) => change("PUT", `/grants/${part(id)}`, wanted);
export const revokeGrant = (id) => change("DELETE", `/grants/${part(id)}`);
export const inviteAgain = (id) => post(`/grants/${part(id)}/invitation`);
