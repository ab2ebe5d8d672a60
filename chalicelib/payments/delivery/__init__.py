"""Notices on their way: a run brings those of a flow, or of chosen positions, out by one channel.

channels   what a channel is: the protocol, a parcel, how a carrier says what became of it
registry   the channels that there are
model      a run, an attempt, what is counted. Pure
throttle   how many may go now. Pure
store      they in the table
service    begin, call off, resend, resume, look
working    the same in the background, as far as the time goes
carrying   attempts one by one (claimed before), or many where repeating does no harm
printing   the notice of a position as a file
settings   what a body wants: channels on request, mail after payment
mail       the channel to mail and PEC, and its accounts
archive    the channel that makes files and one ZIP of them
"""
