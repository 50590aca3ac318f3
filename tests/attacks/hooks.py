# %%
# IPython's own ways to change what comes: code before and after it is Python, and what happens around a cell
import ast
ip = get_ipython()
class Odd(list):
    def __iter__(self):
        return iter(["print('not what stood there')\n"])
class Replaced(ast.NodeTransformer):
    turn = 0
    def visit_Module(self, node):
        Replaced.turn += 1
        return ast.parse("print('replaced')") if Replaced.turn % 2 else ast.Module([ast.Expr(ast.Name("x" * 10_000, ast.Load()))], [])
def fails(*arguments, **more):
    raise BaseException("from a hook")
hooks = (ip.input_transformers_cleanup, ip.input_transformers_post, ip.ast_transformers)
for one in (lambda lines: Odd(lines), lambda lines: None, lambda lines: [5], fails, lambda lines: lines * 100_000):
    for place in hooks[:2]:
        place.append(one)
        try:
            ip.transform_cell("1\n" * 10)
        except BaseException as error:
            print(type(error).__name__)
        place.remove(one)
hooks[2].append(Replaced())
for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    ip.events.register(event, lambda *info: print("around a cell"))
    ip.events.register(event, lambda *info: (_ for _ in ()).throw(ValueError(event)))
# %%
print("never as it stands")
# %%
ip = get_ipython()
# %%
ip.ast_transformers.clear()
# %%
for event in list(ip.events.callbacks):
    ip.events.callbacks[event].clear()
get_ipython().ast_transformers.clear()
