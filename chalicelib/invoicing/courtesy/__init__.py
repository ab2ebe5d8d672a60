"""The courtesy copy: a FatturaPA document as a PDF that a person can read.

labels    the code lists of the format in Italian and English, with their validity
words     every other word on the page, and how numbers and days are written
content   what is shown, pure: from the tree to plain values
layout    where it stands: from those values to pages of lines of text, pure
pdf       the one place that draws, with fpdf2
"""
