// What is posted: orders of collection, closing, the treasurer, registers, training events.

import { change, get, part, post, query } from "../api.js";
