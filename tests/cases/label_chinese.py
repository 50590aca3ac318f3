# %% include handout
# %% include tensors
# %% include forward
# %%
print("第一隐藏层输出：", h1)
print("第二隐藏层输出：", h2)
print("输出层：", out)
# %% include backward
# %%
print("W1的梯度：", W1.grad)
print("b1的梯度：", b1.grad)
print("W2的梯度：", W2.grad)
print("b2的梯度：", b2.grad)
print("W3的梯度：", W3.grad)
print("b3的梯度：", b3.grad)
