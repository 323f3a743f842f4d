"""PyTorch on the CPU: the presets as its users write them. No torch.compile: it needs a C++ compiler."""

from protocol import repeat, require, serve

require("numpy", "torch")

import itertools
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PIXELS = 784


def dense(widths, activation, last):
    layers = []
    for index, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        layers.append(nn.Linear(inputs, outputs))
        layers.append(activation() if index < len(widths) - 2 else last())
    return nn.Sequential(*layers)


class Autoencoder(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, images):
        return self.decoder(self.encoder(images))


class FromPca(nn.Module):
    """A frozen linear map beside a network: what the recommended preset calls its PCA start."""

    def __init__(self, inputs, outputs, network):
        super().__init__()
        self.register_buffer("basis", torch.randn(inputs, outputs) / inputs**0.5)
        self.register_buffer("offset", torch.zeros(outputs))
        self.network = network

    def forward(self, values):
        return torch.addmm(self.offset, values, self.basis) + self.network(values)


def agarap2019():
    model = Autoencoder(
        dense([PIXELS, 64, 64], nn.ReLU, nn.ReLU),
        dense([64, 64, PIXELS], nn.ReLU, nn.ReLU),
    )
    return model, 128, lambda fused: torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=fused)


def recommended():
    model = Autoencoder(
        FromPca(PIXELS, 64, dense([PIXELS, 512, 256, 64], nn.SiLU, nn.Identity)),
        FromPca(64, PIXELS, dense([64, 256, 512, PIXELS], nn.SiLU, nn.Identity)),
    )
    return model, 256, lambda fused: torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)


def deep():
    widths = [PIXELS, 1000, 500, 250, 64]
    model = Autoencoder(dense(widths, nn.ReLU, nn.Identity), dense(widths[::-1], nn.ReLU, nn.Identity))
    return model, 256, lambda fused: torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.block = nn.Sequential(
            nn.GroupNorm(8, channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.GroupNorm(8, channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, maps):
        return maps + self.block(maps)


def upsample(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs * 4, 3, padding=1), nn.PixelShuffle(2), nn.SiLU())


class ConvolutionsFromPca(nn.Module):
    """Images N×3×64×64 in either layout of memory. The frozen linear map works on the pixels in whatever order."""

    def __init__(self, codes=64):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            Residual(32),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            Residual(64),
            nn.SiLU(),
            nn.Flatten(),
            nn.Linear(4096, codes),
        )
        self.decoder = nn.Sequential(
            nn.Linear(codes, 4096),
            nn.SiLU(),
            nn.Unflatten(1, (64, 8, 8)),
            Residual(64),
            upsample(64, 32),
            Residual(32),
            upsample(32, 16),
            upsample(16, 16),
            nn.Conv2d(16, 3, 3, padding=1),
        )
        self.register_buffer("basis", torch.randn(12288, codes) / 12288**0.5)
        self.register_buffer("mean", torch.zeros(12288))

    def forward(self, images):
        codes = (images.permute(0, 2, 3, 1).flatten(1) - self.mean) @ self.basis + self.encoder(images)
        linear = torch.addmm(self.mean, codes, self.basis.t()).view(-1, 64, 64, 3).permute(0, 3, 1, 2)
        return linear + self.decoder(codes)


def conv():
    model = ConvolutionsFromPca()
    return model, 64, lambda fused: torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)


PRESETS = {"conv": conv, "resconv": conv, "agarap2019": agarap2019, "recommended": recommended, "deep": deep}


class Training:
    def __init__(self, preset, fused, channels_last):
        torch.manual_seed(1)
        self.model, self.batch, optimizer = PRESETS[preset]()
        if channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.optimizer = optimizer(fused)
        self.model.train()

    def step(self, images):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(self.model(images), images)
        loss.backward()
        self.optimizer.step()
        return loss.detach()


trainings = {}
pixel_files = {}


def training(request):
    key = request["preset"], request.get("fused", False), request.get("channelsLast", False)
    if key not in trainings:
        trainings[key] = Training(*key)
    torch.set_num_threads(request["threads"])
    return trainings[key]


def pixels(request):
    """uint8 N×784, or N×3×64×64 with the channels last in memory; wholly in memory."""
    path = request["pixels"]
    if path not in pixel_files:
        images = np.load(path)
        values = torch.from_numpy(images)
        pixel_files[path] = values.flatten(1) if images.shape[-1] == 1 else values.permute(0, 3, 1, 2)
    return pixel_files[path]


def bare_step(request):
    """Batches that lie ready as float32."""
    run = training(request)
    layout = torch.channels_last if request.get("channelsLast", False) else torch.contiguous_format
    images = pixels(request)[: run.batch * 32].float().div_(255)
    if images.dim() == 4:
        images = images.contiguous(memory_format=layout)
    batches = itertools.cycle(images.split(run.batch))

    def work():
        run.step(next(batches))
        return run.batch

    return repeat(request["seconds"], work)


def loop(request):
    """Whole epochs: shuffled batches out of uint8 images, the loss summed up, the last tenth evaluated after each."""
    run = training(request)
    images = pixels(request)
    held_out = len(images) // 10
    train, validation = images[:-held_out], images[-held_out:]
    units = 0
    start = time.perf_counter()
    for _ in range(request["epochs"]):
        loss = torch.zeros(())
        for rows in torch.randperm(len(train)).split(run.batch)[:-1]:
            loss += run.step(train[rows].float().div_(255))
            units += run.batch
        evaluate(run.model, validation)
    return {"units": units, "seconds": time.perf_counter() - start}


@torch.inference_mode()
def evaluate(model, images):
    total = 0.0
    for batch in images.split(1024):
        inputs = batch.float().div_(255)
        total += F.mse_loss(model(inputs), inputs, reduction="sum").item()
    return total / images.numel()


@torch.inference_mode()
def encode(request):
    """uint8 images to codes in memory, with each image's reconstruction error, as `features.csv` needs both."""
    run = training(request)
    images = pixels(request)

    def work():
        codes, errors = [], []
        for batch in images.split(1024):
            inputs = batch.float().div_(255)
            code = run.model.encoder(inputs)
            codes.append(code)
            errors.append((run.model.decoder(code) - inputs).square().mean(dim=1))
        torch.cat(codes).numpy()
        torch.cat(errors).numpy()
        return len(images)

    return repeat(request["seconds"], work)


def linear_algebra():
    """The BLAS library that is loaded: Debian's PyTorch takes whichever is installed, and they differ tenfold."""
    try:
        with open("/proc/self/maps") as maps:
            found = {line.split()[-1] for line in maps if "blas" in line or "blis" in line or "mkl" in line}
        return ", ".join(sorted("/".join(path.split("/")[-2:]) for path in found)) or "none"
    except OSError:
        return "unknown"


serve(
    {
        "PyTorch": torch.__version__,
        "PyTorch CPU capability": torch.backends.cpu.get_cpu_capability(),
        "PyTorch BLAS": linear_algebra(),
    },
    {"step": bare_step, "loop": loop, "encode": encode},
)
