# %%
k = get_ipython().kernel
import zmq
for thing in (k.iopub_socket, k.iopub_thread, k.shell_stream):
    try:
        thing.close()
    except Exception as error:
        print(error)
time.sleep(3)
