"""Claims that documents make about partnerships, each put to the test, judged, and written into a ledger."""
