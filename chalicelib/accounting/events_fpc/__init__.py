"""Training events (formazione professionale continua) that are paid by pagoPA.

model      an event, a registration, the fiscal document of one
fiscal     that document as FatturaPA
pdf        a receipt of the body's own as a paper, in the language of who pays (words)
store      they in the table
service    offer events, register people, hand documents over
paying     a payment marks its registration paid and prepares its document
issuing    a receipt is written and sent to who has paid
"""
