// What citizens ask a body's people.

import { change, get, part, query } from "../api.js";

export const requests = (wanted) => get(`/body/help${query(wanted)}`);
export const requestOf = (id) => get(`/body/help/${part(id)}`);
export const decide = (id, state, version) =>
  change("PUT", `/body/help/${part(id)}`, { state, version });
