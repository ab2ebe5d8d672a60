"""Dues: what members owe a body, as its files say it.

columns   the fields of the standard layout
mapping   where they are in a file of another layout
values    texts and numbers of cells as amounts, days, codes
reading   rows as dues, or as faults by row and column
template  the standard layout to be filled in, with its specification
model     a due, a person, an import
store     they in the table
imports   the use cases: upload, dry run, commit
working   the same in the background, as far as the time goes
"""
