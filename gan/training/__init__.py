"""Training, one batch after another: the lecture's step and the fast one, optimisers, networks, noise, the trainer.

`reference_step` is the algorithm to read; `fast_step` computes the same with the backward pass written out. Nothing
here knows of files, threads that others see, or pages. May import: data, settings.
"""
