"""Settlement flows, bank statements, and the match of both with the receipts."""
