"""A class: who is the teacher and who is a student, how one joins, and the table of who may do what."""
