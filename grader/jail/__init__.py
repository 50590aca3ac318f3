"""The cage: where student code runs, and the only place where it runs.

`cage/` is the student's side and knows nothing of the grader; the modules here are the grader's
end of it: `probe` says what this machine can do, `view` what a kernel may read, `warm` and
`kernels` keep the warm server and its kernels, `caged` is one kernel in hand, `provisioner` offers
the same kernels to any Jupyter client.
"""
