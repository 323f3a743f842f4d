"""pandas: the rows of `features.csv` from a data frame that lies ready in memory."""

from protocol import require, serve

require("numpy", "pandas")

import hashlib
import os
import time

import numpy as np
import pandas as pd

frames = {}


def frame(codes_path, errors_path):
    """The columns that Pinhole writes; float32 codes, which pandas writes so that they read back exactly."""
    if codes_path not in frames:
        codes = np.load(codes_path)
        count = len(codes)
        columns = {
            "image_id": np.arange(count),
            "path": [f"{index % 10}/{index:05d}.png" for index in range(count)],
            "label": [str(index % 10) for index in range(count)],
            "split": ["validation" if index % 10 == 0 else "train" for index in range(count)],
            "width": np.full(count, 28),
            "height": np.full(count, 28),
            "sha256": [hashlib.sha256(str(index).encode()).hexdigest() for index in range(count)],
            "mse": np.load(errors_path),
        }
        columns |= {f"z{unit:03d}": codes[:, unit] for unit in range(codes.shape[1])}
        frames[codes_path] = pd.DataFrame(columns)
    return frames[codes_path]


def write_csv(request):
    table = frame(request["codes"], request["errors"])
    start = time.perf_counter()
    table.to_csv(request["out"], index=False)
    seconds = time.perf_counter() - start
    return {"units": len(table), "seconds": seconds, "bytes": os.path.getsize(request["out"])}


serve({"pandas": pd.__version__}, {"csv": write_csv})
