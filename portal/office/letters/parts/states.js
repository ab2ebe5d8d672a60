// How far an order of letters is.

// What each step is over by: the states behind it.
export const AFTER = {
  sample: new Set(["approved", "handing", "handed", "printed", "enclosed", "posted"]),
  ship: new Set(["handed", "printed", "enclosed", "posted"]),
  report: new Set(["posted"]),
};
/** Not with the print service yet. */
export const OPEN = new Set(["sampled", "approved"]);
export const isOver = (state) => ["posted", "refused", "cancelled"].includes(state);
/** What the print service may report now, in its order. */
export const REPORTS = {
  handed: ["print", "enclose", "post"], printed: ["enclose", "post"], enclosed: ["post"],
};

const COLOURS = {
  sampled: "warning", approved: "primary", handing: "primary", handed: "primary", printed: "primary",
  enclosed: "primary", posted: "success", refused: "danger", cancelled: "secondary",
};
export const colourOf = (state) => COLOURS[state] ?? "secondary";
