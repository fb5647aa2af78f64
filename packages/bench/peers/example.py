"""A peer of `pnpm bench` in plain Python without any package, short enough to copy.

It trains dense layers, relu and dropout.

The messages are described in docs/peers.md. Try it: pnpm bench --backend=fused --peer="mine=python3 packages/bench/peers/example.py"
    --model=custom-mlp --batch=1 --steps=3
"""

import json
import math
import random
import sys
import time
from array import array


class Training:
    def __init__(self, request, spec):
        self.request = request
        self.images = open(request["images"], "rb").read()
        self.labels = open(request["labels"], "rb").read()
        self.normalization = spec.get("normalization", {"mean": 0, "std": 1})
        self.features = math.prod(spec["inputShape"])
        self.at = 0
        numbers = array("f", open(request["weights"], "rb").read())
        self.layers, width, taken = [], self.features, 0

        def take(count):
            nonlocal taken
            taken += count
            return list(numbers[taken - count:taken])

        for layer in spec["layers"]:
            if layer["type"] == "dense":
                # Rows of PyTorch's [out, in].
                rows = [take(width) for _ in range(layer["units"])]
                bias = take(layer["units"])
                self.layers.append({"rows": rows, "bias": bias, "vRows": [[0.0] * width for _ in rows], "vBias": [0.0] * len(bias)})
                width = layer["units"]
            elif layer["type"] == "relu":
                self.layers.append("relu")
            elif layer["type"] == "dropout":
                self.layers.append(layer["rate"])
            elif layer["type"] not in ("flatten", "softmax"):
                raise ValueError(f"layer {layer['type']}: unknown to example.py")

    def next_batch(self):
        size, mean, std = self.request["batchSize"], self.normalization["mean"], self.normalization["std"]
        if self.at + size > len(self.labels):
            self.at = 0
        rows = range(self.at, self.at + size)
        self.at += size
        pixels = [self.images[row * self.features:(row + 1) * self.features] for row in rows]
        return [[(byte / 255 - mean) / std for byte in image] for image in pixels], [self.labels[row] for row in rows]

    def step(self, batch):
        images, labels = batch
        loss, gradients = 0.0, {}
        for image, label in zip(images, labels):
            # Keep what the backward pass of each layer needs: its input, or the dropout mask.
            inputs, x = [], image
            for layer in self.layers:
                if isinstance(layer, float):
                    inputs.append([(random.random() >= layer) / (1 - layer) for _ in x])
                    x = [a * kept for a, kept in zip(x, inputs[-1])]
                    continue
                inputs.append(x)
                x = [max(0.0, a) for a in x] if layer == "relu" else \
                    [b + sum(map(lambda w, a: w * a, row, x)) for row, b in zip(layer["rows"], layer["bias"])]
            top = max(x)
            exponentials = [math.exp(a - top) for a in x]
            total = sum(exponentials)
            loss += (math.log(total) + top - x[label]) / len(labels)
            dy = [(e / total - (c == label)) / len(labels) for c, e in enumerate(exponentials)]
            for at in range(len(self.layers) - 1, -1, -1):
                layer, x = self.layers[at], inputs[at]
                if isinstance(layer, float):
                    dy = [d * kept for d, kept in zip(dy, x)]
                    continue
                if layer == "relu":
                    dy = [d if a > 0 else 0.0 for d, a in zip(dy, x)]
                    continue
                rows, bias = gradients.setdefault(at, ([[0.0] * len(x) for _ in dy], [0.0] * len(dy)))
                for out, d in enumerate(dy):
                    bias[out] += d
                    rows[out] = [g + d * a for g, a in zip(rows[out], x)]
                dy = [sum(d * row[i] for d, row in zip(dy, layer["rows"])) for i in range(len(x))] if at > 0 else None
        for at, (rows, bias) in gradients.items():
            layer = self.layers[at]
            for out, row in enumerate(rows):
                self.update(layer["rows"][out], layer["vRows"][out], row)
            self.update(layer["bias"], layer["vBias"], bias)
        return loss

    def update(self, weights, velocity, gradient):
        rate, momentum, decay = (self.request[name] for name in ("learningRate", "momentum", "weightDecay"))
        for i, g in enumerate(gradient):
            velocity[i] = momentum * velocity[i] + g + decay * weights[i]
            weights[i] -= rate * velocity[i]

    def timed_steps(self, budget):
        samples, end = [], time.perf_counter() + budget["seconds"]
        while len(samples) < budget["minSteps"] or (len(samples) < budget.get("maxSteps", math.inf) and time.perf_counter() < end):
            batch = self.next_batch()
            begin = time.perf_counter()
            self.step(batch)
            samples.append((time.perf_counter() - begin) * 1000)
        return samples


def answer(request):
    global training
    if request["type"] == "open":
        return {"type": "hello", "info": {"versions": {"python": sys.version.split()[0]}, "threads": 1, "details": "plain Python"}}
    if request["type"] == "prepare":
        parity = Training(request, request["paritySpec"])
        losses = [parity.step(parity.next_batch()) for _ in range(request["paritySteps"])]
        training = Training(request, request["spec"])
        training.timed_steps(request["warmup"])
        return {"type": "ready", "losses": losses}
    training.timed_steps(request["warmup"])
    return {"type": "burst", "samplesMs": training.timed_steps(request["timed"])}


for line in iter(sys.stdin.readline, ""):
    try:
        said = answer(json.loads(line))
    except Exception as error:
        said = {"type": "failed", "reason": str(error)}
    print(json.dumps(said), flush=True)
