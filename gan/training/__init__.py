"""Training, one batch after another.

`reference_step` is the algorithm to read. `fast_step` computes the same with the backward pass written out; its parts
are `passes`, `discriminator_pass`, `penalty_pass`, `optimizer_step` and `batch_masks`. `captured_batch` replays its
operations without Python (`cpu_graph`), where that is quicker on two cores (`quicker_way`, `halved_graph`, `halves`).
Both use `losses`, and are given what `step_inputs` describes. `trainer` trains a run with
one of the two (see `steps`), on `networks` made of `layers`, which `build` makes from the settings. `trainer_state`
captures and restores all of it, and `state_checks` checks states that come from a file. Nothing here knows of files or
pages.

May import: data, settings.
"""
