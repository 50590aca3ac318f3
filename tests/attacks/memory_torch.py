# %%
import torch
kept = []
while True:
    try:
        kept.append(torch.ones(4 << 20))
    except RuntimeError:
        print("stopped")
        del kept
        break
