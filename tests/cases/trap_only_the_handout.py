# %% include handout
