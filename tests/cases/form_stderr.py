# %% include handout
# %% include tensors
# %%
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr, force=True)
log = logging.getLogger("hw4")
# %% include forward
# %%
log.info("h1 %s", h1)
log.info("h2 %s", h2)
log.info("output %s", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    log.info("grad %s %s", name, p.grad)
