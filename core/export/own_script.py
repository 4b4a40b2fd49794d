"""The lines of a Keras script that build a model of a person's own with the values of a run."""

import ast
from collections.abc import Iterator

from core.export.export import Export
from core.network.model_file import DATA, FUNCTIONS, ModelFile
from trainpad.errors import RunError
from trainpad.files import read_private

LIMIT = 1 << 20
HP = '''\
on_change = {}


class Hp:
    """Gives the values of the run."""

    def __getattr__(self, kind):
        return self.ask

    def ask(self, name, *limits, **more):
        on_change[f"hp.{name}"] = more.get("on_change")
        return values[f"hp.{name}"]


'''


def own_network(file: ModelFile, export: Export) -> Iterator[str]:
    """Yield the lines that build the model from its copy in the run, and shape the images.

    Raises:
        RunError: the copy has no function that builds one.
    """
    name, takes_hp = _function(file)
    yield from HP.splitlines() if takes_hp else ()
    folders = [str(file.path.parent), str(file.folder)]
    yield "# the model's file as it was, and what it imports"
    yield f"sys.path[:0] = {folders!r}"
    yield f"from {file.path.stem} import {name}"
    yield ""
    yield f"model = {name}({'Hp()' if takes_hp else ''})"
    shape = tuple(export.run.info["dataset"].get("image_shape", ()))
    channels = (*shape, 1) if len(shape) == 2 else shape
    yield f"shape = model.inputs[0].shape[1:] if model.built else {channels}"
    for split in ("train", "test"):
        yield f'x_{split} = x_{split}.reshape(-1, *shape).astype("float32") / 255'


def _function(file: ModelFile) -> tuple[str, bool]:
    """The name of the function that builds the model, and whether it takes `hp`."""
    tree = ast.parse(read_private(file.path, LIMIT))
    found = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
    public = [name for name in found if not name.startswith("_") and name != DATA]
    for name in (file.function, *FUNCTIONS, *(public if len(public) == 1 else ())):
        if name in found:
            return name, bool(found[name].args.args)
    raise RunError(f"{file.name} has no function that returns its model")
