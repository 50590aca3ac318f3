# %%
%matplotlib inline
import warnings; warnings.filterwarnings("ignore")
# %% include handout
# %% include tensors
# %%
%%time
h1 = torch.sigmoid(W1 @ x + b1[:, None])
h2 = torch.sigmoid(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
print("h1 =", h1, "\nh2 =", h2, "\nout =", out)
# %% include backward
# %% include show_gradients
