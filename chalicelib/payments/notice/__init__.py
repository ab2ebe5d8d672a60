"""The payment notice as PagoPA's guide prescribes it ("avviso analogico", 3.4): values in, PDF out.

model     who asks whom for what: values that are checked when they are made
words     the fixed texts, verbatim, in five languages
sheet     a page being set: faces, styles, lines that are made to fit
head      what stands above the payments: mark, parties, amount, where to pay
modules   the payment modules: the whole at once, and instalments by two or three
slip      the Poste slip of a payment
pages     which modules stand on which page
pdf       the file
"""
