"""What is going on in a run, in words: a sentence on its figures, and warnings that say why and what to try.

Pure functions of what a run has recorded (settings, the figures of its batches, the scores of its images), so that they
say the same live, in a replay and at an old epoch. Nothing here knows runs, the server or a page.
"""
