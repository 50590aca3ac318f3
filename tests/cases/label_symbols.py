# %% include handout
# %% include tensors
# %% include forward
# %%
print("h₁ =", h1.data)
print("h₂ =", h2.data)
print("ŷ =", out.data)
# %% include backward
# %%
print("∂L/∂W₁ =", W1.grad)
print("∂L/∂b₁ =", b1.grad)
print("∂L/∂W₂ =", W2.grad)
print("∂L/∂b₂ =", b2.grad)
print("∂L/∂W₃ =", W3.grad)
print("∂L/∂b₃ =", b3.grad)
