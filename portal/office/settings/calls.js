// What a body is and how it is joined to others: services, accounts, channels, who did what.

import { change, get, part, post, query } from "../api.js";
