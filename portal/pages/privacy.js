import { statement } from "../parts/statement.js";

export const open = (context) => statement(context, "privacy");
