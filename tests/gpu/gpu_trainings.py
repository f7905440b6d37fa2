"""What the checks and the benchmark of a GPU share: trainings, images, and processes of them.

They need torch, numpy, safetensors and filelock, and nothing else that the study needs, so that
they run in any container with PyTorch. On a CPU (`--device cpu`), without graphs and with less of
everything, they try themselves.
"""

# ruff: noqa: E402 - paths first
import argparse
import atexit
import hashlib
import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATHS = [str(ROOT / "scripts"), str(HERE)]
if importlib.util.find_spec("llvmlite") is None:
    PATHS.append(str(HERE / "stand_in"))
sys.path[:0] = [path for path in PATHS if path not in sys.path]

import numpy as np
import torch

from fashionlab.data.idx import load_idx_dataset
from fashionlab.storage.files import canonical_json, sha256_of, sha256_text, write_json
from fashionlab.storage.reading import sealed
from fashionlab.training import engine
from fashionlab.training.devices import make_repeatable
from fashionlab.training.engine import Dataset, Training
from fashionlab.training.seeds import batch_order
from fashionlab.training.session import scale_pixels

CONFIG = (ROOT / "config.yaml").read_text("utf-8")  # without PyYAML
NETWORKS = dict(re.findall(r"^  (\w+): ((?:fc|conv)\d.*)$", CONFIG, re.M))
DEVICE = torch.device(os.environ.get("GPU_CHECKS_DEVICE", "cuda"))
ON_GPU = DEVICE.type == "cuda"
RAW = ROOT / "data/FashionMNIST/raw"
FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")  # fmt: skip

make_repeatable()
if not ON_GPU:  # the path of a GPU, which has no kernels of its own
    assert engine.kernel_layers
    engine.kernel_layers = lambda *_: None


class Eager(Training):
    """The same training without graphs."""

    def run(self, method):
        getattr(self, method)()


def specification(network="mlp2", activation="ReLU", optimizer="SGD", rate=0.01, **changes) -> dict:
    return {
        "network": NETWORKS[network],
        "classes": 10,
        "activation": {"class": activation},
        "optimizer": optimizer if isinstance(optimizer, dict) else {"class": optimizer},
        "learning_rate": [{"rate": rate, "until": None}],
        "input_range": [-1, 1],
        "batch_size": 50,
        "epochs": 2,
        "record_every": 10,
        "validate": "records",
        "seed": 449,
        "run": 1,
    } | changes


def raw_images(train=60_000, test=10_000, real=False) -> dict:
    """Images [N, 28, 28] and labels [N], uint8: the real ones where they are, or made-up ones."""
    if real and all((RAW / name).is_file() for name in FILES):
        return load_idx_dataset(str(RAW), 10)
    generator, parts = np.random.default_rng(0), {}
    for name, count in (("train", train), ("test", test)):
        labels = generator.integers(0, 10, count).astype(np.uint8)
        waves = 100 + 80 * np.sin(np.arange(28)[None, :] * (np.arange(10)[:, None] + 1.0) / 6)
        noise = generator.integers(0, 60, (count, 28, 28), dtype=np.uint8)
        parts[name] = (waves.astype(np.uint8)[labels][:, None, :] + noise, labels)
    return parts


def datasets(train=2500, validation=1000, test=1000, input_range=(-1, 1)) -> dict[str, Dataset]:
    raw = raw_images(train + validation, test)
    images, labels = raw["train"]
    parts = {
        "train": (images[:train], labels[:train]),
        "validation": (images[train:], labels[train:]),
        "test": raw["test"],
    }
    return {
        name: Dataset(
            scale_pixels(i, input_range).to(DEVICE), torch.from_numpy(j.astype(np.int64)).to(DEVICE)
        )
        for name, (i, j) in parts.items()
    }


def start(data, kind=Training, **changes) -> Training:
    """A training on a stream of its own, as each has that is alone in its process."""
    if ON_GPU:
        torch.cuda.synchronize()
        torch.cuda.set_stream(torch.cuda.Stream())
    return kind(specification(**changes), data["train"], data["validation"])


def trained(data, epochs=2, kind=Training, **changes) -> Training:
    training = start(data, kind, epochs=epochs, **changes)
    for _ in range(epochs):
        training.run_epoch()
    return training


def bits(training) -> str:
    """A hash of all records, the losses of the last epoch's steps, and the weights."""
    digest = hashlib.sha256(json.dumps(training.recorder.records).encode())
    for tensor in (training.recorder.table["loss"], *training.network.parameters()):
        digest.update(tensor.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def order_of(training) -> torch.Tensor:
    order = batch_order(training.specification, 0, len(training.train))
    return torch.from_numpy(order).to(DEVICE)


def write_images(folder: Path, train=60_000, test=10_000, real=False) -> tuple[Path, Path, str]:
    """IDX files and a split of them: their folder, the split's file, and what a training names."""
    raw = raw_images(train, test, real)
    for file, array in zip(FILES, (*raw["train"], *raw["test"]), strict=True):
        header = struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape)
        (folder / file).write_bytes(header + np.ascontiguousarray(array).tobytes())
    about = {"sha256": {file: sha256_of(folder / file) for file in FILES}, "classes": 10}
    count = len(raw["train"][1])
    split = {
        "specification": about,
        "specification_sha256": sha256_text(canonical_json(about)),
        "train": list(range(count - count // 10)),
        "validation": list(range(count - count // 10, count)),
    }
    write_json(folder / "split.json", sealed(split))
    return folder, folder / "split.json", split["specification_sha256"]


def start_program(spec: dict, images: tuple[Path, Path, str], target: Path, name: str):
    """`scripts/train.py` as a rule starts it."""
    target.mkdir(parents=True, exist_ok=True)
    folder, split, key = images
    command = [
        sys.executable, ROOT / "scripts/train.py", "--specification",
        json.dumps(spec | {"split": key}), "--dataset-folder", folder, "--split", split,
        "--device", DEVICE.type, "--checkpoints", target / "checkpoints", "--name", name,
        "--result", target / "r.json", "--weights", target / "w", "--environment", target / "e.json",
    ]  # fmt: skip
    return subprocess.Popen(
        list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join([*PATHS[2:], os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip


def run_parts(file: str, parts: dict, doc: str) -> None:
    """Run each part in a process of its own, within the time; a JSON line each. The programs' main."""
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="cpu: a dry run")
    parser.add_argument("--seconds", type=float, default=600.0, help="for all parts together")
    parser.add_argument(
        "--only", nargs="*", default=list(parts), choices=list(parts), metavar="PART"
    )
    parser.add_argument("--part", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps(parts[arguments.part]() or {}), flush=True)
        atexit._run_exitfuncs()
        os._exit(0)  # what CUDA does at exit may take or say more
    end, failed = time.monotonic() + arguments.seconds, []
    environment = os.environ | {
        "GPU_CHECKS_DEVICE": arguments.device,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for part in arguments.only:
        begin = time.monotonic()
        if end - begin < 5:
            print(json.dumps({"part": part, "status": "left out, the time is up"}), flush=True)
            continue
        command = [sys.executable, file, "--part", part]
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=end - begin
            )
            lines = done.stdout.strip().splitlines() or ["{}"]
            found = json.loads(lines[-1]) if not done.returncode else {"error": done.stderr[-1500:]}
        except subprocess.TimeoutExpired:
            found = {"error": "the time is up"}
        status = "failed" if "error" in found else "passed"
        failed += [part] * (status == "failed")
        about = {"part": part, "status": status, "seconds": round(time.monotonic() - begin, 1)}
        print(json.dumps(about | found), flush=True)
    sys.exit(bool(failed))
