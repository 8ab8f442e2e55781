"""ScrambleBench: how much does a model's accuracy depend on the surface of language?"""

__version__ = "0.1.0"
