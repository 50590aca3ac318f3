loss = 0.5 * ((out - Y) ** 2).sum(dim=1).mean()
loss.backward()
