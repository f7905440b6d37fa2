"""Snakemake's events as lines of JSON in a file: what `run_study.py` follows a run by.

Snakemake finds this plugin by its name, in a folder of PYTHONPATH, for `--logger study`.
"""

import json
import logging
from dataclasses import dataclass, field
from typing import Any, Optional

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

# The events that are written, and what is written of them.
FIELDS = {
    "job_info": ("jobid", "rule_name", "wildcards", "log"),
    "job_finished": ("job_id",),
    "job_error": ("jobid", "rule_name", "log"),
    "progress": ("done", "total"),
}


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """The plugin's option, `--logger-study-events`."""

    # Snakemake reads the type and does not know `str | None`.
    events: Optional[str] = field(default=None, metadata={"help": "file of the events"})  # noqa: UP045


class LogHandler(LogHandlerBase):
    """Writes an event a line; Snakemake's own words go where they go without it."""

    writes_to_stream = writes_to_file = needs_rulegraph = False
    has_filter = has_formatter = True

    def __post_init__(self) -> None:
        assert isinstance(self.settings, LogHandlerSettings)
        self.file = open(str(self.settings.events), "a", buffering=1, encoding="utf-8")  # noqa: SIM115

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, if it is one of FIELDS."""
        event = str(getattr(record, "event", ""))
        if event in FIELDS:
            content = {name: _plain(getattr(record, name, None)) for name in FIELDS[event]}
            self.file.write(json.dumps({"event": event} | content) + "\n")


def _plain(value: Any) -> Any:
    """Return a value of Snakemake's as JSON has it: a number, a text, a list or names of them."""
    if hasattr(value, "items"):
        return {str(key): str(each) for key, each in value.items()}
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [str(each) for each in value]
    return value if isinstance(value, int) else str(value)
