// Letters by a print service: orders, their samples, their steps.

import { get, part, post } from "../api.js";

export const orders = async () => (await get("/body/postal-orders")).orders;

/** The order of a delivery, or null while its package is not ready. */
export async function orderOf(id) {
  try {
    return await get(`/body/postal-orders/${part(id)}`);
  } catch (error) {
    if (error.code === "not_found") return null;
    throw error;
  }
}

export const sampleOf = async (id) => (await get(`/body/postal-orders/${part(id)}/sample`)).files;
export const takeStep = (id, event, note) =>
  post(`/body/postal-orders/${part(id)}/steps`, { event, note });
