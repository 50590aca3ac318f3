# %%
os.closerange(3, 300)
print("closed")
time.sleep(3)
