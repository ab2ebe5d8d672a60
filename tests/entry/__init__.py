"""The doors: what the API and SdI's address answer, to whom."""
