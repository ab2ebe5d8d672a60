// The two ways to look at what was settled: flow by flow, payment by payment.

import { html, nothing } from "../../../lit.js";

const VIEWS = ["settlements", "collections"];

export const views = (context, here) => html`<nav class="views"
    aria-label=${context.words.settlements.views.label}><ul>
  ${VIEWS.map((each) => html`<li><a href=${context.address(each)}
    aria-current=${each === here ? "page" : nothing}>${context.words.settlements.views[each]}</a></li>`)}
</ul></nav>`;
