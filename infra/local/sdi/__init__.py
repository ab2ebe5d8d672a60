"""A simulator of Sistema di Interscambio that speaks SDICoop over a real socket."""
