# %% include handout
# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

W1, b1, W2, b2, W3, b3 = parameters
h1 = sigmoid(W1 @ x + b1[:, None])
h2 = sigmoid(W2 @ h1 + b2[:, None])
out = W3 @ h2 + b3[:, None]
# %% include show_layers
# %%
d3 = (out - y) / 5
d2 = W3.T @ d3 * h2 * (1 - h2)
d1 = W2.T @ d2 * h1 * (1 - h1)
print("dW1 =", d1 @ x.T, "\ndb1 =", d1.sum(1))
print("dW2 =", d2 @ h1.T, "\ndb2 =", d2.sum(1))
print("dW3 =", d3 @ h2.T, "\ndb3 =", d3.sum(1))
