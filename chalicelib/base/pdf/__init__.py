"""PDF written directly, for documents that are made by the thousand.

file      objects, offsets, the table at the end
fonts     a font's subset, made once and put into each file as it is
pictures  PNG and SVG logos, checked, as objects that any file can take in
canvas    the marks on a page, and the structure that a screen reader follows
document  pages, structure and metadata as one file

Why not fpdf2 for these: infra/decisions/0017-payment-notices.md.
"""
