"""How fast the engine is on a GPU, and how many trainings should share it.

A JSON line a part, each in a process of its own. Needs no more than PyTorch, numpy, safetensors and
filelock; without the rest of what the study needs, the study wants results/plan.json, which
`snakemake` writes. With `--device cpu` it tries itself, on less of everything.
"""

import contextlib
import json
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gpu_trainings as gpu
import torch

from fashionlab.running import gpus
from fashionlab.training.devices import describe_environment
from fashionlab.training.evaluation import BATCH

ON_GPU = gpu.ON_GPU
SIZES = {} if ON_GPU else {"train": 550, "validation": 100, "test": 100}
FULL = {"train": 54_000, "validation": 6_000, "test": 10_000} if ON_GPU else SIZES
NETWORKS = list(gpu.NETWORKS) if ON_GPU else ["mlp2", "cnn3"]
SHARES = (1, 2, 4, 8) if ON_GPU else (1, 2)


def wait() -> None:
    if ON_GPU:
        torch.cuda.synchronize()


def microseconds(function, count: int, rounds: int = 3) -> float:
    """Return the time of a call, of `count` in a row: the median of some rounds."""
    times = []
    for _ in range(rounds):
        wait()
        begin = time.perf_counter()
        for _ in range(count):
            function()
        wait()
        times.append((time.perf_counter() - begin) / count)
    return round(1e6 * statistics.median(times), 1)


def ready(data, network: str, kind=gpu.Training) -> gpu.Training:
    """Return a training that is captured, in its epoch's second step."""
    adam = {"optimizer": "Adam", "rate": 0.001}
    training = gpu.start(data, kind, network=network, epochs=9, **adam)
    training._set_learning_rate()
    training.batches.copy_(gpu.order_of(training))
    for _ in range(5):
        for method in ("recorded_step", "step", "validate"):
            training.run(method)
    training.position.fill_(1)
    wait()
    return training


def repeated(training, method: str):
    """Return a call of a method that stays in its epoch, however often it is made."""

    def call() -> None:
        training.run(method)
        training.position.fill_(1)

    return call


def environment() -> dict:
    """The machine; seconds until a process has taken its first step, and what it holds."""
    begin = time.perf_counter()
    ready(gpu.datasets(**FULL), "cnn4")
    found = describe_environment(gpu.DEVICE) | {"cores": os.cpu_count(), "host": platform.machine()}
    found["seconds_to_get_ready"] = round(time.perf_counter() - begin, 1)
    found["host_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    if ON_GPU:
        free, total = torch.cuda.mem_get_info()
        found["gpu_mb_with_context"] = (total - free) >> 20
    return found


def steps() -> dict:
    """Microseconds of a step and of a validation: graphs, single kernels, and the plain way."""
    data, rows = gpu.datasets(**FULL), {}
    count = 300 if ON_GPU else 2
    for network in NETWORKS:
        training, eager = ready(data, network), ready(data, network, gpu.Eager)
        row = {
            "step": microseconds(repeated(training, "step"), count),
            "recorded": microseconds(repeated(training, "recorded_step"), count),
            "validation": microseconds(repeated(training, "validate"), max(1, count // 10)),
            "eager_step": microseconds(repeated(eager, "step"), max(1, count // 3)),
        }
        row |= plain_way(data, network)
        epoch = 972 * row["step"] + 108 * (row["recorded"] + row["validation"])
        plain = 1080 * row["plain_step"] + 108 * row["plain_validation"]
        row |= {"epoch_s": round(epoch / 1e6, 3), "plain_epoch_s": round(plain / 1e6, 3)}
        rows[network] = row | {"engine_to_plain": round(plain / epoch, 1)}
    return {"us": rows}


def plain_way(data, network: str) -> dict:
    """A DataLoader of pairs, batches of 50 moved to the device, single kernels, also to validate."""
    count = 60 if ON_GPU else 4
    module = gpu.start(data, network=network).network
    parts = []
    for part, images in (("train", 50 * count), ("validation", len(data["validation"]))):
        pairs = zip(data[part].images[:images].cpu(), data[part].labels[:images].cpu(), strict=True)
        loader = torch.utils.data.DataLoader(list(pairs), batch_size=50, shuffle=part == "train")
        parts.append(loader)
    optimizer = torch.optim.Adam(module.parameters())

    def train() -> None:
        for images, labels in parts[0]:
            logits = module(images.to(gpu.DEVICE))
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(logits, labels.to(gpu.DEVICE)).backward()
            optimizer.step()

    def validate() -> None:
        with torch.no_grad():
            for images, labels in parts[1]:
                (module(images.to(gpu.DEVICE)).argmax(1) == labels.to(gpu.DEVICE)).sum().item()

    train()
    return {
        "plain_step": round(microseconds(train, 1) / count, 1),
        "plain_validation": microseconds(validate, 1),
    }


def pieces() -> dict:
    """Microseconds of a validation, by the images of a piece."""
    data, rows = gpu.datasets(**FULL), {}
    for network in NETWORKS:
        row = {}
        for size in (250, 500, 1000, 2000, 6000) if ON_GPU else (50, 100):
            BATCH[gpu.DEVICE.type] = size
            training = ready(data, network)
            row[size] = microseconds(repeated(training, "validate"), 20 if ON_GPU else 1)
        rows[network] = row
    return {"us": rows}


def kernels() -> dict:
    """How many kernels a step and a validation are, and their share of the wall's time."""
    from torch.profiler import ProfilerActivity, profile

    if not ON_GPU:
        return {"left out": "needs a GPU"}
    data, rows = gpu.datasets(**FULL), {}
    for network in NETWORKS:
        training = ready(data, network)
        for method, count in (("step", 20), ("validate", 4)):
            call = repeated(training, method)
            wall = microseconds(call, count)
            with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as profiled:
                for _ in range(count):
                    call()
                wait()
            cuda = torch.autograd.DeviceType.CUDA
            events = [event for event in profiled.events() if event.device_type == cuda]
            busy = sum(event.time_range.elapsed_us() for event in events) / count
            longest: dict[str, float] = {}
            for event in events:
                name = event.name[:60]
                longest[name] = longest.get(name, 0.0) + event.time_range.elapsed_us() / count
            rows[f"{network} {method}"] = {
                "kernels": round(len(events) / count, 1),
                "us": round(busy, 1),
                "share": round(busy / wall, 2),
                "longest": dict(sorted(longest.items(), key=lambda item: -item[1])[:4]),
            }
    return {"rows": rows}


def load() -> dict:
    """One of several side by side: gets ready, waits for `go`, trains for some seconds."""
    folder = Path(os.environ["GPU_BENCH_FOLDER"])
    training = ready(gpu.datasets(**FULL), "cnn4" if ON_GPU else "mlp2")
    (folder / f"ready{os.getpid()}").touch()
    while not (folder / "go").exists():
        time.sleep(0.002)
    done, begin = 0, time.perf_counter()
    while (seconds := time.perf_counter() - begin) < (4 if ON_GPU else 0.5):
        for method in ("recorded_step", *["step"] * 9, "validate"):
            training.run(method)
        wait()
        training.position.fill_(1)
        done += 10
    return {"rate": done / seconds}


def side_by_side() -> dict:
    """Steps a second (each tenth with a validation) of cnn4 in several processes at a time."""
    return {"by turns": throughput(), "MPS": throughput() if start_mps() else "cannot be had"}


def start_mps() -> bool:
    return ON_GPU and gpus.start_mps()


def throughput() -> dict:
    rows: dict[int, dict] = {}
    for count in SHARES:
        with tempfile.TemporaryDirectory() as name:
            environment = os.environ | {"GPU_BENCH_FOLDER": name}
            command = [sys.executable, __file__, "--part", "load"]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            started = [subprocess.Popen(command, env=environment, **pipes) for _ in range(count)]
            while len(list(Path(name).glob("ready*"))) < count:
                if any(process.poll() is not None for process in started):
                    break
                time.sleep(0.02)
            Path(name, "go").touch()
            ends = [process.communicate() for process in started]
        if any(process.returncode for process in started):
            rows[count] = {"failed": ends[0][1][-300:]}
            break
        rate = sum(json.loads(out.splitlines()[-1])["rate"] for out, _ in ends)
        rows[count] = {"steps_per_second": round(rate), "gain": 1.0}
        rows[count]["gain"] = round(rate / rows[1]["steps_per_second"], 2)
    return rows


def trainings_of_the_study() -> list[dict]:
    """The default study's trainings, the longest first; `auto` switches, if any, left out."""
    try:
        from fashionlab.planning.planned import training_cost
        from fashionlab.running.study import load_plan

        plan = load_plan()
        cost = {t["id"]: training_cost(plan, t) for t in plan["trainings"]}
    except ImportError:
        plan = json.loads(Path(os.environ.get("GPU_PLAN", "results/plan.json")).read_text("utf-8"))
        cost = {
            t["id"]: t["epochs"] * len(t["specification"]["network"]) for t in plan["trainings"]
        }
    known = [t for t in plan["trainings"] if not t["switches_from"]]
    return sorted(known, key=lambda t: -cost[t["id"]])


def whole_training() -> dict:
    """Seconds of one cnn4 of Q2 as a rule starts it, from process start to its files."""
    return study_with(1, ["generalisation/cnn4/run1"] if ON_GPU else ["generalisation/mlp2/run1"])


def study_with_mps() -> dict:
    """Seconds of all trainings, start-up included, eight at a time that compute at the same time."""
    return study_with(8) if start_mps() else {"left out": "MPS cannot be had"}


def study_by_turns() -> dict:
    """The same, as many as config.yaml says, which take turns on the GPU."""
    return study_with(int(re.search(r"^trainings_per_gpu: (\d+)", gpu.CONFIG, re.M)[1]))


def study_with(share: int, only: list[str] | None = None) -> dict:
    waiting = [t for t in trainings_of_the_study() if only is None or t["id"] in only]
    if not ON_GPU:
        waiting = waiting[:3]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = gpu.write_images(folder, *(() if ON_GPU else (600, 100)), real=ON_GPU)
        running: list = []
        failed, begin, count = [], time.perf_counter(), len(waiting)
        environments: list[dict] = []
        while waiting or running:
            while waiting and len(running) < share:
                each = waiting.pop(0)
                small = {} if ON_GPU else {"network": "fc8 norm act", "epochs": 1}  # no kernels
                target = folder / each["id"]
                process = gpu.start_program(
                    each["specification"] | small, images, target, each["id"]
                )
                running.append((process, target))
            for process, target in running:
                if process.poll() is None:
                    continue
                if process.returncode:
                    failed.append(process.communicate()[0][-300:])
                else:
                    text = (target / "e.json").read_text("utf-8")
                    environments.append(json.loads(text))
            running = [(process, target) for process, target in running if process.poll() is None]
            time.sleep(0.02)
        seconds = round(time.perf_counter() - begin, 1)
    spent = {
        key: round(sum(each[key] for each in environments), 1)
        for key in ("seconds", "training_seconds", "validation_seconds")
    }
    return {"trainings": count, "wall_seconds": seconds, "sums": spent, "failed": failed}


PARTS = {
    "environment": environment,
    "steps": steps,
    "side_by_side": side_by_side,
    "whole_training": whole_training,
    "study_with_mps": study_with_mps,
    "study_by_turns": study_by_turns,
    "kernels": kernels,
    "pieces": pieces,
}

if __name__ == "__main__":
    if "load" in sys.argv:
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(load()), flush=True)
        os._exit(0)
    gpu.run_parts(__file__, PARTS, __doc__)
