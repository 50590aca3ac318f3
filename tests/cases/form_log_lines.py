# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
import logging
import sys
import time
log = logging.getLogger("hw4")
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(logging.Formatter("%(asctime)s | %(levelname)-8s | %(message)s"))
log.addHandler(handler)
log.setLevel(logging.DEBUG)
for name, t in (("h1", h1), ("h2", h2), ("out", out)):
    log.info("%s = %s", name, t.tolist())
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    for i, row in enumerate(p.grad):
        time.sleep(0.002)
        log.debug("grad %s[%d] = %s", name, i, row.numpy())
