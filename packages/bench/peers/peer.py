"""PyTorch as a peer of `pnpm bench`.

It reads lines of JSON from stdin, writes lines of JSON to stdout, and waits between them.

usage: peer.py ENGINE, where ENGINE is torch, torch-nhwc (channels_last memory) or torch-compile.
The messages are described in docs/peers.md. Needs torch alone, no numpy.
"""

import gc
import json
import os
import signal
import sys
import time
import warnings

warnings.filterwarnings("ignore")
# Ctrl-C reaches every process of the terminal. The parent decides when this one ends.
signal.signal(signal.SIGINT, signal.SIG_IGN)
# Only messages go to stdout. The output of compilers goes elsewhere.
messages = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(message):
    messages.write(json.dumps(message) + "\n")
    messages.flush()


try:
    import torch
    from torch import nn
    from torch.nn.functional import cross_entropy
except ImportError as error:
    say({"type": "failed", "reason": f"PyTorch cannot be imported: {error}"})
    sys.exit(0)


def model_of(spec):
    """Returns the ModelSpec as a Sequential that ends in logits: cross_entropy includes the softmax."""
    height, width, channels = spec["inputShape"]
    modules, image, features = [], (channels, height, width), None
    for layer in spec["layers"]:
        kind = layer["type"]
        if kind == "conv2d":
            module = nn.Conv2d(
                image[0], layer["filters"], layer["kernelSize"], layer.get("stride", 1), layer.get("padding", "valid"))
        elif kind in ("avgPool2d", "maxPool2d"):
            pool = nn.AvgPool2d if kind == "avgPool2d" else nn.MaxPool2d
            module = pool(layer["poolSize"], layer.get("stride"))
        elif kind == "flatten":
            module = nn.Flatten()
        elif kind == "dense":
            module = nn.Linear(features, layer["units"])
        elif kind == "dropout":
            if layer["rate"] == 0:
                continue
            module = nn.Dropout(layer["rate"])
        elif kind in ("tanh", "relu"):
            module = nn.Tanh() if kind == "tanh" else nn.ReLU()
        elif kind == "softmax":
            continue
        else:
            raise ValueError(f"layer {kind}: unknown to peer.py")
        modules.append(module)
        if kind in ("conv2d", "avgPool2d", "maxPool2d"):
            with torch.no_grad():
                image = tuple(module(torch.zeros(1, *image)).shape[1:])
        elif kind == "flatten":
            features = image[0] * image[1] * image[2]
        elif kind == "dense":
            features = layer["units"]
    return nn.Sequential(*modules)


def load_weights(model, file):
    """Loads float32 numbers in the order of parameters(), each tensor in PyTorch's layout."""
    numbers = torch.frombuffer(bytearray(open(file, "rb").read()), dtype=torch.float32)
    parameters = list(model.parameters())
    if numbers.numel() != sum(p.numel() for p in parameters):
        raise ValueError("the weights do not fit this model")
    at = 0
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(numbers[at:at + parameter.numel()].reshape(parameter.shape))
            at += parameter.numel()


def save_weights(model, file):
    """Writes the weights as load_weights reads them."""
    numbers = torch.cat([parameter.detach().contiguous().reshape(-1) for parameter in model.parameters()])
    with open(file, "wb") as out:
        out.write(bytes(numbers.contiguous().untyped_storage()))


class Training:
    """A model in training. Its batches come in the order of the files, from the first image on."""

    def __init__(self, engine, request, spec):
        height, width, channels = spec["inputShape"]
        self.images = torch.frombuffer(bytearray(open(request["images"], "rb").read()), dtype=torch.uint8) \
            .reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        self.labels = torch.frombuffer(bytearray(open(request["labels"], "rb").read()), dtype=torch.uint8)
        self.normalization = spec.get("normalization", {"mean": 0, "std": 1})
        self.batch_size = request["batchSize"]
        self.at = 0
        self.memory_format = torch.channels_last if engine == "torch-nhwc" else torch.contiguous_format
        model = model_of(spec)
        load_weights(model, request["weights"])
        self.model = model = model.to(memory_format=self.memory_format).train()
        self.optimizer = torch.optim.SGD(
            model.parameters(), lr=request["learningRate"], momentum=request["momentum"],
            weight_decay=request["weightDecay"], fused=True)

        def loss_of(images, labels):
            return cross_entropy(model(images), labels)

        self.loss_of = torch.compile(loss_of, dynamic=False) if engine == "torch-compile" else loss_of

    def next_batch(self):
        """Returns the next batch, normalised and cached before the clock starts (in favour of PyTorch)."""
        if self.at + self.batch_size > len(self.labels):
            self.at = 0
        rows = slice(self.at, self.at + self.batch_size)
        self.at += self.batch_size
        images = self.images[rows].to(torch.float32).div_(255).sub_(self.normalization["mean"])
        images = images.div_(self.normalization["std"]).contiguous(memory_format=self.memory_format)
        return images, self.labels[rows].to(torch.int64)

    def step(self, images, labels):
        self.optimizer.zero_grad()
        loss = self.loss_of(images, labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def timed_step(self):
        images, labels = self.next_batch()
        begin = time.perf_counter()
        self.step(images, labels)
        return (time.perf_counter() - begin) * 1000

    def timed_steps(self, budget):
        samples, end = [], time.perf_counter() + budget["seconds"]
        most = budget.get("maxSteps", float("inf"))
        while len(samples) < budget["minSteps"] or (len(samples) < most and time.perf_counter() < end):
            samples.append(self.timed_step())
        return samples

    def profile(self, budget):
        """Times steps as in `step`, with a clock between their phases."""
        phases, samples = {}, []
        end = time.perf_counter() + budget["seconds"]
        while len(samples) < budget["minSteps"] or (len(samples) < budget["maxSteps"] and time.perf_counter() < end):
            images, labels = self.next_batch()
            marks = [("", time.perf_counter())]
            self.optimizer.zero_grad()
            loss = self.loss_of(images, labels)
            marks.append(("forward", time.perf_counter()))
            loss.backward()
            marks.append(("backward", time.perf_counter()))
            self.optimizer.step()
            marks.append(("update", time.perf_counter()))
            loss.item()
            marks.append(("synchronise", time.perf_counter()))
            for (_, before), (phase, after) in zip(marks, marks[1:]):
                phases[phase] = phases.get(phase, 0) + (after - before) * 1000
            samples.append((marks[-1][1] - marks[0][1]) * 1000)
        return {"samplesMs": samples, "phases": [{"phase": phase, "ms": ms} for phase, ms in phases.items()]}


def memory():
    try:
        import resource
    except ImportError:
        # Windows has no such module.
        return {}
    return {"peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)}


def information():
    show = torch.__config__.show()
    blas = next((part.split("=")[1] for part in show.split(", ") if "BLAS_INFO=" in part), "unknown")
    return {
        "versions": {"torch": torch.__version__, "python": sys.version.split()[0]},
        "threads": torch.get_num_threads(),
        "details": f"BLAS {blas}, oneDNN {'on' if torch.backends.mkldnn.is_available() else 'off'}, "
                   f"{torch.backends.cpu.get_cpu_capability()}",
        "can": ["profile"],
    }


def main(engine):
    training = None
    # `for line in sys.stdin` would read ahead.
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        kind = request["type"]
        if kind == "open":
            if "threads" in request:
                torch.set_num_threads(request["threads"])
            torch.manual_seed(1)
            say({"type": "hello", "info": information()})
        elif kind == "prepare":
            begin = time.perf_counter()
            parity = Training(engine, request, request["paritySpec"])
            compiled = time.perf_counter()
            losses, first = [], None
            for _ in range(request["paritySteps"]):
                losses.append(parity.step(*parity.next_batch()))
                first = first or time.perf_counter()
            if "weightsOut" in request:
                save_weights(parity.model, request["weightsOut"])
            training = Training(engine, request, request["spec"])
            training.timed_steps(request["warmup"])
            say({"type": "ready", "losses": losses, "compileMs": (compiled - begin) * 1000, "firstStepMs": (first - compiled) * 1000})
        elif kind == "burst":
            training.timed_steps(request["warmup"])
            gc.collect()
            begin = time.process_time()
            samples = training.timed_steps(request["timed"])
            say({"type": "burst", "samplesMs": samples, "cpuMs": (time.process_time() - begin) * 1000, **memory()})
        elif kind == "profile":
            say({"type": "profile", **training.profile(request["timed"])})
        else:
            raise ValueError(f"request {kind}: unknown to peer.py")


try:
    main(sys.argv[1])
except Exception as error:
    lines = [line for line in str(error).splitlines() if line.strip()]
    say({"type": "failed", "reason": f"{type(error).__name__}: {lines[0] if lines else 'no message'}"})
