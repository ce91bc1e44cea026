"""PyTorch's side of the benchmark: the two models on hashed weights and images, timed on request.

Called with the number of threads and "cpu" or "gpu" (CUDA where PyTorch has it, else the processor). Reads one JSON request a line from
standard input and answers each with {"milliseconds": [...], "losses": [...]}. A request has "runs" and one of

    {"task": "training" | "inference", "model": ..., "batch": n}
    {"task": "product", "shape": [m, k, n], "transposed": "a" | "b" (if one of the two lies so)}
    {"task": "convolution", "direction": "forward" | "input gradient" | "filter gradient",
     "input": [batch, height, width, channels], "filter": [height, width, channels of a group, filters], "strides": [a, b], "groups": n}

The first line it writes is {"version", "device", "models", "kernels"}; the last two say what it can do.

All is computed in float32, as on our side: no TF32, no half precision. A run ends when its results are there: the loss of a training step and the
lengths and pictures of an inference are read back, and the device has finished.
"""
import json
import math
import os
import sys
import time

threads = int(sys.argv[1])
# OpenMP has the threads; a second pool of OpenBLAS would only compete with it.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

torch.set_num_threads(threads)
on_cuda = len(sys.argv) > 2 and sys.argv[2] == "gpu" and torch.cuda.is_available()
device = torch.device("cuda" if on_cuda else "cpu")
if on_cuda:
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    # Shapes are always the same here: let it look for the fastest convolution.
    torch.backends.cudnn.benchmark = True


def finish():
    if on_cuda:
        torch.cuda.synchronize()


def hashed(count, seed, low, high):
    """Numbers in [low, high) from a 32-bit mix of position and seed."""
    with numpy.errstate(over="ignore"):
        x = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761)
        x += numpy.uint32((seed * 40503) % 2**32)
        x = (x ^ (x >> numpy.uint32(16))) * numpy.uint32(0x85EBCA6B)
        x = (x ^ (x >> numpy.uint32(13))) * numpy.uint32(0xC2B2AE35)
        x ^= x >> numpy.uint32(16)
    return torch.from_numpy((low + (high - low) * (x / 4294967296.0)).astype(numpy.float32))


def hash_layer(layer, seed):
    """Weights of variance 1 / fan-in, biases 0."""
    bound = math.sqrt(3 / layer.weight[0].numel())
    with torch.no_grad():
        layer.weight.copy_(hashed(layer.weight.numel(), seed, -bound, bound).view_as(layer.weight))
        layer.bias.zero_()
    return layer


def hashed_parameter(shape, seed, bound):
    return nn.Parameter(hashed(math.prod(shape), seed, -bound, bound).view(shape))


def make_decoder():
    dense = [hash_layer(nn.Linear(*sizes), 7 + k) for k, sizes in enumerate([(160, 512), (512, 1024), (1024, 784)])]
    return nn.Sequential(dense[0], nn.ReLU(), dense[1], nn.ReLU(), dense[2], nn.Sigmoid())


def lengths_of(capsules):
    return torch.sqrt(capsules.square().sum(-1) + 1e-7)


class CapsNet(nn.Module):
    def forward(self, images, labels=None):
        capsules = self.capsules(images)
        lengths = lengths_of(capsules)
        mask = functional.one_hot(lengths.argmax(1), 10).float() if labels is None else labels
        return lengths, self.decoder((capsules * mask.unsqueeze(-1)).flatten(1))


class EfficientCapsNet(CapsNet):
    def __init__(self):
        super().__init__()
        layers = []
        for seed, (inputs, outputs, size, stride) in enumerate(
            [(1, 32, 5, 1), (32, 64, 3, 1), (64, 64, 3, 1), (64, 128, 3, 2)], start=1
        ):
            layers += [hash_layer(nn.Conv2d(inputs, outputs, size, stride), seed), nn.ReLU(), nn.BatchNorm2d(outputs)]
        self.backbone = nn.Sequential(*layers)
        self.primary = hash_layer(nn.Conv2d(128, 128, 9, groups=128), 5)
        self.weights = hashed_parameter((10, 16, 8, 16), 6, 0.17)
        self.bias = nn.Parameter(torch.zeros(10, 16, 1))
        self.decoder = make_decoder()

    @staticmethod
    def squash(s):
        n = s.norm(dim=-1, keepdim=True)
        return (1 - torch.exp(-n)) * s / (n + 1e-20)

    def capsules(self, images):
        primary = self.squash(self.primary(self.backbone(images)).view(-1, 16, 8))
        votes = torch.einsum("bci,pcio->bpco", primary, self.weights)
        logits = (votes * votes.sum(2, keepdim=True)).sum(-1, keepdim=True) / 4
        couplings = torch.softmax(logits, 1) + self.bias
        return self.squash((votes * couplings).sum(2))


class OriginalCapsNet(CapsNet):
    def __init__(self):
        super().__init__()
        self.conv = hash_layer(nn.Conv2d(1, 256, 9), 21)
        self.primary = hash_layer(nn.Conv2d(256, 256, 9, 2), 22)
        self.weights = hashed_parameter((1152, 8, 160), 23, 0.085)
        self.bias = nn.Parameter(torch.zeros(10, 16))
        self.decoder = make_decoder()

    @staticmethod
    def squash(s):
        n = s.norm(dim=-1, keepdim=True)
        return n * n / (1 + n * n) / (n + 1e-7) * s

    def capsules(self, images):
        maps = self.primary(torch.relu(self.conv(images)))
        children = self.squash(maps.permute(0, 2, 3, 1).reshape(-1, 1152, 8))
        votes = torch.einsum("bci,cio->bco", children, self.weights).view(-1, 1152, 10, 16)
        logits = torch.zeros(votes.shape[:-1], device=votes.device)
        for iteration in range(3):
            couplings = torch.softmax(logits, 2).unsqueeze(-1)
            parents = self.squash((votes * couplings).sum(1, keepdim=True) + self.bias)
            if iteration < 2:
                logits = logits + (votes * parents).sum(-1)
        return parents.squeeze(1)


def margin_loss(labels, lengths):
    present = labels * torch.relu(0.9 - lengths).square()
    absent = 0.5 * (1 - labels) * torch.relu(lengths - 0.1).square()
    return (present + absent).sum(1).mean()


class Task:
    def __init__(self, task, model, batch):
        self.model = (EfficientCapsNet() if model == "efficient-capsnet" else OriginalCapsNet()).to(device)
        self.images = hashed(batch * 784, 1000, 0, 1).view(batch, 1, 28, 28).to(device)
        self.labels = functional.one_hot(torch.arange(batch) % 10, 10).float().to(device)
        self.losses = []
        if task == "training":
            self.model.train()
            self.optimizer = torch.optim.Adam(self.model.parameters(), 5e-4)
            self.run = self.train
        else:
            self.model.eval()
            self.run = self.infer

    def train(self):
        self.optimizer.zero_grad()
        lengths, images = self.model(self.images, self.labels)
        loss = margin_loss(self.labels, lengths) + 0.392 * functional.mse_loss(images, self.images.flatten(1))
        loss.backward()
        self.optimizer.step()
        value = loss.item()
        if len(self.losses) < 4:
            self.losses.append(value)

    def infer(self):
        with torch.no_grad():
            for result in self.model(self.images):
                result.cpu()


class Product:
    losses = ()

    def __init__(self, shape, transposed=None):
        m, k, n = shape
        left = hashed(m * k, 1, -1, 1).to(device)
        right = hashed(k * n, 2, -1, 1).to(device)
        self.left = left.view(k, m).T if transposed == "a" else left.view(m, k)
        self.right = right.view(n, k).T if transposed == "b" else right.view(k, n)

    def run(self):
        self.left @ self.right


class Convolution:
    losses = ()

    def __init__(self, direction, input, filter, strides, groups):
        batch, height, width, channels = input
        rows, columns, depth, filters = filter
        self.x = hashed(math.prod(input), 1, -1, 1).view(batch, channels, height, width).to(device)
        self.w = hashed(math.prod(filter), 2, -1, 1).view(filters, depth, rows, columns).to(device)
        self.strides, self.groups = strides, groups
        if direction != "forward":
            self.dy = torch.ones_like(self.forward())
            self.wanted = [direction == "input gradient", direction == "filter gradient", False]
        self.run = self.forward if direction == "forward" else self.backward

    def forward(self):
        return functional.conv2d(self.x, self.w, None, self.strides, 0, 1, self.groups)

    def backward(self):
        torch.ops.aten.convolution_backward(
            self.dy, self.x, self.w, None, self.strides, [0, 0], [1, 1], False, [0, 0], self.groups, self.wanted
        )


def answer(line):
    print(json.dumps(line), flush=True)


answer(
    {
        "version": torch.__version__,
        "device": torch.cuda.get_device_name() if on_cuda else "the processor",
        "models": ["efficient-capsnet", "original-capsnet"],
        "kernels": ["product", "convolution"],
    }
)
kernels = {"product": Product, "convolution": Convolution}
current = work = None
for request in map(json.loads, sys.stdin):
    runs = request.pop("runs")
    if request != current:
        # One at a time: what another task holds would be memory that this one does not have.
        work = None
        task = request["task"]
        work = kernels[task](**{k: v for k, v in request.items() if k != "task"}) if task in kernels else Task(**request)
        current = request
    finish()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work.run()
        finish()
        times.append((time.perf_counter() - start) * 1000)
    answer({"milliseconds": times, "losses": work.losses})
