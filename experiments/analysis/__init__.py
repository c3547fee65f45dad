"""What stored runs say: contrasts between arms, and the worlds in which each of them wins."""
