"""The doors: a route or an event in, one domain call, an answer out."""
