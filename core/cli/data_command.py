"""The command `data`."""

import sys
from pathlib import Path

import click

from core.cli.completion import dataset_names
from core.cli.flags import argument, flag
from trainpad.errors import UserError


@click.command()
@argument("name", required=False, shell_complete=dataset_names)
@flag("input_data_dir", type=Path, metavar="FOLDER", help="Read the files in this folder.")
@flag("size", metavar="WxH", help="Scale and crop a folder's pictures to this size, as 64x48.")
@flag("offline", is_flag=True, help="Never use the network.")
@click.option("--verbose", is_flag=True, help="Also what was found and not used, and why.")
@click.option(
    "--clear-cache", is_flag=True, help="Delete unpacked pictures, which large folders leave."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def data(
    name: str | None,
    input_data_dir: Path | None,
    size: str | None,
    offline: bool,
    verbose: bool,
    clear_cache: bool,
    as_json: bool,
) -> int:
    """List the data sets; or find, download, verify and preview the one called NAME.

    Example: trainpad data fashion-mnist
    """
    from core.cli.datasets import clear_pictures, list_datasets, show_dataset

    if clear_cache and (name is not None or input_data_dir is not None):
        raise UserError("--clear-cache deletes the unpacked pictures of all data sets; name none")
    if clear_cache:
        return clear_pictures(sys.stdout, as_json=as_json)
    if name is None and input_data_dir is None:
        return list_datasets(sys.stdout, as_json=as_json)
    return show_dataset(
        sys.stdout,
        name or "mnist",
        input_data_dir,
        offline=offline,
        as_json=as_json,
        verbose=verbose,
        size=size,
    )
