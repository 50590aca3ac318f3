loss = (0.5 * (out - y) ** 2).sum() / 5
loss.backward()
