// What is posted: orders of collection, closing, the treasurer, registers, training events.

import { change, get, part, post, query } from "../api.js";

const BOOKS = "/body/posting";
const EVENTS = "/body/training/events";

// ------------------------------------------------------------------ what there is to post
export const statements = async () => (await get("/body/reconciliation/statements")).statements;
export const readyFlows = (cursor) =>
  get(`/body/reconciliation/flows${query({ desk: "ready", cursor })}`);
export const openPayments = (of) => get(`${BOOKS}/open${query(of)}`);
export const preview = (wanted) => post(`${BOOKS}/preview`, wanted);
export const begin = (wanted, once) => post(`${BOOKS}/runs`, wanted, once);
export const runs = async () => (await get(`${BOOKS}/runs`)).runs;
export const runOf = (id) => get(`${BOOKS}/runs/${part(id)}`);

// ------------------------------------------------------------------ what was posted
export const orders = (wanted) => get(`${BOOKS}/orders${query(wanted)}`);
export const orderOf = (id) => get(`${BOOKS}/orders/${part(id)}`);
export const reverse = (id, note) => post(`${BOOKS}/orders/${part(id)}/reverse`, { note });
export const setProvisional = (id, number) =>
  change("PUT", `${BOOKS}/orders/${part(id)}/provisional`, { number });
export const assessmentOf = (id) => get(`${BOOKS}/assessments/${part(id)}`);
export const entries = (wanted) => get(`${BOOKS}/entries${query(wanted)}`);
export const balance = () => get(`${BOOKS}/balance`);
export const close = (until) => post(`${BOOKS}/close`, { until });
export const exportOf = (wanted) => get(`${BOOKS}/export${query(wanted)}`);

// ------------------------------------------------------------------ how it is posted
export const setting = () => get(`${BOOKS}/setting`);
export const saveSetting = (wanted) => change("PUT", `${BOOKS}/setting`, wanted);
export const saveTreasurer = (wanted) => change("PUT", `${BOOKS}/treasurer`, wanted);
export const certificates = () => get(`${BOOKS}/treasurer/certificates`);
export const saveCertificates = (wanted) =>
  change("PUT", `${BOOKS}/treasurer/certificates`, wanted);

/** Null while nobody has said how the treasurer is known. */
export async function treasurer() {
  try {
    return await get(`${BOOKS}/treasurer`);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

// ------------------------------------------------------------------ the treasurer
export const opiFlows = async (year) => (await get(`${BOOKS}/opi-flows${query({ year })}`)).flows;
export const makeOpiFlow = (year) => post(`${BOOKS}/opi-flows`, { year });
const opiFlow = ({ year, number }) => `${BOOKS}/opi-flows/${part(year)}/${part(number)}`;
export const opiFile = (flow) => get(opiFlow(flow));
export const signOpiFlow = (flow) => post(`${opiFlow(flow)}/sign`);
export const opiMessages = async () => (await get(`${BOOKS}/opi-outcomes`)).messages;
export const handInOutcomes = (file) => post(`${BOOKS}/opi-outcomes${query({ name: file.name })}`, file);

// ------------------------------------------------------------------ registers
export const registers = () => get("/body/registers");
export const saveRegister = (code, wanted) => change("PUT", `/body/registers/${part(code)}`, wanted);
export const removeRegister = (code) => change("DELETE", `/body/registers/${part(code)}`);
export const fetchDues = (code, year, once) =>
  post(`/body/registers/${part(code)}/fetches`, { year }, once);
export const fetches = async () => (await get("/body/register-fetches")).fetches;
export const publish = (code, flow) => post(`/body/registers/${part(code)}/publish`, { flow });
export const reports = async (state) =>
  (await get(`/body/register-reports${query({ state })}`)).reports;
export const retryReport = (id) => post(`/body/register-reports/${part(id)}/retry`);
export const carriers = async () => (await get("/body/carriers")).carriers;

// ------------------------------------------------------------------ training events
export const events = async () => (await get(EVENTS)).events;
export const eventOf = (id) => get(`${EVENTS}/${part(id)}`);
export const saveEvent = (id, wanted) => change("PUT", `${EVENTS}/${part(id)}`, wanted);
export const registrations = async (event) =>
  (await get(`${EVENTS}/${part(event)}/registrations`)).registrations;
export const register = (event, debtor, once) =>
  post(`${EVENTS}/${part(event)}/registrations`, { debtor }, once);
const registration = ({ event, id }) => `${EVENTS}/${part(event)}/registrations/${part(id)}`;
export const payPage = (one) => post(`${registration(one)}/pay`);
export const documentOf = (one) => get(`${registration(one)}/document`);
export const sendDocument = (one) => post(`${registration(one)}/document/send`);
export const fiscal = () => get("/body/training/fiscal");
export const saveFiscal = (wanted) => change("PUT", "/body/training/fiscal", wanted);
