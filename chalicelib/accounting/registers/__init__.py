"""Registers (albi): where dues come from, and where it is told that they were paid.

contract   what a connector is
tables     dues out of CSV, XLSX and JSON by columns with several names
isi, opi, sferabit   the three that are built in
registry   which connectors there are; others by the configuration of the deployment
carrying   fetch and bring over SFTP, S3 and HTTPS
store      registers of a body, fetches, reports
service    settings, fetching, publishing, retrying
reporting  what a posting tells a register, planned in the posting's own commit
working    the same in the background
"""
