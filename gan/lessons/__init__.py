"""Lessons: guided experiments, one Markdown file each, as plain data that is checked before anybody sees it.

Nothing here trains or knows a page: `library` finds the files, `lesson_file` reads one, `html` typesets its text, and
`conditions` says whether a step is reached by the figures of a run.
"""
