"""Debt positions: what a body asks a debtor for, by one notice or several.

states     the table of states and events, in pagoPA's words
model      a position, its lines, transfers and payments; what is due on a day
grouping   dues as positions, within what one notice can hold
store      they in the table
flows      generation: the list, exclusions, parameters
holds      somebody takes the money past the node just now
working    the same in the background
positions  one position: edit, cancel, delete, paid outside, its notice
"""
