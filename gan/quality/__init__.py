"""How good a run's images are: FID, density, coverage, digits and copies, and the thread that measures them.

Measuring draws random numbers of its own and never changes a bit of a run. May import: recording, training, data,
settings.
"""
