"""How fast, how small and how cheap Sportello is, against the promised figures."""
