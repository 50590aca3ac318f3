# %%
import asyncio
asyncio.get_running_loop().stop()
sys.modules["ipykernel.kernelapp"].IPKernelApp.instance().close()
# %%
time.sleep(0.5)
