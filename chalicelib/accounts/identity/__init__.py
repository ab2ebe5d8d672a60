"""Who somebody is: passwords, second factor, sessions, single-use links."""
