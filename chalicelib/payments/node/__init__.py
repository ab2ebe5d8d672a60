"""What pagoPA's node asks of a body's station, by paForNode.wsdl.

soap      the envelope, in and out
shapes    what elements a request has, read one by one
requests  a request as values
payable   what a notice asks for on a day, or why it may not be paid. Pure
faults    the node's words for that
answers   responses, written
lookup    whose a notice is, in two reads
demands   a notice that somebody asks for at a PSP's counter
service   one operation, from bytes to bytes
"""
