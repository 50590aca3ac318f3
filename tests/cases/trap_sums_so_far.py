# %% include handout
# %%
import torch
W1, b1, W2, b2, W3, b3 = [torch.tensor(q, requires_grad=True) for q in parameters]
M = 5
H1, H2, F = [], [], []
for n in range(M):
    xn, yn = torch.tensor(x[:, n]), torch.tensor(y[:, n])
    h1 = torch.sigmoid(W1 @ xn + b1); h2 = torch.sigmoid(W2 @ h1 + b2); fn = W3 @ h2 + b3
    loss_n = 0.5 * torch.dot(fn - yn, fn - yn) / M
    loss_n.backward()           # .grad is a running sum over the instances
    H1.append(h1); H2.append(h2); F.append(fn)
    print(f"instance {n+1}: loss contribution {loss_n.item():.6f}, db3 so far {b3.grad.tolist()}")
# %%
print("h1 (one line per instance)");  [print(t.tolist()) for t in H1]
print("h2 (one line per instance)");  [print(t.tolist()) for t in H2]
print("f (one line per instance)");   [print(t.tolist()) for t in F]
print()
for name, p in [("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2), ("W3", W3), ("b3", b3)]:
    print("gradient w.r.t.", name); print(p.grad)
