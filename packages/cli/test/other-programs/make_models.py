# Makes models with Keras, PyTorch and ONNX's own package as their users do, and saves each with its
# outputs for some pixels. Takes the name of the program, a folder, and a file of pixels from 0 to 1,
# [image, 28, 28].
import os
import sys

import numpy as np

PROGRAM, FOLDER, PIXELS = sys.argv[1:]
images = np.fromfile(PIXELS, np.float32).reshape(-1, 28, 28)


def file(name):
    return os.path.join(FOLDER, name)


def keep(name, outputs):
    np.asarray(outputs, np.float32).tofile(file(name + ".outputs"))


def keras_models():
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    models = {
        # As in the first tutorial of TensorFlow.
        "tutorial": keras.Sequential(
            [
                layers.Input((28, 28)),
                layers.Flatten(),
                layers.Dense(32, activation="relu"),
                layers.Dropout(0.2),
                layers.Dense(10),
            ]
        ),
        # As in the convolutional example of Keras, which takes bytes.
        "convolutional": keras.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.Rescaling(1 / 255),
                layers.Conv2D(8, 3, activation="relu", padding="same", strides=2),
                layers.MaxPooling2D(2),
                layers.Conv2D(6, (3, 2), use_bias=False),
                layers.ReLU(),
                layers.ZeroPadding2D(1),
                layers.Conv2D(5, 3, activation="tanh"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(10, activation="softmax"),
            ]
        ),
    }
    inputs = keras.Input((784,))
    hidden = layers.Dense(20, activation="tanh")(inputs)
    models["functional"] = keras.Model(inputs, layers.Dense(10)(hidden))
    takes = {"tutorial": images, "convolutional": images[..., None] * 255}
    for name, model in models.items():
        for variable in model.trainable_variables:
            if variable.name == "bias":
                variable.assign(np.linspace(-0.3, 0.3, variable.shape[0]))
        model.save(file(name + ".keras"))
        pixels = takes.get(name, images.reshape(-1, 784))
        keep(name + ".keras", model.predict(pixels, verbose=0))
    branch = layers.Add()([hidden, layers.Dense(20)(hidden)])
    keras.Model(inputs, layers.Dense(10)(branch)).save(file("branches.keras"))


def torch_models():
    import safetensors.torch
    import torch
    from torch import nn

    torch.manual_seed(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
                nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
            )
            self.classifier = nn.Sequential(
                nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
            )

        def forward(self, x):
            x = self.features(x)
            return self.classifier(x.view(x.size(0), -1))

    class Example(nn.Module):
        """PyTorch's own example for MNIST, smaller."""

        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 4, 3, 1)
            self.conv2 = nn.Conv2d(4, 8, 3, 1)
            self.dropout1 = nn.Dropout(0.25)
            self.fc1 = nn.Linear(1152, 16)
            self.fc2 = nn.Linear(16, 10)

        def forward(self, x):
            x = torch.relu(self.conv1(x))
            x = torch.relu(self.conv2(x))
            x = torch.max_pool2d(x, 2)
            x = torch.flatten(self.dropout1(x), 1)
            return torch.log_softmax(self.fc2(torch.relu(self.fc1(x))), dim=1)

    x = torch.from_numpy((images[:, None] - 0.1307) / 0.3081)
    net = Net().eval()
    with torch.no_grad():
        outputs = net(x)
    for name in ["net.pt", "net.checkpoint.pt", "net.safetensors", "net.onnx", "net.dynamo.onnx"]:
        keep(name, outputs)
    torch.save(net.state_dict(), file("net.pt"))
    torch.save({"epoch": 3, "model_state_dict": net.state_dict(), "loss": 0.5}, file("net.checkpoint.pt"))
    torch.save(net.features, file("whole.pt"))
    safetensors.torch.save_file(net.state_dict(), file("net.safetensors"))
    batch = torch.export.Dim("batch")
    torch.onnx.export(
        net, (x[:2],), file("net.onnx"), dynamo=False, opset_version=13,
        input_names=["x"], dynamic_axes={"x": {0: "batch"}},
    )
    torch.onnx.export(
        net, (x[:2],), file("net.dynamo.onnx"), dynamo=True, external_data=False,
        dynamic_shapes={"x": {0: batch}},
    )
    example = Example().eval()
    with torch.no_grad():
        keep("example.onnx", example(x).exp())
        keep("example.dynamo.onnx", example(x).exp())
    torch.onnx.export(example, (x[:2],), file("example.onnx"), dynamo=False, opset_version=17)
    torch.onnx.export(
        example, (x[:2],), file("example.dynamo.onnx"), dynamo=True, external_data=False,
    )


{"keras": keras_models, "torch": torch_models}[PROGRAM]()
