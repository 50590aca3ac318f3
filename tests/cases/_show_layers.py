print("h1 =", h1)
print("h2 =", h2)
print("output =", out)
