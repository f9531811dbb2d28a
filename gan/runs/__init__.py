"""The runs of this process: one training thread each, the registry of all of them, their queue, branches and zips.

`run`: what others read of a run and ask of it. `loop`: what its thread does. `preparation`: what happens before the
first batch. `run_data`, `snapshot`, `inbox`: what these share. `registry`: the runs of a folder, with `name_locks`,
`run_names` and `summary`. `queue`, `waiting`: how many train at once. `throughput`: batches a second. A run's folder as
a whole: `branch`, `set_aside`, `recycle_bin`, `folders`, `archive`, `verify`, `trim`, `shipped`.

May import: quality, export, recording, training, data, settings.
"""
