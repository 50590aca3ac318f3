# %% include handout
# %% include tensors
# %% include forward
# %%
def zeige(name, t):
    print(name)
    for zeile in t.reshape(t.shape[0], -1).tolist():
        print("   ".join(f"{v:.5e}".replace(".", ",") for v in zeile))

zeige("Schicht 1", h1); zeige("Schicht 2", h2); zeige("Ausgabe", out)
# %% include backward
# %%
for name, p in zip(["W1", "b1", "W2", "b2", "W3", "b3"], [W1, b1, W2, b2, W3, b3]):
    zeige("Gradient " + name, p.grad)
