"""Telling: each change of a document by mail, digest and signed webhook, once."""
