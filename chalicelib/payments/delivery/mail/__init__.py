"""Notices and receipts by a body's own mail and PEC accounts.

accounts  an account as a body keeps it; its password is written and never read
smtp      the wire: one connection, one message, what the server said
words     what is written, in four languages
message   a notice or a receipt as a message (RFC 5322). Pure
channel   the delivery channel "mail"
"""
