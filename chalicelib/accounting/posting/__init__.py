"""Posting: money that was matched becomes reversali and entries of a journal that only grows.

model      payments that can be posted, drafts of orders, orders; a body's setting
planning   payments as drafts of orders, by assessment or by chapter
numbering  numbers by financial year that ascend with the accounting date
ledger     entries with balanced legs: money in = open + anomalous + posted
source     what the match offers, and how it is told that something was posted
store      all of it in the table
service    preview, runs, orders, corrections, closing
working    the same in the background
opi        orders as flusso_ordinativi, and the treasurer's answers
exports    CSV and XLSX for people
"""
