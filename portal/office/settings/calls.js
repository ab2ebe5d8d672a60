// What a body is and how it is joined to others: services, accounts, channels, who did what.

import { change, get, part, post, query } from "../api.js";

async function orNothing(wanted) {
  try {
    return await wanted;
  } catch (error) {
    if (error.code === "not_found") return null;
    throw error;
  }
}

// ------------------------------------------------------------------ the body
/** The setting, or null before anything was said. */
export const body = () => orNothing(get("/body"));
/** The picture has an address of its own. */
export const saveBody = ({ logo, ...wanted }) => change("PUT", "/body", wanted);
export const logo = () => orNothing(get("/body/logo"));
export const saveLogo = (file) => change("PUT", "/body/logo", file);
export const dropLogo = () => change("DELETE", "/body/logo");
export const checklist = () => get("/body/checklist");

// ------------------------------------------------------------------ services
export const services = async () => (await get("/body/services")).services;
export const serviceOf = (code) => get(`/body/services/${part(code)}`);
export const saveService = (code, wanted) => change("PUT", `/body/services/${part(code)}`, wanted);
export const presets = async () => (await get("/body/presets")).presets;
export const taxonomy = async (words) => (await get(`/body/taxonomy${query({ words })}`)).entries;

// ------------------------------------------------------------------ pagoPA
export const connection = () => orNothing(get("/body/pagopa"));
export const saveConnection = (wanted) => change("PUT", "/body/pagopa", wanted);
export const tryConnection = (product) => post("/body/pagopa/test", { product });

// ------------------------------------------------------------------ channels
export const carriers = async () => (await get("/body/carriers")).carriers;
export const saveCarrier = (code, wanted) => change("PUT", `/body/carriers/${part(code)}`, wanted);
export const removeCarrier = (code) => change("DELETE", `/body/carriers/${part(code)}`);
export const tryCarrier = (code) => post(`/body/carriers/${part(code)}/test`);
export const texts = (language) => get(`/body/delivery/texts${query({ language })}`);
export const wishes = () => get("/body/delivery");
export const saveWishes = (wanted) => change("PUT", "/body/delivery", wanted);
export const enclosures = async () => (await get("/body/enclosures")).enclosures;
export const saveEnclosure = (code, file) =>
  change("PUT", `/body/enclosures/${part(code)}${query({ name: file.name })}`, file);
export const removeEnclosure = (code) => change("DELETE", `/body/enclosures/${part(code)}`);

// ------------------------------------------------------------------ the body's own software
export const settings = () => get("/settings");
/** `webhook`: {url, secret}, or null for none. */
export const saveWebhook = (webhook) => change("PATCH", "/settings", { webhook });
export const tryWebhook = () => post("/settings/webhook/test");

// ------------------------------------------------------------------ who did what
export const audit = (wanted) => get(`/audit${query(wanted)}`);
