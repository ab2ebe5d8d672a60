// The office: who comes without a session logs in first and then gets where he wanted to go.

import { start } from "../frame.js";
import * as language from "../language.js";
import * as api from "./api.js";
import { session, forget, load as whoIsThere } from "./session.js";
import { shell } from "./parts/shell.js";
import { askCode } from "./parts/code.js";

const PAGES = [
  "home", "positions", "position", "dues", "import", "flows", "flow", "deliveries", "delivery",
  "entry", "layout", "refusals", "mail", "access", "account", "login", "forgot", "password", "register",
];
// What a body does beside its positions: a folder each, with its own pages, calls and texts.
const ROOMS = {
  settings: [
    "body", "ibans", "services", "service", "pagopa", "enrolment", "channels", "channel", "audit",
    "webhook",
  ],
  settlements: [
    "settlements", "collections", "settlement", "statement", "movements", "anomalies",
  ],
  accounts: [
    "posting", "postable", "run", "orders", "order", "assessment", "treasury", "journal", "closing",
    "books", "registers", "writebacks", "training", "event", "fiscal",
  ],
  letters: ["letters", "letter"],
  counter: ["help", "request"],
};
const FOLDERS = Object.fromEntries(Object.entries(ROOMS).flatMap(
  ([room, pages]) => pages.map((page) => [page, `./${room}`])));
const PUBLIC = new Set(["login", "forgot", "password", "register", "missing"]);

/** The citizen's texts, of which errors and forms are common, with the office's over them; what a
 * room says of its own is under its name, but for errors and the menu. */
async function wordsOf(code) {
  const rooms = Object.keys(ROOMS);
  const [shared, { words }, ...own] = await Promise.all([
    language.wordsOf(code), import(`./words/${code}.js`),
    ...rooms.map((room) => import(`./${room}/words/${code}.js`)),
  ]);
  const all = [words, ...own.map((each) => each.words)];
  const joined = (name) => Object.assign({}, ...all.map((each) => each[name]));
  return {
    ...shared, ...words,
    ...Object.fromEntries(rooms.map((room, at) => [room, own[at].words])),
    codes: { ...shared.codes, ...joined("codes") },
    menuOf: joined("menuOf"),
  };
}

async function guard(name) {
  if (PUBLIC.has(name)) return name;
  if (!session() && !(await whoIsThere())) return "login";
  return session().tenant ? name : "account"; // of several places one is chosen first
}

const frame = start({
  home: "/portal/office/", pages: [...PAGES, ...Object.keys(FOLDERS)], wordsOf, shell, guard,
  load: (name) => import(`${FOLDERS[name] ?? "."}/pages/${name}.js`),
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
