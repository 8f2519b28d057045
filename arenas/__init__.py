"""The spatial arenas that stand on PacketFlow: zones, links, simulation (later issues)."""
