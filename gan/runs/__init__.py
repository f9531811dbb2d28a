"""The runs of this process: one training thread each, the registry of all of them, their queue, branches and zips.

May import: quality, export, recording, training, data, settings.
"""
