# %% include handout
# %%
import torch
def run(parameters, x, y):
    P = [torch.tensor(p, requires_grad=True) for p in parameters]
    X, Y = torch.tensor(x), torch.tensor(y)
    h1 = torch.sigmoid(P[0] @ X + P[1][:, None])
    h2 = torch.sigmoid(P[2] @ h1 + P[3][:, None])
    out = P[4] @ h2 + P[5][:, None]
    loss = ((out - Y) ** 2).sum() / 2 / x.shape[1]
    loss.backward()
    print("h1:", h1, "h2:", h2, "out:", out, sep="\n")
    for name, p in zip("W1 b1 W2 b2 W3 b3".split(), P):
        print(f"grad {name}:", p.grad, sep="\n")
    return loss.item()
run(parameters, x, y)
# %%
for seed in [0, 1, 42]:  # how much depends on the seed?
    np.random.seed(seed)
    print("seed", seed, "-> loss", run(*initialize(3, 4, 2, 5)))
