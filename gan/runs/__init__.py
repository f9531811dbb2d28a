"""The runs of this process: one training thread each, the registry of all of them, their queue, branches and zips.

run: what others read of a run and ask of it. loop: what its thread does. preparation: what happens before the first
batch. run_data, snapshot, inbox: what the two share. registry: the runs of a folder; name_locks, run_names, summary:
its parts. queue, waiting: how many train at once. branch, set_aside, recycle_bin, folders, archive, verify, trim, shipped: a
run's folder as a whole. throughput: batches a second.

May import: quality, export, recording, training, data, settings.
"""
