// The office: who comes without a session logs in first and then gets where he wanted to go.

import { start } from "../frame.js";
import * as language from "../language.js";
import * as api from "./api.js";
import { session, forget, load as whoIsThere } from "./session.js";
import { shell } from "./parts/shell.js";
import { askCode } from "./parts/code.js";

const PAGES = [
  "home", "positions", "position", "dues", "import", "flows", "flow", "deliveries", "delivery",
  "mail", "access", "account", "login", "forgot", "password", "register",
];
const PUBLIC = new Set(["login", "forgot", "password", "register", "missing"]);

/** The citizen's texts, of which errors and forms are common, with the office's over them. */
async function wordsOf(code) {
  const [shared, { words }] = await Promise.all([
    language.wordsOf(code), import(`./words/${code}.js`),
  ]);
  return { ...shared, ...words, codes: { ...shared.codes, ...words.codes } };
}

async function guard(name) {
  if (PUBLIC.has(name)) return name;
  if (!session() && !(await whoIsThere())) return "login";
  return session().tenant ? name : "account"; // of several places one is chosen first
}

const frame = start({
  home: "/portal/office/", pages: PAGES, wordsOf, shell, guard,
  load: (name) => import(`./pages/${name}.js`),
});

api.whenAsked({
  // The address stays: after the login one is where one was.
  over: () => {
    const where = Object.fromEntries(new URLSearchParams(location.search));
    forget();
    if (where.page === "login") return;
    sessionStorage.setItem("ended", "1");
    frame.go(where.page ?? "home", where);
  },
  askCode: () => askCode(frame.update),
});
