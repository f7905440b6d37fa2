"""The study's tables read back: only whole ones that the study itself has written."""

from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet as pq

from fashionlab.storage.reading import damaged

TABLE_MARK = {b"fashionlab": b"table"}  # in the metadata of a Parquet file that the study wrote


def read_table(path: str | Path, **options: Any) -> pd.DataFrame:
    """Return a table; ``options`` are those of `pandas.read_parquet`.

    Raises ValueError, naming the file, where it is torn, altered or written by another program;
    OSError where it is missing.
    """
    try:
        if not TABLE_MARK.items() <= (pq.read_schema(path).metadata or {}).items():
            raise ValueError("it was altered, or is not of this version")
        return pd.read_parquet(path, page_checksum_verification=True, **options)
    except (FileNotFoundError, PermissionError):
        raise
    except (ValueError, OSError) as error:  # pyarrow's errors are of these kinds
        raise damaged(path, f"is not a complete table ({str(error).splitlines()[0]})") from None
