# %% include handout
# %% include tensors
# %% include forward
# %%
display("h1", h1)
display("h2", h2)
display("output", out)
# %% include backward
# %%
display(W1.grad, b1.grad, W2.grad, b2.grad, W3.grad, b3.grad)
