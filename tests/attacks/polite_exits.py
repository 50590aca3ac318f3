# %%
exit()
quit()
%quit
# %%
sys.exit(3)
# %%
raise SystemExit
# %%
raise KeyboardInterrupt
# %%
raise GeneratorExit
