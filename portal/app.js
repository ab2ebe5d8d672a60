// The citizen's portal: its pages, its texts, what stands around them.

import { start } from "./frame.js";
import { wordsOf } from "./language.js";
import { shell } from "./parts/shell.js";

const PAGES = [
  "search", "detail", "cart", "return", "services", "service", "receipts", "help",
  "accessibility", "privacy", "missing",
];

start({
  home: "/portal/", pages: PAGES, wordsOf, shell,
  load: (name) => import(`./pages/${name}.js`),
});
