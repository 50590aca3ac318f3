# %% include handout
# %% include tensors
# %% include forward
# %% include backward
# %%
with torch.no_grad():
    d3 = (out - y) / 5
    d2 = W3.T @ d3 * h2 * (1 - h2)
    d1 = W2.T @ d2 * h1 * (1 - h1)
def sigmoid(z): return 1 / (1 + torch.exp(-z))
own_h1 = sigmoid(W1 @ x + b1[:, None])
own_h2 = sigmoid(W2 @ own_h1 + b2[:, None])
pairs = {"h1": (h1, own_h1), "h2": (h2, own_h2), "output": (out, W3 @ own_h2 + b3[:, None]),
         "dW1": (W1.grad, d1 @ x.T), "db1": (b1.grad, d1.sum(1)), "dW2": (W2.grad, d2 @ h1.T),
         "db2": (b2.grad, d2.sum(1)), "dW3": (W3.grad, d3 @ h2.T), "db3": (b3.grad, d3.sum(1))}
for name, (a, b) in pairs.items():
    print(f"{name}:  autograd  ||  by hand")
    for r, q in zip(a.reshape(len(a), -1).tolist(), b.reshape(len(b), -1).tolist()):
        print("  ".join(f"{v:11.4e}" for v in r), " || ", "  ".join(f"{v:11.4e}" for v in q))
