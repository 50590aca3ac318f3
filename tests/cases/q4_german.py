# %% include handout
# %% include tensors
# %% include forward
# %% include show_layers
# %% include backward
# %% include show_gradients
# %% [markdown]
# ### Aufgabe 4
# %% [markdown]
# Ja, die Ergebnisse stimmen überein.
