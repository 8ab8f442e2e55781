"""The web dashboard: an ASGI application over monitoring and stored analyses; its gate is ``network``."""
