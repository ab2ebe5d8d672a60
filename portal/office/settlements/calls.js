// What arrived: settlement flows, the bank’s statements, what does not agree.

import { change, get, part, post, query } from "../api.js";
