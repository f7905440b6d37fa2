"""The split of the training images into training and validation part: stratified, seeded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from fashionlab.storage.files import canonical_json, sha256_text

Array = NDArray[np.integer]


def split(labels: Array, specification: dict[str, Any]) -> tuple[Array, Array]:
    """Return the indices of the training and of the validation images, each ascending.

    With a number of `images`, the two parts together are a stratified sample of that size.
    Raises ValueError where a class would be left without an image in one of the parts.
    """
    seed, images = specification["seed"], specification.get("images")
    indices: Array = np.arange(len(labels))
    if images is not None and images != len(labels):
        indices, _ = draw(indices, labels, images, seed, f"images: {images}")
    fraction = specification["validation_fraction"]
    count = round(fraction * len(indices))
    validation, train = draw(indices, labels, count, seed, f"validation_fraction: {fraction}")
    classes = np.unique(labels)
    for part in (train, validation):
        if lacking := set(classes.tolist()) - set(labels[part].tolist()):
            raise ValueError(
                f"validation_fraction: {fraction}: of {len(indices)} images, class {min(lacking)} "
                "has too few for both parts"
            )
    return train, validation


def draw(indices: Array, labels: Array, count: int, seed: int, key: str) -> tuple[Array, Array]:
    """Return `count` of the `indices`, drawn in proportion to the classes, and those left.

    Both are ascending. Raises ValueError, naming the configuration's `key`, where there are fewer
    images than classes on one side.
    """
    classes, sizes = np.unique(labels[indices], return_counts=True)
    if sizes.min() < 2 or not len(classes) <= count <= len(indices) - len(classes):
        raise ValueError(
            f"{key}: this draws {count} of {len(indices)} images, but each of the {len(classes)} "
            "classes needs at least one that is drawn and one that is not"
        )
    drawn, left = train_test_split(
        indices, train_size=count, stratify=labels[indices], random_state=seed
    )
    return np.sort(drawn), np.sort(left)


def describe_split(
    train_labels: Array, test_labels: Array, specification: dict[str, Any]
) -> dict[str, Any]:
    """Return the content of split.json: indices, class counts, hash of the specification."""
    train, validation = split(train_labels, specification)
    parts = {
        "train": train_labels[train], "validation": train_labels[validation], "test": test_labels
    }  # fmt: skip
    classes = specification["classes"]
    return {
        "train": train.tolist(),
        "validation": validation.tolist(),
        "class_counts": {
            part: np.bincount(labels, minlength=classes).tolist() for part, labels in parts.items()
        },
        "specification": specification,
        "specification_sha256": sha256_text(canonical_json(specification)),
    }
