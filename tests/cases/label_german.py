# %% include handout
# %% include tensors
# %% include forward
# %%
print("Ausgabe der ersten verdeckten Schicht:\n", h1)
print("Ausgabe der zweiten verdeckten Schicht:\n", h2)
print("Ausgabe der Ausgabeschicht:\n", out)
# %% include backward
# %%
print("Gradient von W1:\n", W1.grad)
print("Gradient von b1:\n", b1.grad)
print("Gradient von W2:\n", W2.grad)
print("Gradient von b2:\n", b2.grad)
print("Gradient von W3:\n", W3.grad)
print("Gradient von b3:\n", b3.grad)
