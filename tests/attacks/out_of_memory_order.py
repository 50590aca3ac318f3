# %%
# when memory runs out it must be a kernel that goes, so a kernel must not be able to excuse itself
for who in ("self", "thread-self", str(os.getpid())):
    for name, text in (("oom_score_adj", "-1000"), ("oom_score_adj", "0"), ("oom_adj", "-17"), ("coredump_filter", "ff"), ("timerslack_ns", "1"),
                       ("clear_refs", "1"), ("comm", "grader"), ("loginuid", "0"), ("setgroups", "deny"), ("attr/current", "x"), ("autogroup", "-20"), ("make-it-fail", "1")):
        attempt(f"write {who} {name}", lambda: os.write(os.open(f"/proc/{who}/{name}", os.O_WRONLY), text.encode()))
        attempt(f"write {who} {name}", lambda: open(f"/proc/{who}/task/{os.getpid()}/{name}", "w").write(text))
for path in ("sys/vm/drop_caches", "sys/kernel/core_pattern", "sysrq-trigger", "sys/vm/overcommit_memory", "irq/default_smp_affinity", "sys/fs/file-max"):
    attempt(path, lambda: open("/proc/" + path, "w").write("1"))
attempt("nice", lambda: os.nice(-5))
attempt("locked memory", lambda: call(151, 1))
attempt("real time", lambda: found(os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)) or os.sched_getscheduler(0) == os.SCHED_FIFO))
