"""The study's own files read back: one that is damaged is refused by name, with what mends it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the Snakefile imports this module: nothing heavy
    import numpy as np
    import pandas as pd


TABLE_MARK = {b"fashionlab": b"table"}  # in the metadata of a Parquet file that the study wrote


def read_json(path: str | Path, keys: Iterable[str] = ()) -> Any:
    """Return what a JSON file holds, an object that has at least these keys.

    Raises ValueError, naming the file, where it is torn, holds NaN or lacks a key; OSError where it
    is missing.
    """
    text = Path(path).read_bytes()
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise damaged(path, f"is not complete JSON ({error})") from None
    if missing := [key for key in keys if not isinstance(value, dict) or key not in value]:
        raise damaged(path, f"has no {', '.join(missing)}: not of this version")
    return value


def read_table(path: str | Path, **options: Any) -> "pd.DataFrame":
    """Return a table; raises as `read_json` does, and where another program has written it."""
    import pandas as pd
    from pyarrow import parquet as pq

    try:
        if not TABLE_MARK.items() <= (pq.read_schema(path).metadata or {}).items():
            raise ValueError("it was altered, or is not of this version")
        return pd.read_parquet(path, page_checksum_verification=True, **options)
    except (FileNotFoundError, PermissionError):
        raise
    except (ValueError, OSError) as error:  # pyarrow's errors are of these kinds
        raise damaged(path, f"is not a complete table ({str(error).splitlines()[0]})") from None


def read_weights(path: str | Path) -> "dict[str, np.ndarray]":
    """Return a network's weights by name, float32; raises as `read_json` does."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise damaged(path, f"is not a complete file of weights ({error})") from None


def damaged(path: str | Path, what: str) -> ValueError:
    """Return the error of a file that was whole when it was written."""
    return ValueError(f"{path}: {what}. To make it again: rm {path}  and then the same command.")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
