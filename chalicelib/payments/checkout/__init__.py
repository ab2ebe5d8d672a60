"""Paying by pagoPA's Checkout: carts of one to five notices.

model    a cart, what Checkout is asked, what becomes of a cart
client   Checkout's carts API
store    carts in the table
service  open a cart, look at it when the payer comes back
"""
