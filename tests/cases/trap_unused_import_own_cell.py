# %% include handout
# %%
import torchvision
from torchvision import transforms
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
