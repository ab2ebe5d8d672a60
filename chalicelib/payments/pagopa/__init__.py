"""What pagoPA is told of debt positions, and what it is asked for.

connection   how a body is joined to pagoPA, and where its services are
connections  the same in the table, keys sealed
shares       what of a payment goes to which account
gpd          a position as GPD has it, and the next step from what is there to what is wanted. Pure
aca          the same services under another name, for bodies that answer the node themselves
client       one call to them, and what failures mean
telling      the work row that joins the commit of every decision about a position
told         what pagoPA was told of a position, and what it would not hear
working      telling in the background
bulk         great flows, as files
looking      new receipts, looked for at each access and found missing by settlement
receipts     how GPD and Biz Events write a receipt
"""
