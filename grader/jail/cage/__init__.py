"""What runs on the student's side: the warm server, a supervisor per kernel, the kernel itself.

Theory of operation. This package is started as a script in a process of its own (see
``__main__``) and knows nothing of the grader: it imports nothing of it, so that rubric, solution
and submissions are never in a memory that a kernel inherits. Hence relative imports only.

The processes, from the outside in:

- **server**: imports torch and the kernel's libraries once, then forks. One thread, asserted,
  since a fork keeps only one. Its environment is empty, its only way out is one inherited socket
  to the grader; it listens on nothing. Where mount namespaces work it has moved into a minimal
  root, in which the grader, the rubric and everybody's files do not exist.
- **supervisor**, one per kernel: trusted, holds the socket that speaks for this kernel, watches
  memory, threads, processor time and disk, kills on request or when that socket closes, reaps,
  reports. It dies with the server (PR_SET_PDEATHSIG), and the server ends with the grader (end of
  file on its socket).
- **kernel**: hostile once the first cell has run. It gives away everything before that: own
  namespaces, own uid, no capabilities, no_new_privs, rlimits, Landlock, then a seccomp allow-list;
  after ipykernel is up, a second filter takes away what only its start needed. It gets five
  listening sockets ready-made, so it never needs socket(), bind() or connect(). It can't fork or
  execute, so the tree that has to be killed is one process.

Every layer stands alone: each closes what it closes even if all others failed.
"""
