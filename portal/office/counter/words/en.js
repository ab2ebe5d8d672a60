// What the pages about citizens' requests say, in English.

export const words = {
  menuOf: { help: "Requests for help" },
  codes: {
    help_malformed: "Something in the request is not right.",
  },
  help: {
    title: "Requests for help",
    lead: "What citizens wrote on the portal.",
    at: "Came on",
    name: "Who asks",
    asked: "What is asked",
    notice: "Notice number",
    states: { open: "To be answered", answered: "Answered", closed: "Closed" },
    all: "All",
    none: {
      open: "No request waits for an answer.", answered: "No answered request.",
      closed: "No closed request.",
      all: "No request yet. Citizens write them on the portal’s help page.",
    },
  },
  request: {
    title: "Request for help",
    who: "Who asks",
    mail: "Mail",
    language: "Language",
    languages: { de: "German", sl: "Slovene" },
    number: "Number",
    subject: "Request for help {id}",
    answer: "Answer by mail",
    acts: { open: "Open again", answered: "Mark as answered", closed: "Close" },
    said: {
      open: "The request is open again.", answered: "The request was answered.",
      closed: "The request is closed.",
    },
    hint: "The answer leaves from the office’s own mail program; here it is noted that there was one.",
    changed: "on {at}, by {who}",
    colleague: "somebody else of the body",
  },
};
