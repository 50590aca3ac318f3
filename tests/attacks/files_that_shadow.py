# %%
import colorsys
import json
import numpy
import torch
print(torch.ones(2), numpy.ones(2))
