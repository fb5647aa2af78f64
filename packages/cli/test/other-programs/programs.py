# Runs models with Keras and PyTorch. Takes the name of the program and a file of jobs, one JSON
# object a line, so that one process, whose start takes seconds, runs many models.
import importlib.util
import json
import os
import sys

import numpy as np


def pixels_of(job):
    return np.fromfile(job["pixels"], np.float32).reshape(job["shape"])


def keras_job(job):
    import keras

    model = keras.models.load_model(job["model"])
    model.predict(pixels_of(job), verbose=0, batch_size=500).tofile(job["out"])
    if "save" in job:
        model.save(job["save"])


def torch_job(job):
    import torch

    path = os.path.join(job["model"], "model.py")
    described = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    model = module.load()
    with torch.no_grad():
        model(torch.from_numpy(pixels_of(job))).numpy().tofile(job["out"])


JOBS = {"keras": keras_job, "torch": torch_job}

with open(sys.argv[2]) as jobs:
    for line in jobs:
        JOBS[sys.argv[1]](json.loads(line))
