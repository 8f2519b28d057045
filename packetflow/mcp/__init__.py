"""Model Context Protocol: what other servers offer, as capabilities."""
