# %%
k = get_ipython().kernel
get_ipython().ask_exit()
k.do_shutdown(True)
app = sys.modules["ipykernel.kernelapp"].IPKernelApp.instance()
print("asked for an end")
# %%
print("cell three")
