# %%
class Huge:
    def __repr__(self):
        return "7" * 50_000_000
Huge()
