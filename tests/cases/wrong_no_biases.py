# %% include handout
# %% include tensors
# %%
h1 = torch.sigmoid(W1 @ x)
h2 = torch.sigmoid(W2 @ h1)
out = W3 @ h2
# %% include show_layers
# %% include backward
# %%
print("dW1 =", W1.grad)
print("dW2 =", W2.grad)
print("dW3 =", W3.grad)
