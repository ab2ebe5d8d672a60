"""What runs on a customer's own machine. Standard library only, nothing of the house's code."""
