# %% include handout
# %% include tensors
# %% include forward
# %%
raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
for n, t in enumerate([h1, h2, out], 1):
    print("h" + str(n).translate(raised), t)
# %% include backward
# %% include show_gradients
