// What arrived: settlement flows, the bank’s statements, what does not agree.

import { change, get, part, post, query } from "../api.js";

const ROOT = "/body/reconciliation";

// ------------------------------------------------------------------ flows
export const settlements = (wanted) => get(`${ROOT}/flows${query(wanted)}`);
export const settlementOf = (id) => get(`${ROOT}/flows/${part(id)}`);
export const filesOf = async (id, version) =>
  (await get(`${ROOT}/flows/${part(id)}/versions/${part(version)}/files`)).files;
export const revisionOf = (id, cursor) =>
  get(`${ROOT}/flows/${part(id)}/revision${query({ cursor })}`);
export const decideRevision = (id, said) => post(`${ROOT}/flows/${part(id)}/revision`, said);
export const handInFlow = (file) => post(`${ROOT}/flows${query({ name: file.name })}`, file);
export const sources = async () => (await get(`${ROOT}/sources`)).sources;
export const setting = () => get(`${ROOT}/setting`);
export const saveSetting = (wanted) => change("PUT", `${ROOT}/setting`, wanted);
export const look = () => post(`${ROOT}/look`);
export const summary = (wanted = {}) => get(`${ROOT}/summary${query(wanted)}`);

// ------------------------------------------------------------------ payments
export const collections = (wanted) => get(`${ROOT}/collections${query(wanted)}`);
export const reopen = (position, said) => post(`/body/positions/${part(position)}/reopen`, said);
export const inbox = (wanted) => get(`${ROOT}/inbox${query(wanted)}`);

// ------------------------------------------------------------------ movements
export const movements = (wanted) => get(`${ROOT}/movements${query(wanted)}`);
export const movementOf = (id) => get(`${ROOT}/movements/${part(id)}`);
export const link = (id, said) => post(`${ROOT}/movements/${part(id)}/link`, said);
export const unlink = (id, said) => post(`${ROOT}/movements/${part(id)}/unlink`, said);

// ------------------------------------------------------------------ statements
export const columns = async () => (await get(`${ROOT}/columns`)).columns;
export const saveColumns = (name, wanted) => change("PUT", `${ROOT}/columns/${part(name)}`, wanted);
export const preview = (file, wanted) => post(`${ROOT}/statements/preview${query(wanted)}`, file);
export const handInStatement = (file, name, layout) =>
  post(`${ROOT}/statements${query({ name, columns: layout })}`, file);
export const statements = async () => (await get(`${ROOT}/statements`)).statements;
export const statementOf = (id) => get(`${ROOT}/statements/${part(id)}`);
export const readStatement = (id, layout) =>
  post(`${ROOT}/statements/${part(id)}/read`, { columns: layout });
export const ibans = async () => (await get("/body")).accounts.map((each) => each.iban);
