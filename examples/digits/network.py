"""A small neural network for handwritten digits, trained step by step with NumPy: one file, resumed bit for bit."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

Arrays = dict[str, np.ndarray]
PIXELS, CLASSES, TRAINING = 64, 10, 1437  # 8x8 images, ten digits; the other 360 images validate


def load_data(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """scikit-learn's 1797 digits: training images [1437, 64] in 0..1 and labels, validation images [360, 64] and labels."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    images, labels = images[order] / 16.0, labels[order]
    return images[:TRAINING], labels[:TRAINING], images[TRAINING:], labels[TRAINING:]


class Network:
    """One hidden layer with ReLU and a softmax, trained by SGD with momentum."""

    def __init__(self, hidden: int, seed: int) -> None:
        draw = np.random.default_rng([seed, 1])
        self.weights: Arrays = {
            "w1": draw.normal(0, np.sqrt(2 / PIXELS), (PIXELS, hidden)),
            "b1": np.zeros(hidden),
            "w2": draw.normal(0, np.sqrt(2 / hidden), (hidden, CLASSES)),
            "b2": np.zeros(CLASSES),
        }
        self.speed: Arrays = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self.steps = 0

    def step(self, images: np.ndarray, labels: np.ndarray, lr: float, momentum: float) -> float:
        """Learn from one batch. Returns its mean loss before the step."""
        hidden, chances = self._forward(images)
        wrong = chances.copy()
        wrong[np.arange(len(labels)), labels] -= 1
        wrong /= len(labels)
        back = (wrong @ self.weights["w2"].T) * (hidden > 0)
        slopes = {"w1": images.T @ back, "b1": back.sum(0), "w2": hidden.T @ wrong, "b2": wrong.sum(0)}
        for name, slope in slopes.items():
            self.speed[name] = momentum * self.speed[name] - lr * slope
            self.weights[name] += self.speed[name]
        self.steps += 1
        return mean_loss(chances, labels)

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        """Loss and accuracy, without learning."""
        _, chances = self._forward(images)
        return {"loss": mean_loss(chances, labels), "accuracy": float((chances.argmax(1) == labels).mean())}

    def save(self, folder: Path) -> None:
        kept = {f"weights_{name}": value for name, value in self.weights.items()} | {
            f"speed_{name}": value for name, value in self.speed.items()
        }
        np.savez(folder / "network.npz", steps=self.steps, **kept)

    def load(self, folder: Path) -> None:
        with np.load(folder / "network.npz") as kept:
            self.weights = {name: kept[f"weights_{name}"] for name in self.weights}
            self.speed = {name: kept[f"speed_{name}"] for name in self.speed}
            self.steps = int(kept["steps"])

    def _forward(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = np.maximum(images @ self.weights["w1"] + self.weights["b1"], 0)
        scores = hidden @ self.weights["w2"] + self.weights["b2"]
        scores = np.exp(scores - scores.max(1, keepdims=True))
        return hidden, scores / scores.sum(1, keepdims=True)


def mean_loss(chances: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy in nats."""
    return float(-np.log(chances[np.arange(len(labels)), labels] + 1e-12).mean())
