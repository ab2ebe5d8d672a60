"""pagoPA and what is around it on one machine: simulators that speak the real protocols."""
