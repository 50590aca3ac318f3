# %%
os.abort()
