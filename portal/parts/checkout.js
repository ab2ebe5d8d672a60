// To pagoPA's page, where the means of payment is chosen; the way back is return.html.

import * as api from "../api.js";

const KEPT = "paying";

/** Makes the cart on the server and goes to the address that it gives. */
export async function leaveToPay(keys, language, email) {
  const order = { keys, language, ...(email ? { email } : {}) };
  const { cart, redirect } = await api.pay(order);
  const target = new URL(redirect, location.href);
  // Never a script's address, whoever sent it.
  if (!["https:", "http:"].includes(target.protocol)) throw new api.ApiError("unreadable");
  sessionStorage.setItem(KEPT, cart);
  location.assign(target);
}

/** The cart that this tab went to pay last. */
export const lastCart = () => sessionStorage.getItem(KEPT) ?? "";
