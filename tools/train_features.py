"""Train the network of `wgan_helpers.networks.face_features` on drawn faces, and record it.

    python tools/train_features.py [--faces 20000] [--epochs 12]

Writes wgan_helpers/recorded/face_features.pt (weights in half precision) and .json (configuration, machine, time,
commit, and for each factor the share of its variance that is read right on faces that were not trained on).
"""

import argparse
import json
import platform
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from wgan_helpers.images import faces
from wgan_helpers.networks.face_features import NAME, SIZE, Reader

FOLDER = Path(__file__).resolve().parent.parent / "wgan_helpers" / "recorded"
TRAINED, TESTED = 11, 12  # seeds of the faces
BATCH = 128
TOO_MANY = ("background_waves", "strands")  # textures: nobody is recognised by them


def main() -> None:
    parser = argparse.ArgumentParser(description="Train and record the feature network.")
    parser.add_argument("--faces", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    started = time.perf_counter()
    torch.manual_seed(0)
    levels, wanted = drawn(options.faces, TRAINED)
    tested, truth = drawn(4000, TESTED)
    mean, std = wanted.mean(dim=0), wanted.std(dim=0)
    reader = Reader(len(read_factors()))
    train(reader, levels, (wanted - mean) / std, options.epochs)
    right = score(reader, tested, (truth - mean) / std)
    FOLDER.mkdir(exist_ok=True)
    torch.save({name: weight.half() for name, weight in reader.state_dict().items()}, FOLDER / f"{NAME}.pt")
    about = {
        "configuration": vars(options) | {"batch": BATCH, "seeds": [TRAINED, TESTED], "torch": torch.__version__},
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "seconds": round(time.perf_counter() - started),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": subprocess.check_output(["git", "rev-parse", "HEAD"], text=True, cwd=FOLDER).strip(),
        "factors": {
            name: {"group": group, "read": round(share, 3)}
            for (name, group), share in zip(read_factors().items(), right.tolist(), strict=True)
        },
    }
    (FOLDER / f"{NAME}.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def read_factors() -> dict[str, str]:
    """Name and group of every column of the factors that the network should read."""
    return {
        name + part: span.group
        for name, span in faces.Factors.RANGES.items()
        if name not in TOO_MANY
        for part in span.names
    }


def drawn(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Faces as bytes ``(n, 3, 64, 64)``, and the factors to read ``(n, factors)``."""
    columns = [faces.Factors.COLUMNS.index(name) for name in read_factors()]
    levels, wanted = [], []
    for start in range(0, n, 1000):
        chosen = faces.random_factors(min(1000, n - start), seed, start)
        levels.append((255 * faces.draw(chosen, SIZE)).round().to(torch.uint8))
        wanted.append(chosen.as_matrix()[:, columns])
    return torch.cat(levels), torch.cat(wanted)


def train(reader: Reader, levels: Tensor, wanted: Tensor, epochs: int) -> None:
    steps = epochs * (len(levels) // BATCH)
    optimiser = torch.optim.AdamW(reader.parameters(), lr=4e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=4e-3, total_steps=steps)
    for epoch in range(epochs):
        losses = []
        for chosen in torch.randperm(len(levels))[: len(levels) // BATCH * BATCH].split(BATCH):
            pixels = levels[chosen].float() / 255
            pixels += 0.02 * torch.randn_like(pixels)  # so that it does not read what a painter would not see
            loss = functional.mse_loss(reader(pixels)[1], wanted[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {epochs}: {sum(losses) / len(losses):.3f} of the variance is not read", flush=True)


@torch.no_grad()
def score(reader: Reader, levels: Tensor, wanted: Tensor) -> Tensor:
    """The share of each factor's variance that is read right."""
    read = torch.cat([reader(part.float() / 255)[1] for part in levels.split(500)])
    return 1 - (read - wanted).square().mean(dim=0) / wanted.var(dim=0)


if __name__ == "__main__":
    main()
