"""What a configuration says of the data: the split, and sizes that follow from it."""

IMAGE_SIZE = (28, 28)


def split_specification(config: dict, source: str) -> dict:
    """Return all that the split is computed from; ``source`` fingerprints the split's program."""
    split, dataset = config["split"], config["dataset"]
    return split | {
        "classes": len(dataset["classes"]),
        "sha256": dataset["sha256"],
        "dataset_images": training_images(config),
        "image_size": list(config["dataset"].get("image_size", IMAGE_SIZE)),
        "source": source,
    }


def image_shape(config: dict) -> tuple[int, int, int]:
    """Return channels, height and width of the images."""
    *channels, height, width = config["dataset"].get("image_size", IMAGE_SIZE)
    return channels[0] if channels else 1, height, width


def training_images(config: dict) -> int:
    """Return the number of training images that the data set has, before any are set aside."""
    return config["dataset"].get("images", 60_000)


def split_sizes(config: dict) -> dict[str, int]:
    """Return the numbers of training and of validation images."""
    images = config["split"]["images"] or training_images(config)
    validation = round(images * config["split"]["validation_fraction"])
    return {"train": images - validation, "validation": validation}
