// The second factor: as a picture, as text, and the codes for the day on which the phone is lost.

import { html } from "../../lit.js";

/** The picture is shown as an image, never as part of the page: what is in it cannot do anything. */
function picture(svg) {
  // Inside a page SVG needs no namespace, as a file of its own it does.
  const whole = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(whole)}`;
}

export const enrolment = (words, { secret, qr_svg: svg }) => html`
  <p>${words.factor.scan}</p>
  <img class="qr" src=${picture(svg)} alt=${words.factor.picture} width="208" height="208">
  <p>${words.factor.type}<br><strong class="secret">${secret}</strong></p>`;

export const codesShown = (words, codes) => html`
  <p class="alert alert-warning">${words.factor.once}</p>
  <ul class="codes" aria-label=${words.factor.codes}>${codes.map((each) => html`<li>${each}</li>`)}</ul>`;
