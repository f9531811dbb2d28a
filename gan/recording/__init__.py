"""A run on disk: what is written while it trains, read back strictly, recovered after a kill, and replayed.

Weights are safetensors, settings and commands JSON; nothing is pickled. May import: training, data, settings.
"""
