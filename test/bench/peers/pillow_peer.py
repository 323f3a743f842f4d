"""Pillow: a folder of images to one `.npy` array, in as many processes as asked for."""

from protocol import require, serve

require("numpy", "PIL")

import multiprocessing
import os
import time

import numpy as np
import PIL
from PIL import Image, ImageOps, features

TASKS_PER_PROCESS = 16


def decode(task):
    """Paths to one uint8 array, as the images are where `size` is null, else cropped to a centred square of it."""
    paths, mode, size = task
    pixels = []
    for path in paths:
        with Image.open(path) as image:
            if size is not None:
                image.draft(mode, (size, size))  # JPEG: the decoder itself halves as often as it may
                image = ImageOps.fit(ImageOps.exif_transpose(image), (size, size), Image.Resampling.BICUBIC)
            pixels.append(np.asarray(image.convert(mode)))
    return np.stack(pixels)


def files_below(folder):
    return sorted(os.path.join(path, name) for path, _, names in os.walk(folder) for name in names)


def import_folder(request):
    """The whole job, once: find the files, decode them, store the array."""
    start = time.perf_counter()
    paths = files_below(request["folder"])
    processes = request["processes"]
    share = -(-len(paths) // (processes * TASKS_PER_PROCESS))
    tasks = [(paths[at : at + share], request["mode"], request["size"]) for at in range(0, len(paths), share)]
    if processes == 1:
        parts = [decode(task) for task in tasks]
    else:
        with multiprocessing.Pool(processes) as pool:
            parts = pool.map(decode, tasks, chunksize=1)
    np.save(request["out"], np.concatenate(parts))
    return {"units": len(paths), "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    serve(
        {"Pillow": PIL.__version__, "Pillow JPEG": f"libjpeg-turbo {features.version('libjpeg_turbo')}"},
        {"import": import_folder},
    )
