"""The reseller's prepaid credits: products, orders, lots, the ledger, holds."""
