"""What a citizen may do who is not logged in: find what he owes, print it, get help and receipts.

handles    the signed, short-lived keys that stand for a search that was answered
tries      how often one may ask
directory  the bodies of the house and what they offer
finding    a position by its notice and the debtor's tax code, or by half of that
showing    what of a position is shown to whom
papers     notices and receipts as files
services   spontaneous services: the position first
tickets    requests for help
"""
