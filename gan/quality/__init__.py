"""The quality of a run's images: FID, density, coverage, digits and copies, and the thread that measures them.

Measuring draws its own random numbers and never changes a bit of a run. May import: recording, training, data,
settings.
"""
