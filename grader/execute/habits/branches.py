# mypy: ignore-errors
"""Branches not taken because of what the machine answered, and what the notebook shows with them.

`if os.path.exists("data.csv"): show()` shows nothing where the file is not, and so do a loop over no files
and what follows in a `try` that ended because something is not here. Which branches were taken is seen while
the cells run; whether the machine decided follows from the code. Where such a branch may show something, the
kernel tells so after the last cell. Sent once more, the cells take these branches and not the others; a
statement in them that fails for want of something is passed over. What they show then is no answer, it tells
whether a person has to look.
"""

import ast
import builtins
import copy
import os
import re
import sys
import types

from .telling import tell

_OF_TORCH = ("cuda", "backends", "mps", "xpu", "version", "accelerator")
_MACHINE = re.compile(
    r"(?:os|sys|glob|pathlib|shutil|socket|ssl|platform|importlib|pkgutil|subprocess|multiprocessing|psutil"
    rf"|requests|urllib|http|getpass|locale|google|torch\.(?:{'|'.join(_OF_TORCH)}))(?!\w)"
)
"""modules whose answers are the machine's"""
_SHOWS = ("print", "display", "pprint", "pp")
_LOUD = ("logging", "tqdm", "sys", "pprint", "rich", "click", "IPython", "warnings")
"""modules that show something"""
_WORDS = (str, bytes, int, float, os.PathLike, type(None))
"""what says where data are, not what they are"""
_BUILT_IN = frozenset(dir(builtins))
_WANTING = (OSError, ImportError, EOFError, MemoryError)
_GPU = re.compile(r"(?i)\b(?:cuda|nvidia|mps|gpu)\b")
_MOST_NODES, _MOST_CELLS, _MOST_TOLD = 20_000, 500, 20


def _is_wanting(error):
    """Does it say that something is not here?"""
    try:
        return isinstance(error, _WANTING) or bool(_GPU.search(str(error)[:2000]))
    except Exception:  # of an error that can't be told
        return False


class _Meaning:
    """What names stand for, as far as the code says: modules, and what the machine answered."""

    def __init__(self):
        self.modules = {}
        self.answers = {"get_ipython", "input", ".__version__"}
        self.parameters = {}

    def answered(self, node):
        """Does the value of an expression rest on what the machine answered?"""
        if isinstance(node, ast.Name):
            return node.id in self.answers or bool(_MACHINE.match(self.modules.get(node.id, "")))
        if isinstance(node, ast.Attribute) and f".{node.attr}" in self.answers:
            return True
        if isinstance(node, ast.Attribute | ast.Call):
            name = self._dotted(node.func if isinstance(node, ast.Call) else node)
            if name and name != "torch.device":  # numpy and torch compute, whatever they are given
                return bool(_MACHINE.match(name))
        return any(map(self.answered, ast.iter_child_nodes(node)))

    def may_ask(self, nodes):
        """Does some name in a cell stand for the machine, or for what it answered?"""
        asking = {n for n, module in self.modules.items() if _MACHINE.match(module)} | self.answers
        return any(
            (isinstance(n, ast.Name) and n.id in asking)
            or (isinstance(n, ast.Attribute) and (n.attr in _OF_TORCH or f".{n.attr}" in asking))
            for n in nodes
        )

    def learn_modules(self, nodes):
        """Which names stand for modules, and what functions call their parameters."""
        for node in nodes:
            if isinstance(node, ast.Import):
                names = [(a.asname or a.name.partition(".")[0], a) for a in node.names]
                self.modules.update((n, a.name if a.asname else n) for n, a in names)
            elif isinstance(node, ast.ImportFrom):
                self.modules.update((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)
            elif isinstance(node, ast.FunctionDef):
                self.parameters[node.name] = [a.arg for a in node.args.args]

    def learn(self, nodes):
        """What statements give names; of several that give one to another, those that stand in order."""
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                self._learn_function(node, [*ast.walk(node)][1:])
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                taken = zip(self.parameters.get(node.func.id, ()), node.args, strict=False)
                self.answers.update(name for name, given in taken if self.answered(given))
            else:
                self._learn_value(node)

    def _learn_function(self, node, inner):
        self.learn(n for n in inner if isinstance(n, ast.Assign | ast.AnnAssign | ast.For))
        returned = [n for n in inner if isinstance(n, ast.Return) and n.value and self.answered(n.value)]
        tried = (n for n in inner if isinstance(n, ast.Try) and any(map(self.answered, n.body)))
        if returned or any(isinstance(n, ast.Return) for t in tried for n in ast.walk(t)):
            self.answers.add(node.name)

    def _learn_value(self, node):
        value = node.iter if isinstance(node, ast.For) else getattr(node, "value", None)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(value, ast.AST) and self.answered(value):
            self.answers |= _bound(t for t in targets if t)
            self.answers |= {f".{t.attr}" for t in targets if isinstance(t, ast.Attribute)}

    def _dotted(self, node):
        """`torch.cuda` of an attribute or a name that a module has; "" of others."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        module = self.modules.get(node.id, "") if isinstance(node, ast.Name) else ""
        return ".".join([module, *reversed(parts)]) if module else ""


def _bound(nodes):
    found = (n for s in nodes for n in ast.walk(s) if isinstance(n, ast.Name))
    return {n.id for n in found if isinstance(n.ctx, ast.Store)}


def _asks(node):
    """What a statement or an expression lets decide; None where it lets nothing decide."""
    if isinstance(node, ast.BoolOp):
        return node.values[0]
    if isinstance(node, _COLLECTS):
        return node.generators[0].iter
    return node.iter if isinstance(node, ast.For) else node.test if isinstance(node, _TESTS) else None


_TESTS = (ast.If, ast.IfExp, ast.While)
_COLLECTS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def _sides(node):
    """What runs where the answer is yes, and where it is no."""
    if isinstance(node, ast.BoolOp):
        rest = node.values[1:]
        return ((True, rest), (False, [])) if isinstance(node.op, ast.And) else ((True, []), (False, rest))
    if isinstance(node, _COLLECTS):
        return ((True, [node.elt]),)
    if isinstance(node, ast.IfExp):
        return ((True, [node.body]), (False, [node.orelse]))
    return (True, node.body), (False, [] if isinstance(node, ast.While) else node.orelse)


class _Marks(ast.NodeTransformer):
    """Puts marks where the machine may decide, or takes the branches that it decided against.

    forced: None, or marks and sides of branches. found: mark → its node as it was written.
    """

    def __init__(self, meaning, forced=None):
        self.meaning, self.forced, self.found = meaning, forced, {}

    def generic_visit(self, node):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.For | ast.While):
            self._rest_as_else(node.body)
        elif isinstance(node, _COLLECTS) and self.meaning.answered(_asks(node)):
            mark = self._mark(node)
            super().generic_visit(node)
            self._mark_collecting(node, mark)
            return node
        return super().generic_visit(node)

    def _rest_as_else(self, block):
        """`if a: return` and what follows it, as `if a: return` `else:` what follows."""
        for n in range(len(block) - 1):
            one = block[n]
            if isinstance(one, ast.Assert) and self.meaning.answered(one.test):
                fails = ast.copy_location(ast.Assert(ast.Constant(False), one.msg), one)
                block[n] = ast.copy_location(ast.If(_not(one.test), [fails], []), one)
            one = block[n]
            leaves = isinstance(one, ast.If) and not one.orelse and isinstance(one.body[-1], _LEAVES)
            if leaves and self.meaning.answered(one.test):
                one.orelse = block[n + 1 :]
                del block[n + 1 :]
                self._rest_as_else(one.orelse)
                return

    def _mark(self, node):
        mark = hash((node.lineno, node.col_offset, ast.dump(_asks(node) or node.body[0])))
        self.found[mark] = copy.deepcopy(node)
        return mark

    def visit_If(self, node):
        if not self.meaning.answered(node.test):
            return self.generic_visit(node)
        mark, chained = self._mark(node), isinstance((node.orelse or [None])[0], ast.If)
        self.generic_visit(node)
        if self.forced is None:
            node.test = _call("__asked__", mark, node.test)
        elif (mark, True) in self.forced:
            return [*self._one_by_one(node.body, mark), *(node.orelse if chained else ())]
        elif (mark, False) in self.forced:
            return self._one_by_one(node.orelse, mark)
        return node

    def visit_IfExp(self, node):
        node.test = self._told(node)
        return self.generic_visit(node)

    def visit_BoolOp(self, node):
        node.values[0] = self._told(node)
        return self.generic_visit(node)

    def _told(self, node):
        """What an expression lets decide, with a mark, or as the answer that the machine did not give."""
        test = _asks(node)
        if not self.meaning.answered(test):
            return test
        mark = self._mark(node)
        if self.forced is None:
            return _call("__asked__", mark, test)
        side = self._side(mark)
        return ast.Constant(True in side) if side else test

    def visit_While(self, node):
        if not self.meaning.answered(node.test):
            return self.generic_visit(node)
        mark = self._mark(node)
        self.generic_visit(node)
        if self.forced is None:
            node.test = _call("__asked__", mark, node.test)
        elif self._side(mark):
            body = self._one_by_one(node.body, mark)
            return ast.For(ast.Name("_", ast.Store()), ast.Constant((1,)), body, [], None)
        return node

    def _mark_collecting(self, node, mark):
        first = node.generators[0]
        if self.forced is None:
            first.iter = _call("__looked__", mark, first.iter)
            node.elt = ast.BoolOp(ast.And(), [_call("__asked__", mark, ast.Constant(value=True)), node.elt])
        elif self._side(mark):
            first.iter = _or_one(first)

    def _one_by_one(self, body, mark):
        """Statements, each passed over where something it wants is not here."""
        bound = _bound(body)

        def one(statement):
            used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
            own = tuple(sorted(used - bound - self.meaning.modules.keys() - self.meaning.answers - _BUILT_IN))
            rests = self.meaning.answered(statement)
            pass_over = [ast.Expr(_call("__stumbled__", mark, own, rests))]
            handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, pass_over)
            return ast.Try([statement], [handler], [], [])

        return [one(s) for s in body]

    def _side(self, mark):
        return {side for one, side in self.forced if one == mark}

    def visit_For(self, node):
        if not self.meaning.answered(node.iter):
            return self.generic_visit(node)
        mark = self._mark(node)
        self.generic_visit(node)
        if self.forced is None:
            node.iter = _call("__looked__", mark, node.iter)
            node.body.insert(0, ast.Expr(_call("__asked__", mark, ast.Constant(value=True))))
        elif (mark, True) in self.forced:
            node.iter = _or_one(node)
            node.body = self._one_by_one(node.body, mark)
        return node

    def visit_Try(self, node):
        mark = self._mark(node)
        self._rest_as_else(node.body)
        self.generic_visit(node)
        if self.forced is None:
            for handler in node.handlers:
                handler.body.insert(0, ast.Expr(_call("__stumbled__", mark)))
        elif (mark, True) in self.forced:
            node.body, node.orelse = self._one_by_one([*node.body, *node.orelse], mark), []
        return node


_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break, ast.Assert)


def _not(test):
    return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)


def _or_one(loop):
    """What a loop runs over, or one that might have been there."""
    parts = len(loop.target.elts) if isinstance(loop.target, ast.Tuple) else 0
    one = ast.Constant((("a",) * parts if parts else "a",))
    return ast.BoolOp(ast.Or(), [_call("list", loop.iter), one])


def _call(name, *arguments):
    given = [a if isinstance(a, ast.AST) else ast.Constant(a) for a in arguments]
    return ast.Call(ast.Name(name, ast.Load()), given, [])


class _Watch:
    """The branches of one kernel's cells: one of IPython's transformers, which sees each cell's tree.

    forced: None while branches are watched. seen: mark → sides that ran. fell: a `try` that something ended
    that is not here. wanting: branches in which something was not here.
    """

    def __init__(self, shell):
        self.shell, self.meaning, self.forced = shell, _Meaning(), None
        self.cells, self.seen, self.fell, self.wanting = [], {}, set(), set()
        self.untaken, self.abouts, self.names = set(), {}, None

    def visit(self, tree):
        parent = self.shell.kernel.get_parent("shell") or {}
        nodes = [*ast.walk(tree)]
        if (
            parent.get("content", {}).get("silent")
            or len(nodes) > _MOST_NODES
            or len(self.cells) > _MOST_CELLS
        ):
            return tree
        self.names = dict(self.shell.user_ns) if self.names is None else self.names
        try:
            tried = [n for n in nodes if isinstance(n, ast.Try)]
            self.meaning.learn_modules(nodes)
            if not tried and not self.meaning.may_ask(nodes):
                return tree
            self.meaning.learn(nodes)
            for one in tried:
                self.meaning.answers |= _of_a_try(one)
            asked = any((test := _asks(n)) is not None and self.meaning.answered(test) for n in nodes)
            marks = _Marks(self.meaning, self.forced)
            changed = marks.visit(copy.deepcopy(tree)) if asked or tried else tree
        except Exception:
            return tree  # it runs as it stands, and nothing is known of its branches
        if self.forced is None:
            self.cells.append((nodes, marks.found, parent))
        return ast.fix_missing_locations(changed) if marks.found else tree

    def looked(self, mark, items):
        """A loop begins."""
        self.seen.setdefault(mark, set())
        return items

    def asked(self, mark, answer):
        """A branch is decided, or a loop's body begins."""
        try:
            self.seen.setdefault(mark, set()).add(bool(answer))
        except Exception:
            self.seen[mark].add(None)
        return answer

    def stumbled(self, mark, own=(), rests=False):
        """A `try` ended, or a statement of a branch that is taken now.

        own: names in it that the notebook gives. rests: it uses what the machine answered.
        """
        error = sys.exc_info()[1]
        wants = rests or _is_wanting(error)
        if self.forced is None:
            self.fell |= {mark} if wants else set()
            return
        if not wants and mark not in self.wanting:
            raise error
        self.wanting.add(mark)
        values = [self.shell.user_ns.get(name, self) for name in own]
        if not all(isinstance(value, _WORDS) for value in values):  # it may have computed an answer
            tell("answer", self.abouts.get(mark, ""), "", "raised")

    def tell_untaken(self):
        """Tell of the branches that may show something."""
        for mark, side, about, parent in [*self._untaken()][:_MOST_TOLD]:
            self.untaken.add((mark, side))
            self.abouts[mark] = about
            tell("answer", about, "", "instead", parent)

    def otherwise(self):
        """Begin anew, and take them."""
        self.forced = self.untaken
        self.shell.user_ns.clear()
        self.shell.user_ns.update(self.names)

    def _untaken(self):
        meaning = _Meaning()
        meaning.modules, meaning.parameters = self.meaning.modules, self.meaning.parameters
        for nodes, marks, parent in self.cells if any(marks for _, marks, _ in self.cells) else ():
            meaning.learn(nodes)
            fell = [(m, n) for m, n in marks.items() if isinstance(n, ast.Try) and m in self.fell]
            for mark, node in fell:
                meaning.answers |= _of_a_try(node)
                if self._may_show([*node.body, *node.orelse], meaning):
                    yield mark, True, ast.unparse(node.body[0])[:80], parent
            for mark, node in marks.items():
                test, seen = _asks(node), self.seen.get(mark)
                if test is None or seen is None or not meaning.answered(test):
                    continue
                for side, body in _sides(node):
                    if side not in seen and self._may_show(body, meaning):
                        yield mark, side, ast.unparse(test)[:80], parent

    def _may_show(self, body, meaning):
        calls = (n for s in body for n in ast.walk(s) if isinstance(n, ast.Call))
        return any(self._shows(call, meaning) for call in calls)

    def _shows(self, call, meaning):
        """Does a call show something that is no text and not the machine's, or run what the notebook made?"""
        root = call.func
        while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
            root = root.func if isinstance(root, ast.Call) else root.value
        name = root.id if isinstance(root, ast.Name) else ""
        module = meaning.modules.get(name, "").partition(".")[0]
        if module or hasattr(builtins, name):
            shows = module in _LOUD or name in _SHOWS
        else:
            made = self.shell.user_ns.get(name)
            of = made if isinstance(made, type | types.FunctionType) else type(made)
            unknown = made is None and root is call.func
            if unknown or of.__module__ == "__main__":
                return True
            shows = True
        given = [n for a in (*call.args, *call.keywords) for n in ast.walk(a) if isinstance(n, ast.Name)]
        known = _BUILT_IN | meaning.modules.keys()
        return shows and any(n.id not in known and not meaning.answered(n) for n in given)


def _of_a_try(node):
    """Names that are given something in a `try` which ends where something is not here."""
    handlers = [h for h in node.handlers if _catches_wants(h)]
    return _bound([*node.body, *(s for h in handlers for s in h.body)]) if handlers else set()


def _catches_wants(handler):
    named = (
        {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)} if handler.type else {"Exception"}
    )
    kinds = [getattr(builtins, name, None) for name in named]
    wide = (Exception, BaseException, RuntimeError)
    return any(isinstance(k, type) and (issubclass(k, _WANTING) or k in wide) for k in kinds)


def install(shell):
    watch = _Watch(shell)
    builtins.__asked__, builtins.__looked__, builtins.__stumbled__ = watch.asked, watch.looked, watch.stumbled
    shell.ast_transformers.append(watch)
    shell.otherwise = watch.otherwise
    stay = shell.stay

    async def stay_and_tell(seconds):
        await stay(seconds)
        watch.tell_untaken()

    shell.stay = stay_and_tell
