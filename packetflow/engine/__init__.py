"""The engine: compiled plans, policies, waits, resume. See `packetflow.engine.engine.Engine`."""
