# %%
raise type("E" * 5_000_000, (Exception,), {})("9" * 5_000_000)
