// Who is logged in. The cookie is out of our reach; the token that goes with each change, and who we
// are, live in memory only and are asked for again after a reload.

import * as wire from "../wire.js";

let present = null;

/** What the API says of the session, or null. */
export const session = () => present;
export const may = (scope) => present?.scopes.includes(scope) ?? false;
export const csrf = () => present?.csrf ?? "";

/** Asks who is logged in; null when nobody is. Throws an ApiError when that cannot be known. */
export async function load() {
  try {
    present = await wire.json("GET", "/v1/session");
  } catch (error) {
    if (error.status !== 401) throw error;
    present = null;
  }
  return present;
}

/** A new cookie came with a new token: it holds from now on. */
export function renew(opened) {
  if (present) Object.assign(present, { csrf: opened.csrf, expires_at: opened.expires_at });
}

export function forget() {
  present = null;
}
