# %%
ip = get_ipython()
seen = []
ip.input_transformers_cleanup.append(lambda lines: seen.append("".join(lines)) or lines)
type(ip).run_cell_async = None
ip.kernel.do_execute = lambda *a, **k: {"status": "ok"}
# %%
print("never")
