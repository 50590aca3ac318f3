# %%
ctypes.string_at(1)
