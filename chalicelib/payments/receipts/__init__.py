"""Receipts: what pagoPA says of a payment that was made ("ricevuta telematica").

model    a receipt, and what it does to a position
store    receipts in the table, persons sealed
service  record one, find them again
pdf      one as a page for whoever paid
"""
