"""A folder with a rubric and a solution → an `Assignment`: checked, solved in every world, ready to judge by.

`loading` is the way in; `solution` calls the folder's Python; `values` holds what a reference value is;
`vocabulary` the students' words for them; `examine` says what a teacher should know before a class is graded.
"""
